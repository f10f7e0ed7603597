/*
 * tests/unit/test_session.c - sessions over a socket pair with a driver in memory: what a client does to its
 * connection decides what is deleted, and never more than it said.
 */
#include "session_bench.h"

#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"

static void pipelined_input_is_carried_out(void **state)
{
    (void)state;
    struct client *client = begin("STAT\r\nUIDL 2\r\nQUIT\r\n");
    until_ended(client);
    buf_append(&client->seen, "", 1);
    assert_memory_equal(buf_head(&client->seen), "+OK", 3); /* the login's */
    assert_true(has_seen(client, "\r\n+OK 2 43\r\n+OK 2 two\r\n+OK"));
    assert_string_equal(client->storage.calls, "open,commit,close,");
    assert_string_equal(logged("how"), "quit");
}

static void input_may_be_cut_anywhere(void **state)
{
    (void)state;
    static const char text[] = "NOOP\r\nDELE 1\r\nQUIT\r\n";
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        char head[64] = "";
        memcpy(head, text, cut);
        clients[0].storage.messages[0].is_gone = false;
        struct client *client = begin(head);
        if (text[cut])
            say(client, text + cut);
        until_ended(client);
        assert_true(client->storage.messages[0].is_gone);
        assert_string_equal(logged("how"), "quit");
    }
}

static void login_succeeds_only_with_an_open_maildrop(void **state)
{
    (void)state;
    clients[0].storage.open_status = RESTANTE_PERMANENT;
    struct client *client = begin("STAT\r\n");
    until_ended(client);
    assert_memory_equal(buf_head(&client->seen), "-ERR [SYS/PERM]", 15);
    assert_null(memchr(buf_head(&client->seen), '\n', buf_length(&client->seen) - 1)); /* one line */
    assert_string_equal(logged("how"), "error");
}

static void quit_and_gone_still_commits(void **state)
{
    (void)state;
    clients[0].storage.commit_steps = 20;
    struct client *client = begin(NULL);
    until_seen(client, "+OK");
    say(client, "DELE 1\r\nQUIT\r\n");
    fd_close(&client->fd);
    until_ended(client);
    assert_true(client->storage.messages[0].is_gone);
    assert_false(client->storage.messages[1].is_gone);
    assert_string_equal(logged("how"), "quit");
}

static void without_quit_nothing_is_deleted(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "QUIT", "QUIT\r", "QUI", "NOOP\r\nQUIT now\r\n"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct client *client = begin("DELE 1\r\n");
        until_seen(client, "+OK");
        if (ends[i][0])
            say(client, ends[i]);
        fd_close(&client->fd);
        until_ended(client);
        assert_false(client->storage.messages[0].is_gone);
        assert_null(strstr(client->storage.calls, "commit"));
        assert_string_equal(logged("how"), "disconnect");
    }
}

static void a_half_closed_client_gets_every_answer(void **state)
{
    (void)state;
    struct client *client = begin(NULL);
    say(client, "RETR 1\r\nRETR 2\r\nDELE 2\r\nQUIT\r\n");
    shutdown(client->fd, SHUT_WR);
    until_ended(client);
    assert_true(has_seen(client, "first\r\n.\r\n"));
    assert_true(has_seen(client, "second\r\n.\r\n+OK"));
    assert_true(client->storage.messages[1].is_gone);
    assert_int_equal(client->storage.fates[0], RESTANTE_KEEP_RETRIEVED);
}

