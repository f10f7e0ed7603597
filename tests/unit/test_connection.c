/* A client's life in the frontend, with an auth and a nursery that say what the test wants. */
#include "frontend_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"

static const char *const too_many = "-ERR [SYS/TEMP] too many connections\r\n";

/* The worker has this client: both can hear each other. */
static void expect_worker(struct bench *bench, uint8_t token, const char *input)
{
    uint8_t expected[MESSAGE_TOKEN_OCTETS];
    char got[16] = "";
    memset(expected, token, sizeof(expected));
    assert_int_equal(bench->handovers, 1);
    assert_memory_equal(bench->handover.token, expected, sizeof(expected));
    assert_int_equal(bench->handover.connection_id, bench->login.connection_id);
    assert_int_equal(bench->handover.input_length, strlen(input));
    assert_memory_equal(bench->input, input, strlen(input));
    assert_int_equal(send(bench->worker_fd, "+OK you\r\n", 9, MSG_NOSIGNAL), 9);
    bench_heard(bench, "+OK you\r\n");
    bench_say(bench, "NOOP\r\n");
    assert_int_equal(recv(bench->worker_fd, got, sizeof(got), MSG_DONTWAIT), 6);
    assert_memory_equal(got, "NOOP\r\n", 6);
}

static void plain_login(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "::ffff:127.0.0.1", LISTENER_TLS_STARTTLS);
    bench_log_in(bench, "STAT\r\nLI");
    assert_int_equal(bench->opened, 1);
    assert_string_equal(bench->opened_peer, "127.0.0.1");
    assert_string_equal(bench->login.session.mechanism, "USER");
    assert_string_equal(bench->login.session.peer, "127.0.0.1");
    assert_string_equal(bench->login.session.id, "674a1b2c-3-1");
    assert_string_equal(bench->login.session.tls, "");
    assert_int_equal(bench->response_length, 15);
    assert_memory_equal(bench->response, "alice\0two words", 15);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 7);
    expect_worker(bench, 7, "STAT\r\nLI");
    /* It is the worker's alone, and still counts as open until the nursery says otherwise. */
    assert_null(bench_connection(bench));
    assert_int_equal(bench->closed, 0);
    fd_close(&bench->worker_fd);
    bench_heard(bench, "");
    assert_true(bench->is_hung_up);
}

static void denied_then_accepted(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    uint64_t first = bench->login.request_id;
    bench_verdict(bench, first, RESTANTE_DENIED, 0);
    bench_heard_line(bench, "-ERR [AUTH]");
    bench_say(bench, "USER bob\r\nPASS x\r\n");
    bench_heard_line(bench, "+OK");
    assert_true(bench->login.request_id > first);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 9);
    expect_worker(bench, 9, "");
}

/* Input behind credentials that are refused is handled; input behind those that are accepted is the worker's. */
static void a_whole_session_in_one_segment(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "USER bob\r\nPASS x\r\nSTAT\r\nQUIT\r\n");
    shutdown(bench->client_fd, SHUT_WR);
    bench_turn(bench);
    bench_verdict(bench, bench->login.request_id, RESTANTE_DENIED, 0);
    assert_int_equal(bench->logins, 2);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 5);
    assert_int_equal(bench->handovers, 1);
    assert_int_equal(bench->handover.input_length, 12);
    assert_memory_equal(bench->input, "STAT\r\nQUIT\r\n", 12);
    bench_heard_line(bench, "-ERR [AUTH]");
}

static void implicit_tls_login(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "192.0.2.1", LISTENER_TLS_IMPLICIT);
    assert_true(bench_agree(bench));
    bench_log_in(bench, "STAT\r\n");
    assert_memory_equal(bench->login.session.tls, "TLSv1.3 TLS_", 12);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    expect_worker(bench, 1, "STAT\r\n");
    /* The relay is ours: counted until it ends. */
    assert_non_null(bench_connection(bench));
    assert_int_equal(bench->closed, 0);
    fd_close(&bench->worker_fd);
    bench_heard(bench, "");
    assert_true(bench->is_hung_up);
    assert_int_equal(SSL_get_shutdown(bench->client), SSL_RECEIVED_SHUTDOWN); /* in order, not cut */
    assert_null(bench_connection(bench));
    assert_int_equal(bench->closed, 1);
}

