/*
 * What bounds a client before its login: the time from accept on, which nothing that it sends or does not read extends,
 * and how many there may be.
 */
#include "frontend_bench.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"

/* Commands that trickle in do not extend the time for the login. */
static void the_login_takes_too_long(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.login_ms = 50;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    while (!bench->is_hung_up) {
        send(bench->client_fd, "x", 1, MSG_NOSIGNAL);
        bench_wait(bench);
    }
    bench_heard(bench, "-ERR [SYS/TEMP] the login took too long\r\n");
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_null(bench_connection(bench));
}

static void the_handshake_takes_too_long(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.tls_handshake_ms = 50;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_IMPLICIT);
    while (!bench->is_hung_up)
        bench_wait(bench);
    bench_heard(bench, "");
    assert_null(bench_connection(bench));
    assert_int_equal(bench->logins, 0);
}

/* A handshake that makes progress all the time, too slowly. */
static void the_handshake_trickles(void **state)
{
    struct bench *bench = *state;
    int sent = 0;
    bench->frontend.settings.tls_handshake_ms = 50;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_IMPLICIT);
    send(bench->client_fd, "\x16\x03\x01\x02\x00\x01", 6, MSG_NOSIGNAL);
    while (!bench->is_hung_up && sent < 200) {
        sent += send(bench->client_fd, "x", 1, MSG_NOSIGNAL) == 1;
        usleep(5000);
        bench_wait(bench);
    }
    assert_true(bench->is_hung_up && sent < 200);
}

/* STLS does not start the time anew, and the handshake has no more than what is left. */
static void stls_has_what_is_left(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.login_ms = 100;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_STARTTLS);
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "STLS\r\n");
    bench_heard_line(bench, "+OK");
    struct timeval left;
    assert_true(evtimer_pending(&bench_connection(bench)->timer, &left));
    while (!bench->is_hung_up)
        bench_wait(bench);
    assert_null(bench_connection(bench));
}

/* Replies that nobody reads: whoever does not take them cannot be told, and is gone when the time is over. */
static void replies_are_not_read(void **state)
{
    struct bench *bench = *state;
    char flood[1500] = "";
    int small = 1;
    bench->frontend.settings.login_ms = 100;
    bench->frontend.settings.authorization.bad_commands = 1000000;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    setsockopt(bench_connection(bench)->stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (int i = 0; i < 200; i++)
        memcpy(flood + i * 6, "CAPA\r\n", 7);
    assert_int_equal(send(bench->client_fd, flood, strlen(flood), MSG_NOSIGNAL), strlen(flood));
    bench_turn(bench);
    assert_true(stream_pending(&bench_connection(bench)->stream) > 0);
    while (bench_connection(bench))
        event_base_loop(bench->base, EVLOOP_ONCE);
    assert_int_equal(bench->logins, 0);
}

/* Auth that never answers: the login's time is over for whoever waits for it. */
static void auth_does_not_answer(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.login_ms = 100;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    while (!bench->is_hung_up)
        bench_wait(bench);
    bench_heard(bench, "-ERR [SYS/TEMP] the login took too long\r\n");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 0);
}

/* While auth is away nobody counts all frontends together: this one's own count holds the limit. */
static void refused_without_auth(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.connections = 1;
    channel_close(&bench->auth);
    bench_turn(bench);
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    int first = bench->client_fd;
    bench->client_fd = -1;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard(bench, "-ERR [SYS/TEMP] too many connections\r\n");
    assert_true(bench->is_hung_up);
    fd_close(&first);
}

#define DEADLINE_TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEADLINE_TEST(the_login_takes_too_long), DEADLINE_TEST(the_handshake_takes_too_long),
        DEADLINE_TEST(the_handshake_trickles),   DEADLINE_TEST(stls_has_what_is_left),
        DEADLINE_TEST(replies_are_not_read),     DEADLINE_TEST(auth_does_not_answer),
        DEADLINE_TEST(refused_without_auth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