static void idle_time_is_not_reset_by_dripping(void **state)
{
    (void)state;
    settings.idle_ms = 60;
    struct client *client = begin("DELE 1\r\n");
    until_seen(client, "+OK");
    while (client->session) {
        if (!client->has_closed && send(client->fd, "N", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            client->has_closed = true;
        turn(client, 4096);
    }
    assert_string_equal(logged("how"), "timeout");
    assert_false(client->storage.messages[0].is_gone);
    assert_null(strstr(client->storage.calls, "commit"));
}

/* A message far larger than any buffer on the way. */
static void add_large(struct client *client)
{
    fake_storage_add(&client->storage, "large", "0123456789012345678901234567890123456789012345678901234567890\n",
                     200000);
}

static void a_slow_reader_gets_everything(void **state)
{
    (void)state;
    add_large(&clients[0]);
    struct client *client = begin("RETR 3\r\nQUIT\r\n"), *other;
    for (int i = 0; i < 50; i++)
        turn(client, 10);
    assert_non_null(client->session);
    /* meanwhile another one of the same loop is served to its end */
    other = begin_on(1, 1, "STAT\r\nQUIT\r\n");
    until_ended(other);
    assert_non_null(client->session);
    assert_true(has_seen(other, "+OK 2 43"));
    until_ended(client);
    assert_true(buf_length(&client->seen) > 200000 * 63);
    const char end[] = "567890\r\n.\r\n+OK";
    assert_true(has_seen(client, end));
    assert_string_equal(logged("octets"), "12600000");
}

/* It holds what is in the sockets and a bounded rest, whatever the message's size. */
static void a_reader_that_stalls_holds_little(void **state)
{
    (void)state;
    int octets;
    socklen_t size = sizeof(octets);
    add_large(&clients[0]);
    struct client *client = begin("RETR 3\r\n");
    assert_int_equal(getsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &octets, &size), 0);
    for (int i = 0; i < 500; i++)
        turn(client, 0);
    assert_in_range(client->storage.octets_read, 1, (uint64_t)octets + 2 * 131072);
}

/* Taking an octet now and then is no sign of life: the maildrop is for the next one. */
static void a_reader_that_drips_does_not_stay(void **state)
{
    (void)state;
    settings.idle_ms = 60;
    add_large(&clients[0]);
    struct client *client = begin("DELE 1\r\nRETR 3\r\n");
    while (client->session) {
        turn(client, 3000);
        usleep(1000);
    }
    assert_string_equal(logged("how"), "timeout");
    assert_false(client->storage.messages[0].is_gone);
    assert_true(buf_length(&client->seen) > 3000);
    assert_true(buf_length(&client->seen) < 12600000);
}

static void a_command_has_to_be_completed(void **state)
{
    (void)state;
    static const char *const lines[] = {"S", "STAT\r", "QUIT", "LIST 1"};
    settings.command_ms = 40;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct client *client = begin("DELE 1\r\n");
        until_seen(client, "deleted");
        say(client, lines[i]);
        until_ended(client);
        assert_string_equal(logged("how"), "timeout");
        assert_null(strstr(client->storage.calls, "commit"));
    }
}