static void stls_login(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "192.0.2.1", LISTENER_TLS_STARTTLS);
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "USER mallory\r\nPASS x\r\n");
    bench_heard_line(bench, "-ERR");
    assert_int_equal(bench->logins, 0); /* no password in the clear from far away */
    bench_say(bench, "STLS\r\n");
    bench_heard_line(bench, "+OK");
    assert_true(bench_agree(bench));
    bench_say(bench, "USER alice\r\nPASS b\r\n");
    assert_int_equal(bench->logins, 1);
    bench_heard_line(bench, "+OK");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 2);
    expect_worker(bench, 2, "");
}

/* CVE-2011-0411: what came in the clear behind STLS is never run inside TLS. */
static void nothing_is_injected_before_tls(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "192.0.2.1", LISTENER_TLS_STARTTLS);
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "STLS\r\nUSER mallory\r\nPASS x\r\n");
    bench_heard_line(bench, "+OK");
    bench_agree(bench);
    bench_turn(bench);
    bench_heard(bench, "");
    assert_true(bench->is_hung_up);
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_int_equal(bench->logins, 0);
    assert_null(bench_connection(bench));
}

static bool may_log_in(struct bench *bench, enum frontend_plaintext plaintext, const char *address)
{
    int logins = bench->logins;
    bench->frontend.settings.plaintext = plaintext;
    bench_arrive(bench, address, LISTENER_TLS_STARTTLS);
    bench_say(bench, "USER alice\r\nPASS b\r\n");
    bench_heard_line(bench, "+OK ");
    return bench->logins > logins;
}

static void plaintext_auth(void **state)
{
    struct bench *bench = *state;
    assert_false(may_log_in(bench, FRONTEND_PLAINTEXT_NEVER, "127.0.0.1"));
    assert_true(may_log_in(bench, FRONTEND_PLAINTEXT_LOOPBACK, "127.200.0.1"));
    assert_true(may_log_in(bench, FRONTEND_PLAINTEXT_LOOPBACK, "::1"));
    assert_true(may_log_in(bench, FRONTEND_PLAINTEXT_LOOPBACK, "::ffff:127.0.0.1"));
    assert_false(may_log_in(bench, FRONTEND_PLAINTEXT_LOOPBACK, "192.0.2.1"));
    assert_false(may_log_in(bench, FRONTEND_PLAINTEXT_LOOPBACK, "2001:db8::1"));
    assert_false(may_log_in(bench, FRONTEND_PLAINTEXT_LOOPBACK, "::127.0.0.1"));
    assert_true(may_log_in(bench, FRONTEND_PLAINTEXT_ALWAYS, "192.0.2.1"));
}

static void refuse(struct bench *bench)
{
    struct frame_out frame = {0};
    message_put_refused(&frame, bench_connection(bench)->id);
    channel_send(bench->auth, &frame, -1);
    frame_free(&frame);
    bench_turn(bench);
}

static void refused_by_auth(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    refuse(bench);
    bench_heard(bench, too_many);
    assert_true(bench->is_hung_up);
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_null(bench_connection(bench));
    assert_int_equal(bench->closed, 1);
}

static void refused_while_waiting(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    refuse(bench);
    bench_heard(bench, too_many);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 0);
}

static void refused_during_the_handshake(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "192.0.2.1", LISTENER_TLS_IMPLICIT);
    refuse(bench);
    assert_true(bench_agree(bench));
    bench_heard(bench, too_many);
    assert_true(bench->is_hung_up);
}

/* --- rooms that end --------------------------------------------------------------------------------------------- */

static void auth_is_replaced(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    uint64_t lost = bench->login.request_id;
    channel_close(&bench->auth);
    bench_turn(bench);
    bench_heard_line(bench, "-ERR [SYS/TEMP]");
    /* While there is none, a login is told to come back at once. */
    bench_say(bench, "USER a\r\nPASS b\r\n");
    bench->heard[bench->heard_length] = '\0';
    assert_non_null(strstr(bench->heard, "\r\n-ERR [SYS/TEMP]"));
    bench_heard_line(bench, "+OK");
    /* The new one learns who is here; an answer to what the old one was asked means nothing. */
    bench_connect_auth(bench);
    bench_turn(bench);
    assert_int_equal(bench->opened, 2);
    bench_say(bench, "USER a\r\nPASS b\r\n");
    bench_heard_line(bench, "+OK");
    assert_true(bench->login.request_id > lost);
    bench_verdict(bench, lost, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 0);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 2);
    expect_worker(bench, 2, "");
}

