/* The TLS relay over socket pairs: nothing lost, changed or unbounded; ends in order. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "frontend/relay.h"
#include "tls_fixture.h"
#include "util/alloc.h"
#include "util/fd.h"

/* The most that may wait in the relay: a chunk each way, the one to the client with its TLS records. */
#define WAITING_MAX (2 * 65536 + 4096)

struct bench {
    struct event_base *base;
    struct tls_context *context;
    SSL_CTX *client_context;
    SSL *client;
    int client_fd, worker_fd;
    struct stream stream;
    struct relay *relay;
    bool is_ended;
    enum relay_end end;
    size_t most_waiting;
};

static void on_ended(struct relay *relay, enum relay_end end, void *context)
{
    struct bench *bench = context;
    assert_ptr_equal(relay, bench->relay);
    assert_false(bench->is_ended);
    bench->is_ended = true;
    bench->end = end;
    relay_close(&bench->relay);
    if (end == RELAY_WORKER_ENDED) {
        assert_int_equal(stream_pending(&bench->stream), 0);
        stream_end(&bench->stream);
    }
    stream_close(&bench->stream);
}

static void turn(struct bench *bench)
{
    event_base_loop(bench->base, EVLOOP_NONBLOCK);
    if (bench->relay && relay_waiting(bench->relay) > bench->most_waiting)
        bench->most_waiting = relay_waiting(bench->relay);
}

static void turn_often(struct bench *bench)
{
    for (int i = 0; i < 50; i++)
        turn(bench);
}

static int bench_open(void **state)
{
    struct bench *bench = alloc_zeroed(sizeof(*bench));
    int outer[2], inner[2];
    bench->base = event_base_new();
    bench->context = tls_fixture_context("1.2");
    bench->client_context = tls_fixture_client_context();
    assert_true(fd_pair(SOCK_STREAM, outer) && fd_pair(SOCK_STREAM, inner));
    for (int i = 0; i < 2; i++)
        assert_true(fd_set_nonblocking(outer[i], true) && fd_set_nonblocking(inner[i], true));
    bench->client_fd = outer[0];
    bench->worker_fd = inner[0];
    bench->client = tls_fixture_client(bench->client_context, bench->client_fd);
    stream_open(&bench->stream, outer[1]);
    assert_true(stream_begin_tls(&bench->stream, tls_context_ssl(bench->context)));
    enum stream_result result = STREAM_WAIT;
    for (int i = 0; i < 10 && (result != STREAM_DONE || !SSL_is_init_finished(bench->client)); i++) {
        SSL_do_handshake(bench->client);
        if (result != STREAM_DONE)
            result = stream_handshake(&bench->stream);
    }
    assert_int_equal(result, STREAM_DONE);
    bench->relay = relay_open(bench->base, &bench->stream, inner[1], on_ended, bench);
    *state = bench;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *bench = *state;
    relay_close(&bench->relay);
    if (!bench->is_ended)
        stream_close(&bench->stream);
    SSL_free(bench->client);
    fd_close(&bench->client_fd);
    fd_close(&bench->worker_fd);
    SSL_CTX_free(bench->client_context);
    tls_context_close(&bench->context);
    event_base_free(bench->base);
    free(bench);
    return 0;
}

static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* 1 to limit, small and large ones alike. */
static size_t random_size(size_t limit)
{
    size_t scale = (size_t)1 << random_next() % 18;
    size_t size = 1 + (size_t)(random_next() % (scale < limit ? scale : limit));
    return size;
}

