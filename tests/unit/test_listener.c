/* Accepting over real sockets, and the table that finds connections by their ids. */
#include "frontend_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"

static struct sockaddr_in listen_here(struct bench *bench)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 100), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    struct message_listener message = {.port = ntohs(address.sin_port), .tls = LISTENER_TLS_STARTTLS};
    listeners_add(&bench->frontend.listeners, &message, fd);
    return address;
}

static void call(struct bench *bench, const struct sockaddr_in *address)
{
    fd_close(&bench->client_fd);
    bench->is_hung_up = false;
    bench->client_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(bench->client_fd, (const struct sockaddr *)address, sizeof(*address)), 0);
    assert_true(fd_set_nonblocking(bench->client_fd, true));
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof(value);
    assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

static void wait_for_greeting(struct bench *bench)
{
    while (bench->heard_length == 0)
        bench_wait(bench);
    bench_heard_line(bench, "+OK mail.example.org");
}

static void accepted_sockets(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_in address = listen_here(bench);
    call(bench, &address);
    bench_turn(bench);
    assert_null(bench_connection(bench)); /* not before it is told to serve */
    listeners_start(&bench->frontend.listeners);
    wait_for_greeting(bench);
    const struct connection *connection = bench_connection(bench);
    assert_true(option(connection->stream.fd, IPPROTO_TCP, TCP_NODELAY));
    assert_true(option(connection->stream.fd, SOL_SOCKET, SO_KEEPALIVE));
    assert_int_equal(option(connection->stream.fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    assert_true(fcntl(connection->stream.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(connection->stream.fd, F_GETFD) & FD_CLOEXEC);
    assert_true(peer_is_loopback(&connection->peer));
    assert_string_equal(bench->opened_peer, "127.0.0.1");
    frontend_drain(&bench->frontend);
    bench_heard_line(bench, "-ERR [SYS/TEMP]");
    /* Nobody listens any more. */
    int late = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), -1);
    assert_int_equal(errno, ECONNREFUSED);
    fd_close(&late);
}

/* Without descriptors accepting pauses; the client waits in the kernel's queue and is served afterwards. */
static void no_descriptors_left(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_in address = listen_here(bench);
    struct rlimit limit, none;
    const char *preloaded = getenv("LD_PRELOAD");
    if (preloaded && strstr(preloaded, "vgpreload"))
        skip(); /* valgrind accepts, then closes what is above the limit: not what a kernel does */
    call(bench, &address);
    int next = dup(bench->client_fd);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    listeners_start(&bench->frontend.listeners);
    bench_turn(bench); /* returns: it does not try again and again */
    assert_null(bench_connection(bench));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    wait_for_greeting(bench);
    assert_non_null(bench_connection(bench));
}

/* A login over TLS needs two descriptors more; without them the client may try again, and nothing else is lost. */
static void no_descriptors_for_a_relay(void **state)
{
    struct bench *bench = *state;
    struct rlimit limit, none;
    bench_arrive(bench, "192.0.2.1", LISTENER_TLS_IMPLICIT);
    assert_true(bench_agree(bench));
    bench_log_in(bench, "");
    int next = dup(bench->client_fd);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    bench_heard_line(bench, "-ERR [SYS/TEMP]");
    bench_say(bench, "USER a\r\nPASS b\r\n");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 1);
}

/* Some far apart, so that they collide. */
static uint64_t id_of(size_t i)
{
    return i % 7 == 0 ? i << 20 : i;
}

/* Many ids at once, taken out in any order: each is found as long as it is in, and never afterwards. */
static void ids_are_found(void **state)
{
    enum { IDS = 3000 };
    static char items[IDS + 1];
    static bool is_in[IDS + 1];
    struct registry registry = {0};
    uint64_t random = 12345;
    (void)state;
    assert_null(registry_find(&registry, 1));
    for (int round = 0; round < 30000; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t i = (size_t)(random >> 33) % IDS + 1;
        uint64_t id = id_of(i);
        assert_ptr_equal(registry_find(&registry, id), is_in[i] ? &items[i] : NULL);
        if (is_in[i])
            registry_remove(&registry, id);
        else
            registry_add(&registry, id, &items[i]);
        is_in[i] = !is_in[i];
    }
    size_t count = 0;
    for (size_t i = 1; i <= IDS; i++) {
        count += is_in[i];
        assert_ptr_equal(registry_find(&registry, id_of(i)), is_in[i] ? &items[i] : NULL);
    }
    assert_int_equal(registry.count, count);
    registry_free(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted_sockets, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(no_descriptors_left, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(no_descriptors_for_a_relay, bench_open, bench_close),
        cmocka_unit_test(ids_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