static void the_nursery_is_gone(void **state)
{
    struct bench *bench = *state;
    channel_close(&bench->nursery);
    bench_turn(bench);
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    bench_heard_line(bench, "-ERR [SYS/TEMP]");
    bench_connect_nursery(bench);
    bench_say(bench, "USER a\r\nPASS b\r\n");
    bench_heard_line(bench, "+OK");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 2);
    expect_worker(bench, 2, "");
}

/* TRUST: answers that nobody waits for, twice, or before the question. */
static void auth_answers_out_of_order(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    for (uint64_t id = 0; id < 5; id++)
        bench_verdict(bench, id, RESTANTE_OK, 1);
    bench_verdict(bench, UINT64_MAX, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 0);
    bench_say(bench, "USER a\r\nPASS b\r\n");
    bench_heard_line(bench, "+OK");
    bench_verdict(bench, bench->login.request_id, RESTANTE_DENIED, 1);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 0);
    bench_heard_line(bench, "-ERR [AUTH]");
    bench_say(bench, "NOOP\r\n");
    bench_heard_line(bench, "-ERR");
    assert_non_null(bench->auth); /* the channel has survived all that */
}

static void auth_asks_on(void **state)
{
    struct bench *bench = *state;
    struct frame_out frame = {0};
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n");
    assert_string_equal(bench->login.session.mechanism, "PLAIN");
    assert_int_equal(bench->response_length, 13);
    assert_memory_equal(bench->response, "\0alice\0secret", 13);
    struct message_exchange challenge = {.request_id = bench->login.request_id, .data = "why?", .length = 4};
    message_put_challenge(&frame, &challenge);
    channel_send(bench->auth, &frame, -1);
    frame_free(&frame);
    bench_turn(bench);
    bench_heard(bench, "+ d2h5Pw==\r\n");
    bench_say(bench, "YmVjYXVzZQ==\r\n");
    assert_int_equal(bench->responses, 1);
    assert_int_equal(bench->response_length, 7);
    assert_memory_equal(bench->response, "because", 7);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 4);
    expect_worker(bench, 4, "");
}

/* --- clients that do not behave -------------------------------------------------------------------------------- */

static void the_client_leaves_while_waiting(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(bench->client_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    fd_close(&bench->client_fd);
    bench_turn(bench);
    /* It may have closed its sending side only: the verdict decides. */
    bench_verdict(bench, bench->login.request_id, RESTANTE_DENIED, 0);
    assert_null(bench_connection(bench));
    assert_int_equal(bench->closed, 1);
    assert_int_equal(bench->handovers, 0);
}

/* Replies to a flood of commands wait in a bounded buffer; nothing is lost when the client reads after all. */
static void a_client_that_does_not_read(void **state)
{
    struct bench *bench = *state;
    static const char capa[] = "CAPA\r\nCAPA\r\nCAPA\r\nCAPA\r\nCAPA\r\nCAPA\r\nCAPA\r\nCAPA\r\n";
    bench->frontend.settings.authorization.bad_commands = 1000000;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    size_t most = 0, sent_total = 0;
    bool is_full = false;
    for (int i = 0; i < 20000 && !is_full; i++) {
        ssize_t sent = send(bench->client_fd, capa + sent_total % 48, 48 - sent_total % 48, MSG_NOSIGNAL);
        if (sent > 0)
            sent_total += (size_t)sent;
        bench_turn(bench);
        size_t pending = stream_pending(&bench_connection(bench)->stream);
        most = pending > most ? pending : most;
        is_full = sent < 0 && errno == EAGAIN;
    }
    assert_true(is_full);
    assert_true(most > 0 && most < 400000);
    /* It reads after all: everything is answered, once, and the login comes after it. */
    bench_say(bench, "");
    while (sent_total % 48 != 0)
        sent_total += (size_t)send(bench->client_fd, capa + sent_total % 48, 48 - sent_total % 48, MSG_NOSIGNAL);
    bench_say(bench, "USER a\r\nPASS b\r\n");
    assert_int_equal(bench->logins, 1);
    bench->heard[bench->heard_length] = '\0';
    size_t answers = 0;
    for (const char *at = bench->heard; (at = strstr(at, "\r\n.\r\n")) != NULL; at++)
        answers++;
    assert_int_equal(answers, sent_total / 6);
}

/* The verdict comes while earlier replies are still on their way: they leave before the client does. */
static void replies_leave_before_the_client(void **state)
{
    struct bench *bench = *state;
    char flood[1500] = "";
    int small = 1;
    bench->frontend.settings.authorization.bad_commands = 1000000;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    setsockopt(bench_connection(bench)->stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (int i = 0; i < 230; i++)
        memcpy(flood + i * 6, "CAPA\r\n", 7);
    memcpy(flood + 230 * 6, "USER a\r\nPASS b\r\nSTAT\r\n", 23);
    assert_int_equal(send(bench->client_fd, flood, strlen(flood), MSG_NOSIGNAL), strlen(flood));
    bench_turn(bench);
    assert_int_equal(bench->logins, 1);
    assert_true(stream_pending(&bench_connection(bench)->stream) > 0);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 3);
    assert_int_equal(bench->handovers, 0);
    bench_heard_line(bench, "+OK");
    expect_worker(bench, 3, "STAT\r\n");
}

static void nonsense_instead_of_tls(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_IMPLICIT);
    bench_say(bench, "USER alice\r\nPASS b\r\n");
    assert_true(bench->is_hung_up);
    assert_false(bench->was_reset);
    assert_string_equal(bench_connection(bench)->reason, "plaintext spoken to a TLS port");
    /* What still comes is discarded; it ends with the client. */
    bench_say(bench, "QUIT\r\n");
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_null(bench_connection(bench));
    assert_int_equal(bench->closed, 1);
    assert_int_equal(bench->logins, 0);
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_IMPLICIT);
    bench_say(bench, "GET / HTTP/1.1\r\n\r\n");
    assert_string_equal(bench_connection(bench)->reason, "HTTP spoken to a TLS port");
}