static char *random_bytes(size_t length)
{
    char *bytes = alloc_array(length, 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(random_next() >> 32);
    return bytes;
}

/* One direction of a transfer. */
struct way {
    char *sent, *received;
    size_t length, sent_length, received_length;
};

static struct way way_open(size_t length)
{
    return (struct way){.sent = random_bytes(length), .received = alloc_array(length + 1, 1), .length = length};
}

static void way_close(struct way *way)
{
    assert_int_equal(way->received_length, way->length);
    assert_memory_equal(way->sent, way->received, way->length);
    free(way->sent);
    free(way->received);
}

static bool worker_write(struct bench *bench, struct way *way, size_t most)
{
    size_t left = way->length - way->sent_length;
    if (left == 0)
        return false;
    ssize_t sent = send(bench->worker_fd, way->sent + way->sent_length, most < left ? most : left, MSG_NOSIGNAL);
    if (sent < 0) {
        assert_int_equal(errno, EAGAIN);
        return false;
    }
    way->sent_length += (size_t)sent;
    return true;
}

static bool client_write(struct bench *bench, struct way *way, size_t most)
{
    size_t left = way->length - way->sent_length, written = 0;
    if (left == 0)
        return false;
    if (SSL_write_ex(bench->client, way->sent + way->sent_length, most < left ? most : left, &written) != 1) {
        assert_int_equal(SSL_get_error(bench->client, 0), SSL_ERROR_WANT_WRITE);
        return false;
    }
    way->sent_length += written;
    return true;
}

/* Returns false at the end of the stream. */
static bool client_read(struct bench *bench, struct way *way, size_t most)
{
    size_t room = way->length + 1 - way->received_length, got = 0;
    if (SSL_read_ex(bench->client, way->received + way->received_length, most < room ? most : room, &got) == 1) {
        way->received_length += got;
        assert_true(way->received_length <= way->length);
        return true;
    }
    return SSL_get_error(bench->client, 0) != SSL_ERROR_ZERO_RETURN;
}

static bool worker_read(struct bench *bench, struct way *way, size_t most)
{
    size_t room = way->length + 1 - way->received_length;
    ssize_t got = recv(bench->worker_fd, way->received + way->received_length, most < room ? most : room, 0);
    if (got > 0)
        way->received_length += (size_t)got;
    assert_true(way->received_length <= way->length);
    return got != 0;
}

static void bytes_are_the_same_both_ways(void **state)
{
    struct bench *bench = *state;
    struct way down = way_open(6000000), up = way_open(2500000);
    /* Each side rests at times, so that every buffer is full and empty now and then. */
    for (size_t i = 0; down.received_length < down.length || up.received_length < up.length; i++) {
        uint64_t choice = random_next();
        assert_true(i < 10000000);
        if (choice & 3)
            worker_write(bench, &down, random_size(200000));
        if (choice & 12)
            client_write(bench, &up, random_size(100000));
        if ((choice >> 8 & 15) != 0)
            client_read(bench, &down, random_size(200000));
        if ((choice >> 16 & 7) != 0)
            worker_read(bench, &up, random_size(100000));
        if (choice & 3 << 20)
            turn(bench);
    }
    assert_true(bench->most_waiting <= WAITING_MAX);
    assert_int_equal(relay_waiting(bench->relay), 0);
    way_close(&down);
    way_close(&up);
}

static void a_client_that_does_not_read_is_bounded(void **state)
{
    struct bench *bench = *state;
    struct way down = way_open(20000000);
    for (int i = 0; i < 100; i++) {
        while (worker_write(bench, &down, 65536))
            turn(bench);
        turn(bench);
    }
    assert_true(down.sent_length < down.length);
    assert_true(bench->most_waiting > 0 && bench->most_waiting <= WAITING_MAX);
    /* It wakes up: everything goes on. */
    while (down.received_length < down.length) {
        assert_true(client_read(bench, &down, 100000));
        worker_write(bench, &down, 65536);
        turn(bench);
    }
    way_close(&down);
}

static void a_worker_that_does_not_read_is_bounded(void **state)
{
    struct bench *bench = *state;
    struct way up = way_open(20000000);
    for (int i = 0; i < 100; i++) {
        while (client_write(bench, &up, 65536))
            turn(bench);
        turn(bench);
    }
    assert_true(up.sent_length < up.length);
    assert_true(bench->most_waiting > 0 && bench->most_waiting <= WAITING_MAX);
    while (up.received_length < up.length) {
        assert_true(worker_read(bench, &up, 100000));
        client_write(bench, &up, 65536);
        turn(bench);
    }
    way_close(&up);
}

/* The client says that it has sent everything; it is still answered. */
static void the_client_ends_first(void **state)
{
    struct bench *bench = *state;
    struct way up = way_open(100), down = way_open(500000);
    assert_true(client_write(bench, &up, 100));
    SSL_shutdown(bench->client);
    turn_often(bench);
    assert_true(worker_read(bench, &up, 100));
    assert_false(worker_read(bench, &up, 100)); /* the end has arrived */
    assert_false(bench->is_ended);
    while (down.received_length < down.length) {
        worker_write(bench, &down, 65536);
        client_read(bench, &down, 65536);
        turn(bench);
    }
    fd_close(&bench->worker_fd);
    turn_often(bench);
    assert_true(bench->is_ended);
    assert_int_equal(bench->end, RELAY_WORKER_ENDED);
    assert_false(client_read(bench, &down, 10)); /* close_notify */
    way_close(&down);
    way_close(&up);
}

/* The worker's last words reach even a client that was not reading when the worker ended. */
static void the_worker_ends_first(void **state)
{
    struct bench *bench = *state;
    struct way down = way_open(20000000);
    for (int i = 0; i < 100; i++) {
        while (worker_write(bench, &down, 65536))
            turn(bench);
        turn(bench);
    }
    fd_close(&bench->worker_fd);
    down.length = down.sent_length;
    turn_often(bench);
    assert_false(bench->is_ended);
    while (client_read(bench, &down, 65536))
        turn(bench);
    assert_true(bench->is_ended);
    assert_int_equal(bench->end, RELAY_WORKER_ENDED);
    way_close(&down);
}

/* Nobody reads and the worker has gone: the relay sleeps, it does not spin. */
static void a_stalled_client_of_a_dead_worker_costs_nothing(void **state)
{
    struct bench *bench = *state;
    struct way down = way_open(20000000);
    const struct timeval moment = {.tv_usec = 20000};
    for (int i = 0; i < 100; i++) {
        while (worker_write(bench, &down, 65536))
            turn(bench);
        turn(bench);
    }
    fd_close(&bench->worker_fd);
    turn_often(bench);
    /* One wait that only the clock can end. */
    event_base_loopexit(bench->base, &moment);
    assert_int_equal(event_base_loop(bench->base, EVLOOP_ONCE), 0);
    assert_true(event_base_got_exit(bench->base));
    assert_false(bench->is_ended);
    free(down.sent);
    free(down.received);
}

static void a_client_that_talks_nonsense_is_broken(void **state)
{
    struct bench *bench = *state;
    static const char nonsense[] = "this is no TLS record at all, and it is long enough to be one";
    assert_int_equal(send(bench->client_fd, nonsense, sizeof(nonsense), 0), sizeof(nonsense));
    turn_often(bench);
    assert_true(bench->is_ended);
    assert_int_equal(bench->end, RELAY_CLIENT_BROKE);
    char byte;
    assert_int_equal(recv(bench->worker_fd, &byte, 1, 0), 0); /* the worker is told */
}

/* It may have been QUIT: a client that resets its connection right behind it has said it all the same. */
static void what_came_before_the_break_counts(void **state)
{
    struct bench *bench = *state;
    static const char nonsense[] = "this is no TLS record at all, and it is long enough to be one";
    char said[8];
    assert_int_equal(SSL_write(bench->client, "QUIT\r\n", 6), 6);
    assert_int_equal(send(bench->client_fd, nonsense, sizeof(nonsense), 0), sizeof(nonsense));
    turn_often(bench);
    assert_true(bench->is_ended);
    assert_int_equal(bench->end, RELAY_CLIENT_BROKE);
    assert_int_equal(recv(bench->worker_fd, said, sizeof(said), 0), 6);
    assert_memory_equal(said, "QUIT\r\n", 6);
    assert_int_equal(recv(bench->worker_fd, said, sizeof(said), 0), 0);
}

/* What OpenSSL has read ahead, so that the socket will not announce it, is not forgotten. */
static void input_inside_openssl_is_passed_on(void **state)
{
    struct bench *bench = *state;
    struct way up = way_open(300000);
    /* Small records, a few more than fill a chunk: the last ones stay inside OpenSSL with the socket empty. */
    for (int i = 0; i < 90; i++)
        assert_true(client_write(bench, &up, 600));
    up.length = up.sent_length;
    for (int i = 0; i < 5000 && up.received_length < up.length; i++) {
        turn(bench);
        worker_read(bench, &up, 1000);
    }
    way_close(&up);
}

#define RELAY_TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RELAY_TEST(bytes_are_the_same_both_ways),
        RELAY_TEST(a_client_that_does_not_read_is_bounded),
        RELAY_TEST(a_worker_that_does_not_read_is_bounded),
        RELAY_TEST(the_client_ends_first),
        RELAY_TEST(the_worker_ends_first),
        RELAY_TEST(a_stalled_client_of_a_dead_worker_costs_nothing),
        RELAY_TEST(a_client_that_talks_nonsense_is_broken),
        RELAY_TEST(what_came_before_the_break_counts),
        RELAY_TEST(input_inside_openssl_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
