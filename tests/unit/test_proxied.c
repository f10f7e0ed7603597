/* Clients that come through a proxy: whose word is taken, what it changes, and what happens when there is none. */
#include "frontend_bench.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frontend/proxied.h"
#include "util/fd.h"

static int proxied_open(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "192.0.2.0/24", "2001:db8::/32"};
    bench_open(state);
    struct bench *bench = *state;
    struct frontend_settings *settings = &bench->frontend.settings;
    const char *fault;
    bench->expects_proxy = true;
    settings->proxies = calloc(3, sizeof(*settings->proxies));
    for (size_t i = 0; i < 3; i++)
        assert_true(network_parse(&settings->proxies[settings->proxies_count++], texts[i], &fault));
    return 0;
}

static void the_client_is_who_the_proxy_says(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "192.0.2.7", LISTENER_TLS_STARTTLS);
    bench_heard(bench, ""); /* nobody is greeted yet, and auth has nobody to count */
    assert_int_equal(bench->opened, 0);
    bench_say(bench, "PROXY TCP4 203.0.113.5 198.51.100.1 56324 110\r\nCAPA\r\n");
    assert_int_equal(bench->opened, 1);
    assert_string_equal(bench->opened_peer, "203.0.113.5");
    bench->heard[bench->heard_length] = '\0';
    assert_non_null(strstr(bench->heard, "\r\n+OK Capabilities")); /* what came behind it is the client's */
    bench_heard_line(bench, "+OK mail.example.org");
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_int_equal(bench->closed, 1);
}

static void octet_by_octet(void **state)
{
    struct bench *bench = *state;
    static const char text[] = "PROXY TCP6 2001:db8::9 2001:db8::1 56324 110\r\nUSER alice\r\n";
    char one[2] = "";
    bench->frontend.settings.plaintext = FRONTEND_PLAINTEXT_ALWAYS;
    bench_arrive(bench, "2001:db8::7", LISTENER_TLS_NONE);
    for (const char *at = text; *at; at++) {
        one[0] = *at;
        bench_say(bench, one);
    }
    bench_say(bench, "PASS x\r\n");
    assert_string_equal(bench->opened_peer, "2001:db8::9");
    assert_string_equal(bench->login.session.peer, "2001:db8::9");
    assert_int_equal(bench->logins, 1);
}

/* The header first, in the clear, then TLS. */
static void tls_begins_behind_the_header(void **state)
{
    struct bench *bench = *state;
    static const char header[] = "PROXY TCP4 203.0.113.5 198.51.100.1 56324 995\r\n";
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_IMPLICIT);
    assert_int_equal(send(bench->client_fd, header, sizeof(header) - 1, MSG_NOSIGNAL), sizeof(header) - 1);
    assert_true(bench_agree(bench));
    bench_log_in(bench, "");
    assert_string_equal(bench->login.session.peer, "203.0.113.5");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 1);
}

static void others_are_closed_at_once(void **state)
{
    static const char *const strangers[] = {"127.0.0.2", "192.0.3.1", "2001:db9::1", "::1"};
    struct bench *bench = *state;
    for (size_t i = 0; i < 4; i++) {
        bench_arrive(bench, strangers[i], LISTENER_TLS_STARTTLS);
        bench_heard(bench, "");
        assert_true(bench->is_hung_up);
        assert_null(bench_connection(bench));
    }
    assert_int_equal(bench->opened, 0);
    assert_int_equal(bench->closed, 0);
    bench_arrive(bench, "::ffff:127.0.0.1", LISTENER_TLS_STARTTLS);
    assert_non_null(bench_connection(bench));
}

static void what_is_no_header_ends_it(void **state)
{
    static const char *const texts[] = {"USER alice\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
                                        "PROXY TCP4 203.0.113.5 198.51.100.1 56324 65536\r\n"};
    struct bench *bench = *state;
    for (size_t i = 0; i < 3; i++) {
        bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
        bench_say(bench, texts[i]);
        bench_heard(bench, "");
        assert_true(bench->is_hung_up);
        assert_null(bench_connection(bench));
    }
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_say(bench, "PROXY TCP4 203.0.113.5 ");
    assert_non_null(bench_connection(bench));
    shutdown(bench->client_fd, SHUT_WR);
    bench_turn(bench);
    assert_null(bench_connection(bench));
    assert_int_equal(bench->opened, 0);
    assert_int_equal(bench->closed, 0);
}