static void tls_where_none_is(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_STARTTLS);
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "\x16\x03\x01 0123456789\n0123456789\n");
    bench_heard(bench, "");
    assert_true(bench->is_hung_up);
    assert_false(bench->was_reset);
    assert_string_equal(bench_connection(bench)->reason, "TLS spoken to a plaintext port");
    /* Only at the start: later it is an unknown command like any other. */
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_STARTTLS);
    bench_say(bench, "CAPA\r\n");
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "\x16\x03\x01\r\n");
    bench_heard_line(bench, "-ERR");
}

/* What OpenSSL has made of what the client said, sent to the server octet by octet. */
static void trickle(struct bench *bench, BIO *from)
{
    char octet;
    while (BIO_read(from, &octet, 1) == 1) {
        assert_int_equal(send(bench->client_fd, &octet, 1, MSG_NOSIGNAL), 1);
        bench_turn(bench); /* returns: half a record is waited for, not asked for again and again */
    }
}

/* Records in pieces, in the handshake and after it. */
static void tls_octet_by_octet(void **state)
{
    struct bench *bench = *state;
    BIO *to_server = BIO_new(BIO_s_mem());
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_IMPLICIT);
    SSL *client = tls_fixture_client(bench->client_context, bench->client_fd);
    SSL_set0_wbio(client, to_server);
    for (int i = 0; i < 5; i++) {
        SSL_do_handshake(client);
        trickle(bench, to_server);
    }
    assert_true(SSL_is_init_finished(client));
    assert_int_equal(SSL_write(client, "USER alice\r\nPASS b\r\n", 20), 20);
    trickle(bench, to_server);
    assert_int_equal(bench->logins, 1);
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 1);
    assert_int_equal(bench->handovers, 1);
    char got[16] = "";
    assert_int_equal(SSL_write(client, "NOOP\r\n", 6), 6);
    trickle(bench, to_server);
    assert_int_equal(recv(bench->worker_fd, got, sizeof(got), MSG_DONTWAIT), 6);
    assert_string_equal(got, "NOOP\r\n");
    SSL_free(client);
}

/* Closing a socket with unread input resets it, and the reset may overtake our last line: so it is not done. */
static void last_words_arrive(void **state)
{
    struct bench *bench = *state;
    bench->frontend.settings.authorization.bad_commands = 2;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    for (int i = 0; i < 2000; i++)
        assert_int_equal(send(bench->client_fd, "BAD\r\n", 5, MSG_NOSIGNAL) > 0 || errno == EAGAIN, 1);
    bench_heard_line(bench, "-ERR");
    assert_true(bench->is_hung_up);
    assert_false(bench->was_reset);
    /* What is still on its way meets an open socket, until the client closes too. */
    assert_int_equal(send(bench->client_fd, "BAD\r\n", 5, MSG_NOSIGNAL), 5);
    bench_turn(bench);
    assert_non_null(bench_connection(bench));
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_null(bench_connection(bench));
}