/* An octet at a time: neither a line that goes on for ever nor one that is too long buys time. */
static void a_line_that_drips_ends_the_session(void **state)
{
    (void)state;
    settings.command_ms = 40;
    struct client *client = begin(NULL);
    until_seen(client, "+OK");
    while (client->session) {
        if (!client->has_closed && send(client->fd, "NNNNNNNNNNNNNNNN", 16, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            client->has_closed = true;
        turn(client, 4096);
    }
    assert_string_equal(logged("how"), "timeout");
}

/* Whole commands, each with the beginning of the next one behind it: the time is counted anew. */
static void completed_commands_count_anew(void **state)
{
    (void)state;
    settings.command_ms = 800;
    struct client *client = begin(NULL);
    until_seen(client, "+OK");
    say(client, "NO");
    for (int i = 0; i < 10; i++) {
        buf_clear(&client->seen);
        usleep(100000);
        turn(client, 4096);
        say(client, "OP\r\nNO");
        until_seen(client, "+OK");
    }
    say(client, "OP\r\nQUIT\r\n");
    until_ended(client);
    assert_string_equal(logged("how"), "quit");
}

/* Thousands of commands at once leave the others their turns. */
static void many_commands_wait_for_others(void **state)
{
    (void)state;
    char commands[60000] = "";
    for (size_t i = 0; i + 16 < sizeof(commands); i += 14)
        memcpy(commands + i, "DELE 1\r\nRSET\r\n", 15);
    struct client *busy = begin(commands);
    until_seen(busy, "+OK");
    struct client *other = begin_on(1, 1, "STAT\r\nRETR 1\r\nQUIT\r\n");
    unsigned turns = 0;
    for (; other->session; turns++)
        turn(other, 65536);
    assert_in_range(turns, 1, 20);
    unsigned more = 0;
    for (; more < 20; more++) {
        assert_non_null(busy->session);
        turn(busy, 65536);
    }
}

static void a_client_gone_in_the_middle_deletes_nothing(void **state)
{
    (void)state;
    add_large(&clients[0]);
    struct client *client = begin("DELE 1\r\nRETR 3\r\nQUIT\r\n");
    for (int i = 0; i < 20; i++)
        turn(client, 1000);
    fd_close(&client->fd);
    until_ended(client);
    assert_false(client->storage.messages[0].is_gone);
    assert_null(strstr(client->storage.calls, "commit"));
    assert_string_equal(logged("how"), "disconnect");
}

static void a_busy_maildrop_is_waited_for(void **state)
{
    (void)state;
    struct client *first = begin(NULL), *second;
    until_seen(first, "+OK");
    second = begin_on(1, 0, "STAT\r\nQUIT\r\n");
    for (int i = 0; i < 50; i++)
        turn(second, 100);
    assert_int_equal(buf_length(&second->seen), 0);
    say(first, "DELE 1\r\nQUIT\r\n");
    until_ended(first);
    until_ended(second);
    assert_true(has_seen(second, "+OK 1 22\r\n"));
}

static void a_busy_maildrop_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    struct client *first = begin(NULL), *second;
    until_seen(first, "+OK");
    settings.lock_ms = 50;
    second = begin_on(1, 0, NULL);
    until_ended(second);
    assert_memory_equal(buf_head(&second->seen), "-ERR [IN-USE]", 13);
    assert_string_equal(logged("how"), "error");
    say(first, "STAT\r\n");
    until_seen(first, "+OK 2 43");
}

static void mail_held_by_another_program_is_waited_for(void **state)
{
    (void)state;
    clients[0].storage.busy_opens = 2;
    struct client *client = begin("QUIT\r\n");
    until_ended(client);
    assert_string_equal(client->storage.calls, "open,commit,close,");
}

static void a_removal_that_fails_is_no_ok(void **state)
{
    (void)state;
    clients[0].storage.messages[1].refuses_removal = true;
    struct client *client = begin("DELE 1\r\nDELE 2\r\n");
    until_seen(client, "+OK");
    say(client, "QUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "\r\n-ERR [SYS/TEMP]"));
    assert_true(client->storage.messages[0].is_gone);
    assert_false(client->storage.messages[1].is_gone);
    assert_string_equal(logged("left"), "1");
}

static void shutdown_ends_without_update(void **state)
{
    (void)state;
    struct client *client = begin("DELE 1\r\n");
    until_seen(client, "+OK");
    turn(client, 4096);
    session_shutdown(client->session);
    assert_null(client->session);
    assert_false(client->storage.messages[0].is_gone);
    assert_null(strstr(client->storage.calls, "commit"));
    assert_string_equal(logged("how"), "shutdown");
}

static void shutdown_lets_a_commit_finish(void **state)
{
    (void)state;
    clients[0].storage.commit_steps = 30;
    struct client *client = begin("DELE 1\r\nQUIT\r\n");
    for (int i = 0; i < 10; i++)
        turn(client, 4096);
    assert_false(client->storage.messages[0].is_gone); /* in the middle */
    assert_non_null(client->session);
    session_shutdown(client->session);
    assert_non_null(client->session);
    until_ended(client);
    assert_true(client->storage.messages[0].is_gone);
    assert_string_equal(logged("how"), "quit");
}

static void too_many_bad_commands_end_it(void **state)
{
    (void)state;
    struct client *client = begin("DELE 1\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nQUIT\r\n");
    until_ended(client);
    assert_false(client->storage.messages[0].is_gone);
    assert_string_equal(logged("how"), "protocol");
}

static void a_session_end_line_says_what_happened(void **state)
{
    (void)state;
    struct client *client = begin("RETR 1\r\nDELE 1\r\nTOP 2 0\r\nQUIT\r\n");
    until_ended(client);
    assert_true(has_logged("event=session_end session=s1 user=alice peer=192.0.2.7 retrieved=1 top=1 deleted=1 left=1 "
                           "octets=21 duration_ms="));
    assert_true(has_logged(" how=quit \n"));
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSION_TEST(pipelined_input_is_carried_out),
        SESSION_TEST(input_may_be_cut_anywhere),
        SESSION_TEST(login_succeeds_only_with_an_open_maildrop),
        SESSION_TEST(quit_and_gone_still_commits),
        SESSION_TEST(without_quit_nothing_is_deleted),
        SESSION_TEST(a_half_closed_client_gets_every_answer),
        SESSION_TEST(idle_time_is_not_reset_by_dripping),
        SESSION_TEST(a_slow_reader_gets_everything),
        SESSION_TEST(a_reader_that_stalls_holds_little),
        SESSION_TEST(a_reader_that_drips_does_not_stay),
        SESSION_TEST(a_command_has_to_be_completed),
        SESSION_TEST(a_line_that_drips_ends_the_session),
        SESSION_TEST(completed_commands_count_anew),
        SESSION_TEST(many_commands_wait_for_others),
        SESSION_TEST(a_client_gone_in_the_middle_deletes_nothing),
        SESSION_TEST(a_busy_maildrop_is_waited_for),
        SESSION_TEST(a_busy_maildrop_is_not_waited_for_for_ever),
        SESSION_TEST(mail_held_by_another_program_is_waited_for),
        SESSION_TEST(a_removal_that_fails_is_no_ok),
        SESSION_TEST(shutdown_ends_without_update),
        SESSION_TEST(shutdown_lets_a_commit_finish),
        SESSION_TEST(too_many_bad_commands_end_it),
        SESSION_TEST(a_session_end_line_says_what_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
