/*
 * tests/unit/test_session.c - sessions over a socket pair with a driver in memory: what a client does to its
 * connection decides what is deleted, and never more than it said.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_storage.h"
#include "session/session.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/log.h"

#define CLIENTS 2

/* One client and what it sees. */
struct client {
    int fd;
    struct buf seen;
    struct session *session; /* NULL once ended */
    bool has_closed;         /* the server's end */
    char directory[64];
    struct fake_storage storage;
};

static struct event_base *base;
static struct client clients[CLIENTS];
static struct session_settings settings;
static int log_pipe[2];

static int setup(void **state)
{
    (void)state;
    base = event_base_new();
    settings = (struct session_settings){
        .hostname = "mail.example.org", .bad_commands = 5, .idle_ms = 600000, .command_ms = 600000, .lock_ms = 600000};
    assert_int_equal(pipe2(log_pipe, O_CLOEXEC | O_NONBLOCK), 0);
    log_to_pipe(log_pipe[1]);
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &clients[i];
        *client = (struct client){.fd = -1};
        snprintf(client->directory, sizeof(client->directory), "/tmp/test_session.XXXXXX");
        assert_non_null(mkdtemp(client->directory));
        fake_storage_add(&client->storage, "one", "Subject: 1\n\nfirst\n", 1);
        fake_storage_add(&client->storage, "two", "Subject: 2\n\nsecond\n", 1);
    }
    return 0;
}

static int teardown(void **state)
{
    char path[128];
    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &clients[i];
        fd_close(&client->fd);
        while (client->session)
            event_base_loop(base, EVLOOP_ONCE);
        buf_free(&client->seen);
        snprintf(path, sizeof(path), "%s/lock", client->directory);
        unlink(path);
        snprintf(path, sizeof(path), "%s/ledger", client->directory);
        unlink(path);
        rmdir(client->directory);
    }
    log_to_stderr();
    close(log_pipe[0]);
    close(log_pipe[1]);
    event_base_free(base);
    return 0;
}

static void on_end(struct session *session, void *context)
{
    struct client *client = context;
    assert_ptr_equal(client->session, session);
    client->session = NULL;
}

/* Begin a session for clients[at] on the maildrop of clients[of]. */
static struct client *begin_on(int at, int of, const char *input)
{
    struct client *client = &clients[at];
    int pair[2];
    assert_true(fd_pair(SOCK_STREAM, pair));
    fd_close(&client->fd);
    client->fd = pair[0];
    client->has_closed = false;
    buf_clear(&client->seen);
    fd_set_nonblocking(pair[0], true);
    struct session_request request = {
        .client_fd = pair[1],
        .facts = {.id = "s1", .peer = "192.0.2.7"},
        .maildrop = {.storage = &fake_storage_operations,
                     .driver = &clients[of].storage,
                     .driver_name = "fake",
                     .path = clients[of].directory,
                     .user = "alice",
                     .state_fd = open(clients[of].directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
        .input = input,
        .input_length = input ? strlen(input) : 0,
    };
    client->session = session_open(base, &settings, &request, on_end, client);
    return client;
}

static struct client *begin(const char *input)
{
    return begin_on(0, 0, input);
}

/* One turn of the loop; then read what has come, at most `most` octets. */
static void turn(struct client *client, size_t most)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    if (client->fd < 0 || client->has_closed || most == 0)
        return;
    ssize_t got = recv(client->fd, buf_reserve(&client->seen, most), most, 0);
    if (got > 0)
        buf_added(&client->seen, (size_t)got);
    else if (got == 0 || errno != EAGAIN)
        client->has_closed = true;
    else
        usleep(200);
}

static void until_ended(struct client *client)
{
    while (client->session)
        turn(client, 65536);
    while (client->fd >= 0 && !client->has_closed)
        turn(client, 65536);
}

static bool has_seen(struct client *client, const char *text)
{
    return buf_length(&client->seen) > 0 &&
           memmem(buf_head(&client->seen), buf_length(&client->seen), text, strlen(text)) != NULL;
}

static void until_seen(struct client *client, const char *text)
{
    while (!has_seen(client, text)) {
        assert_false(client->has_closed);
        turn(client, 65536);
    }
}

static void say(struct client *client, const char *text)
{
    assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What the last session_end line says under `key`. */
static const char *logged(const char *key)
{
    static char value[64];
    char lines[65536], pattern[64];
    ssize_t length = read(log_pipe[0], lines, sizeof(lines));
    assert_true(length > 0);
    char *line = NULL, *next = lines;
    while ((next = memmem(next, (size_t)(lines + length - next), "\0session_end\0", 13)))
        line = next++;
    assert_non_null(line);
    size_t pattern_length = (size_t)snprintf(pattern, sizeof(pattern), "%c%s", '\0', key) + 1;
    char *found = memmem(line, (size_t)(lines + length - line), pattern, pattern_length);
    assert_non_null(found);
    snprintf(value, sizeof(value), "%s", found + pattern_length);
    return value;
}

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
    char lines[8192];
    ssize_t length = read(log_pipe[0], lines, sizeof(lines));
    static const char fields[] = "session\0s1\0user\0alice\0peer\000192.0.2.7\0retrieved\0001\0top\0001\0deleted\0001\0"
                                 "left\0001\0octets\00021\0duration_ms";
    assert_true(length > 0);
    assert_non_null(memmem(lines, (size_t)length, fields, sizeof(fields)));
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