/* The header's time is part of the login's, and octets that trickle in do not extend it. */
static void the_header_takes_too_long(void **state)
{
    struct bench *bench = *state;
    int sent = 0;
    bench->frontend.settings.login_ms = 50;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    send(bench->client_fd, "PROXY UNKNOWN ", 14, MSG_NOSIGNAL);
    while (!bench->is_hung_up && sent < 80) {
        sent += send(bench->client_fd, "x", 1, MSG_NOSIGNAL) == 1;
        usleep(5000);
        bench_wait(bench);
    }
    assert_true(bench->is_hung_up);
    assert_true(sent < 80);
    bench_heard(bench, "");
    assert_null(bench_connection(bench));
}

static void the_login_has_what_the_header_left(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.login_ms = 200;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    usleep(150000);
    int64_t left_ms = connection_left_ms(bench_connection(bench));
    bench_say(bench, "PROXY UNKNOWN\r\n");
    bench_heard_line(bench, "+OK ");
    assert_true(left_ms <= 50 && connection_left_ms(bench_connection(bench)) <= left_ms);
    while (!bench->is_hung_up)
        bench_wait(bench);
    bench_heard(bench, "-ERR [SYS/TEMP] the login took too long\r\n");
}

static bool may_log_in(struct bench *bench, const char *proxy, const char *header)
{
    int logins = bench->logins;
    bench_arrive(bench, proxy, LISTENER_TLS_STARTTLS);
    bench_say(bench, header);
    bench_say(bench, "USER alice\r\nPASS b\r\n");
    bench_heard_line(bench, "+OK ");
    return bench->logins > logins;
}

/* A password in the clear is taken from this machine: from a client on it, not because the proxy is. */
static void loopback_is_the_clients(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.plaintext = FRONTEND_PLAINTEXT_LOOPBACK;
    assert_false(may_log_in(bench, "127.0.0.1", "PROXY TCP4 203.0.113.5 127.0.0.1 1 2\r\n"));
    assert_string_equal(bench->opened_peer, "203.0.113.5");
    assert_false(may_log_in(bench, "127.0.0.1", "PROXY UNKNOWN\r\n"));
    assert_string_equal(bench->opened_peer, "127.0.0.1");
    assert_false(may_log_in(bench, "192.0.2.7", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"));
    assert_true(may_log_in(bench, "127.0.0.1", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"));
}

/* While no address is known, this frontend's own count is what bounds them. */
static void unfinished_headers_are_counted(void **state)
{
    struct bench *bench = *state;
    int first[2] = {-1, -1};
    bench->frontend.settings.connections = 2;
    for (int i = 0; i < 2; i++) {
        bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
        bench_heard(bench, "");
        assert_false(bench->is_hung_up);
        first[i] = bench->client_fd;
        bench->client_fd = -1;
    }
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard(bench, "");
    assert_true(bench->is_hung_up);
    fd_close(&first[0]);
    bench_turn(bench);
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_say(bench, "PROXY UNKNOWN\r\n");
    bench_heard_line(bench, "+OK ");
    fd_close(&first[1]);
}

/* A new auth is told of those alone whose address is known. */
static void auth_is_replaced(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    channel_close(&bench->auth);
    bench_turn(bench);
    bench_connect_auth(bench);
    bench_turn(bench);
    assert_int_equal(bench->opened, 0);
    bench_say(bench, "PROXY TCP4 203.0.113.5 127.0.0.1 1 2\r\n");
    assert_int_equal(bench->opened, 1);
    assert_string_equal(bench->opened_peer, "203.0.113.5");
}

#define PROXIED_TEST(name) cmocka_unit_test_setup_teardown(name, proxied_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROXIED_TEST(the_client_is_who_the_proxy_says),
        PROXIED_TEST(octet_by_octet),
        PROXIED_TEST(tls_begins_behind_the_header),
        PROXIED_TEST(others_are_closed_at_once),
        PROXIED_TEST(what_is_no_header_ends_it),
        PROXIED_TEST(the_header_takes_too_long),
        PROXIED_TEST(the_login_has_what_the_header_left),
        PROXIED_TEST(loopback_is_the_clients),
        PROXIED_TEST(unfinished_headers_are_counted),
        PROXIED_TEST(auth_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