static void quit_before_the_login(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    bench_say(bench, "QUIT\r\n");
    bench_heard_line(bench, "+OK");
    assert_true(bench->is_hung_up);
    assert_null(bench_connection(bench));
    assert_int_equal(bench->closed, 1);
}

/* --- the room's end --------------------------------------------------------------------------------------------- */

static void draining(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    int waiting_fd = bench->client_fd;
    bench->client_fd = -1;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_heard_line(bench, "+OK ");
    frontend_drain(&bench->frontend);
    bench_heard(bench, "-ERR [SYS/TEMP] the server is shutting down\r\n");
    assert_true(bench->is_hung_up);
    fd_close(&bench->client_fd);
    bench_turn(bench);
    /* The login that was on its way is let through. */
    assert_false(bench->is_drained);
    bench->client_fd = waiting_fd;
    bench->is_hung_up = false;
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 6);
    assert_true(bench->is_drained);
    expect_worker(bench, 6, "");
}

/* After a reload nobody is turned away, and a stop may come later. */
static void retiring_serves_to_the_end(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    frontend_retire(&bench->frontend);
    bench_log_in(bench, "");
    bench_verdict(bench, bench->login.request_id, RESTANTE_DENIED, 0);
    bench_heard(bench, "-ERR [AUTH] User name or password is wrong\r\n");
    assert_false(bench->is_hung_up);
    assert_false(bench->is_drained);
    frontend_drain(&bench->frontend);
    bench_heard(bench, "-ERR [SYS/TEMP] the server is shutting down\r\n");
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_true(bench->is_drained);
}

static void draining_waits_for_relays(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "192.0.2.1", LISTENER_TLS_IMPLICIT);
    assert_true(bench_agree(bench));
    bench_log_in(bench, "");
    bench_verdict(bench, bench->login.request_id, RESTANTE_OK, 8);
    frontend_drain(&bench->frontend);
    bench_turn(bench);
    assert_false(bench->is_drained);
    expect_worker(bench, 8, "");
    fd_close(&bench->worker_fd);
    bench_turn(bench);
    assert_true(bench->is_drained);
}

static void draining_turns_away_a_login_that_fails(void **state)
{
    struct bench *bench = *state;
    bench_arrive(bench, "127.0.0.1", LISTENER_TLS_NONE);
    bench_log_in(bench, "");
    frontend_drain(&bench->frontend);
    bench_verdict(bench, bench->login.request_id, RESTANTE_DENIED, 0);
    bench_heard(bench, "-ERR [AUTH] User name or password is wrong\r\n"
                       "-ERR [SYS/TEMP] the server is shutting down\r\n");
    fd_close(&bench->client_fd);
    bench_turn(bench);
    assert_true(bench->is_drained);
}

#define CONNECTION_TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTION_TEST(plain_login),
        CONNECTION_TEST(denied_then_accepted),
        CONNECTION_TEST(a_whole_session_in_one_segment),
        CONNECTION_TEST(implicit_tls_login),
        CONNECTION_TEST(stls_login),
        CONNECTION_TEST(nothing_is_injected_before_tls),
        CONNECTION_TEST(plaintext_auth),
        CONNECTION_TEST(refused_by_auth),
        CONNECTION_TEST(refused_while_waiting),
        CONNECTION_TEST(refused_during_the_handshake),
        CONNECTION_TEST(auth_is_replaced),
        CONNECTION_TEST(the_nursery_is_gone),
        CONNECTION_TEST(auth_answers_out_of_order),
        CONNECTION_TEST(auth_asks_on),
        CONNECTION_TEST(the_client_leaves_while_waiting),
        CONNECTION_TEST(a_client_that_does_not_read),
        CONNECTION_TEST(replies_leave_before_the_client),
        CONNECTION_TEST(nonsense_instead_of_tls),
        CONNECTION_TEST(tls_where_none_is),
        CONNECTION_TEST(tls_octet_by_octet),
        CONNECTION_TEST(last_words_arrive),
        CONNECTION_TEST(quit_before_the_login),
        CONNECTION_TEST(draining),
        CONNECTION_TEST(retiring_serves_to_the_end),
        CONNECTION_TEST(draining_waits_for_relays),
        CONNECTION_TEST(draining_turns_away_a_login_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
