/*
 * tests/unit/test_nursery.c - the nursery as a process of its own, with this test as its master, its auth and its
 * frontend. As root its workers must become the mailbox owner; as an ordinary user they stay what they are.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "room/room.h"
#include "session/nursery_state.h"
#include "util/fd.h"

#define NURSERY "tests/unit/nursery_fake"
#define FRONTEND 7

enum { ROOM_UID = 64997, OWNER_UID = 64998, OWNER_GROUP = 64999 };

static struct event_base *base;
static struct channel *control, *auth, *frontend;
static pid_t nursery;
static int log_fd = -1;
static char state_root[64], state_dir[128];
static bool is_ready, makes_state_dirs;
static unsigned faults, state_dirs_asked, sessions_ended;
static uint64_t last_ended;
static uint64_t connections; /* grows over all tests */
static char log_text[65536];
static size_t log_length;

static uint32_t owner_uid(void)
{
    return geteuid() == 0 ? OWNER_UID : (uint32_t)geteuid();
}

static uint32_t owner_gid(void)
{
    return geteuid() == 0 ? OWNER_UID : (uint32_t)getegid();
}

static void make_state_dir(void)
{
    assert_int_equal(mkdir(state_dir, 0700), 0);
    assert_int_equal(chown(state_dir, owner_uid(), owner_gid()), 0);
}

/* --- the other rooms ------------------------------------------------------------------------------------------- */

static void on_closed(struct channel *channel, const char *why, void *context)
{
    struct channel **mine = context;
    (void)channel;
    (void)why;
    channel_close(mine);
}

static void on_state_dir(struct frame_in *frame)
{
    struct message_state_dir asked;
    struct message_state_dir_made made = {.log = "the test makes none"};
    struct frame_out out = {0};
    assert_true(message_get_state_dir(frame, &asked));
    assert_int_equal(asked.uid, owner_uid());
    assert_int_equal(asked.gid, owner_gid());
    assert_non_null(strstr(state_dir, asked.key));
    state_dirs_asked++;
    made.request_id = asked.request_id;
    made.is_made = makes_state_dirs;
    if (makes_state_dirs)
        make_state_dir();
    message_put_state_dir_made(&out, &made);
    channel_send(control, &out, -1);
    frame_free(&out);
}

static void on_frame(struct channel *channel, struct frame_in *frame, void *context)
{
    (void)channel;
    (void)context;
    uint32_t frontend_id;
    switch (frame->type) {
    case FRAME_READY:
        is_ready = true;
        break;
    case FRAME_FAULT:
        faults++;
        break;
    case FRAME_STATE_DIR:
        on_state_dir(frame);
        break;
    case FRAME_SESSION_ENDED:
        assert_true(message_get_session_ended(frame, &frontend_id, &last_ended));
        assert_int_equal(frontend_id, FRONTEND);
        sessions_ended++;
        break;
    default:
        break;
    }
}

static void turn(void)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ssize_t got = read(log_fd, log_text + log_length, sizeof(log_text) - log_length);
    if (got > 0)
        log_length += (size_t)got;
    else
        usleep(300);
}

static bool is_logged(const char *text, size_t length)
{
    return log_length > 0 && memmem(log_text, log_length, text, length) != NULL;
}
#define UNTIL_LOGGED(text)                                                                                            \
    while (!is_logged(text, sizeof(text) - 1))                                                                        \
    turn()

static void put(struct frame_out *frame, int fd)
{
    channel_send(control, frame, fd);
    frame_free(frame);
}

static void put_setting(const char *path, enum conf_type type, int64_t integer, const char *text)
{
    struct frame_out frame = {0};
    struct message_setting setting = {.type = (uint8_t)type, .integer = integer};
    snprintf(setting.path, sizeof(setting.path), "%s", path);
    snprintf(setting.text, sizeof(setting.text), "%s", text);
    message_put_setting(&frame, &setting);
    put(&frame, -1);
}

static struct channel *put_channel(enum room_kind kind, enum channel_kind seen_as, uint32_t id, struct channel **mine)
{
    int pair[2];
    struct frame_out frame = {0};
    struct message_channel message = {.peer = (uint8_t)kind, .peer_id = id};
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    message_put_channel(&frame, &message);
    put(&frame, pair[1]);
    return channel_open(base, pair[0], seen_as, on_frame, on_closed, mine);
}

static void start_process(int control_fd, int log_pipe)
{
    int three = fcntl(control_fd, F_DUPFD, 10), four = fcntl(log_pipe, F_DUPFD, 10);
    dup2(three, ROOM_CONTROL_FD);
    dup2(four, ROOM_LOG_FD);
    int keep[] = {ROOM_CONTROL_FD, ROOM_LOG_FD};
    fd_close_others(keep, 2);
    execl(NURSERY, NURSERY, (char *)NULL);
    _exit(127);
}

static int setup(void **state)
{
    char key[NURSERY_STATE_KEY_LENGTH + 1];
    int pair[2], log_pipe[2];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    log_length = 0;
    is_ready = false;
    makes_state_dirs = true;
    faults = state_dirs_asked = sessions_ended = 0;
    base = event_base_new();
    snprintf(state_root, sizeof(state_root), "/tmp/test_nursery.XXXXXX");
    assert_non_null(mkdtemp(state_root));
    assert_int_equal(chmod(state_root, 0711), 0);
    nursery_state_key(key, "fake", "/mail/alice");
    snprintf(state_dir, sizeof(state_dir), "%s/%s", state_root, key);
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    assert_int_equal(pipe2(log_pipe, O_CLOEXEC | O_NONBLOCK), 0);
    nursery = fork();
    if (nursery == 0)
        start_process(pair[1], log_pipe[1]);
    close(pair[1]);
    close(log_pipe[1]);
    log_fd = log_pipe[0];
    control = channel_open(base, pair[0], CHANNEL_MASTER_FROM_NURSERY, on_frame, on_closed, &control);
    put_setting("hostname", CONF_STRING, 0, "mail.example.org");
    put_setting("limits.bad_commands", CONF_INTEGER, 10, "");
    put_setting("timeouts.idle", CONF_DURATION, 600000, "");
    put_setting("timeouts.lock", CONF_DURATION, 600000, "");
    put_setting("accounts.minimum_uid", CONF_INTEGER, 500, "");
    put_setting("storage.1.driver", CONF_STRING, 0, "fake");
    put_setting("storage.1.path", CONF_STRING, 0, "/mail/%{user}");
    struct frame_out frame = {0};
    struct message_start start = {.mode = ROOM_SERVE, .room_id = 3};
    if (geteuid() == 0) {
        start.change_identity = true;
        start.uid = start.gid = ROOM_UID;
    }
    snprintf(start.state_root, sizeof(start.state_root), "%s", state_root);
    message_put_start(&frame, &start);
    put(&frame, -1);
    while (!is_ready && faults == 0)
        turn();
    assert_int_equal(faults, 0);
    auth = put_channel(ROOM_AUTH, CHANNEL_AUTH_FROM_NURSERY, 2, &auth);
    frontend = put_channel(ROOM_FRONTEND, CHANNEL_FRONTEND_FROM_NURSERY, FRONTEND, &frontend);
    return 0;
}

static int teardown(void **state)
{
    char path[256];
    (void)state;
    channel_close(&control); /* without a master it ends */
    while (waitpid(nursery, NULL, 0) < 0 && errno == EINTR)
        continue;
    channel_close(&auth);
    channel_close(&frontend);
    /* every worker holds the log pipe: wait until the last one has gone */
    fd_set_nonblocking(log_fd, false);
    while (read(log_fd, path, sizeof(path)) > 0)
        continue;
    fd_close(&log_fd);
    event_base_free(base);
    snprintf(path, sizeof(path), "%s/lock", state_dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/ledger", state_dir);
    unlink(path);
    rmdir(state_dir);
    return rmdir(state_root);
}

static struct message_identity identity(uint64_t connection_id, uint8_t fill)
{
    struct message_identity made = {.frontend_id = FRONTEND, .connection_id = connection_id};
    memset(made.token, fill, sizeof(made.token));
    snprintf(made.session.id, sizeof(made.session.id), "s%u", (unsigned)connection_id);
    snprintf(made.session.peer, sizeof(made.session.peer), "192.0.2.7");
    snprintf(made.account.user, sizeof(made.account.user), "alice");
    made.account.has_ids = true;
    made.account.uid = owner_uid();
    made.account.gid = owner_gid();
    if (geteuid() == 0) {
        made.account.groups[0] = OWNER_GROUP;
        made.account.groups_count = 1;
    }
    return made;
}

static void announce(const struct message_identity *who)
{
    struct frame_out frame = {0};
    message_put_identity(&frame, who);
    channel_send(auth, &frame, -1);
    frame_free(&frame);
}

/* The client's end of a connection that the frontend hands over. */
static int hand_over(uint64_t connection_id, uint8_t fill, const char *input)
{
    int pair[2];
    struct frame_out frame = {0};
    struct message_handover message = {
        .connection_id = connection_id, .input = input, .input_length = strlen(input)};
    memset(message.token, fill, sizeof(message.token));
    assert_true(fd_pair(SOCK_STREAM, pair));
    fd_set_nonblocking(pair[0], true);
    message_put_handover(&frame, &message);
    channel_send(frontend, &frame, pair[1]);
    frame_free(&frame);
    return pair[0];
}

static char seen[8192];

/* Read until the connection ends, or `text` has come. */
static void read_until(int fd, const char *text)
{
    size_t length = 0;
    seen[0] = '\0';
    while (!text || !strstr(seen, text)) {
        ssize_t got = recv(fd, seen + length, sizeof(seen) - length - 1, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            assert_null(text);
            return;
        }
        if (got > 0)
            length += (size_t)got;
        seen[length] = '\0';
        turn();
    }
}

static void until_ended(unsigned count)
{
    while (sessions_ended < count)
        turn();
}

static int log_in(const char *input)
{
    struct message_identity who = identity(++connections, 5);
    announce(&who);
    return hand_over(connections, 5, input);
}

/* --- tests ----------------------------------------------------------------------------------------------------- */

static void a_login_becomes_a_session_as_its_owner(void **state)
{
    (void)state;
    char expected[256];
    int fd = log_in("RETR 1\r\nDELE 2\r\nQUIT\r\n");
    read_until(fd, NULL);
    snprintf(expected, sizeof(expected), "path=/mail/alice user=alice uid=%u gid=%u groups=%d capabilities=0 "
             "sockets=1\r\n.\r\n", owner_uid(), owner_gid(), geteuid() == 0 ? 1 : getgroups(0, NULL));
    assert_memory_equal(seen, "+OK", 3);
    if (!strstr(seen, expected))
        fail_msg("%s", seen);
    close(fd);
    until_ended(1);
    assert_int_equal(last_ended, connections);
    assert_int_equal(state_dirs_asked, 1);
    UNTIL_LOGGED("how\0quit");
    assert_true(is_logged("deleted\0001", 10));
    /* the next one finds its state directory */
    fd = log_in("QUIT\r\n");
    read_until(fd, NULL);
    close(fd);
    until_ended(2);
    assert_int_equal(state_dirs_asked, 1);
}

/* One refusal: -ERR, closed, counted, logged; the channel lives on. */
static void refused(int fd, const char *code)
{
    unsigned before = sessions_ended;
    log_length = 0;
    read_until(fd, NULL);
    close(fd);
    assert_non_null(strstr(seen, code));
    assert_memory_equal(seen, "-ERR", 4);
    until_ended(before + 1);
    UNTIL_LOGGED("event\0handover\0result\0refused");
}

static void a_frontend_that_lies_gets_no_session(void **state)
{
    (void)state;
    make_state_dir();
    refused(hand_over(++connections, 1, "STAT\r\n"), "[SYS/TEMP]"); /* invented */
    struct message_identity who = identity(++connections, 5);
    announce(&who);
    refused(hand_over(connections + 1, 5, ""), "[SYS/TEMP]"); /* another connection's token */
    refused(hand_over(connections, 6, ""), "[SYS/TEMP]");     /* the connection's, guessed */
    int fd = hand_over(connections, 5, "");
    read_until(fd, "+OK");
    refused(hand_over(connections, 5, ""), "[SYS/TEMP]"); /* replayed */
    assert_int_equal(send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL), 6); /* nobody else was disturbed */
    read_until(fd, NULL);
    assert_memory_equal(seen, "+OK", 3);
    close(fd);
    connections++;
}

/* The identity lies unread on auth's channel while the handover is handled; a third party's lies before it. */
static void pipelined_input_survives_the_drain(void **state)
{
    (void)state;
    make_state_dir();
    for (int i = 0; i < 50; i++) {
        int pair = log_in("STAT\r\nUIDL 2\r\nQUIT\r\n");
        read_until(pair, NULL);
        assert_non_null(strstr(seen, "+OK 2 two\r\n+OK"));
        close(pair);
    }
}

/* Stopped, the nursery finds the handover first and the identity behind it, on another channel. */
static void a_descriptor_never_overtakes_its_identity(void **state)
{
    (void)state;
    make_state_dir();
    int fds[8], fd = log_in("QUIT\r\n"); /* both channels are known once this has ended */
    read_until(fd, NULL);
    close(fd);
    uint64_t first = connections + 1;
    kill(nursery, SIGSTOP);
    waitpid(nursery, NULL, WUNTRACED);
    for (int i = 0; i < 8; i++)
        fds[i] = hand_over(first + (uint64_t)i, (uint8_t)(40 + i), "UIDL 2\r\nQUIT\r\n");
    for (int i = 0; i < 8; i++) {
        struct message_identity who = identity(first + (uint64_t)i, (uint8_t)(40 + i));
        announce(&who);
    }
    connections += 8;
    kill(nursery, SIGCONT);
    for (int i = 0; i < 8; i++) {
        read_until(fds[i], NULL);
        assert_non_null(strstr(seen, "+OK 2 two\r\n+OK"));
        close(fds[i]);
    }
}

static void accounts_are_checked_again(void **state)
{
    (void)state;
    struct message_identity who = identity(++connections, 5);
    who.account.uid = 0;
    if (geteuid() != 0)
        who.account.uid = (uint32_t)geteuid() + 1;
    announce(&who);
    refused(hand_over(connections, 5, ""), "[SYS/PERM]");
    who = identity(++connections, 5);
    snprintf(who.account.storage, sizeof(who.account.storage), "other:/mail/alice");
    announce(&who);
    refused(hand_over(connections, 5, ""), "[SYS/PERM]");
    if (geteuid() != 0)
        return;
    who = identity(++connections, 5);
    who.account.uid = 499;
    announce(&who);
    refused(hand_over(connections, 5, ""), "[SYS/PERM]");
    who = identity(++connections, 5);
    who.account.has_ids = false;
    announce(&who);
    refused(hand_over(connections, 5, ""), "[SYS/PERM]");
}

static void a_doubtful_state_directory_is_refused(void **state)
{
    (void)state;
    make_state_dir();
    assert_int_equal(chmod(state_dir, 0750), 0);
    refused(log_in(""), "[SYS/PERM]");
    assert_int_equal(chmod(state_dir, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(state_dir, OWNER_UID + 1, OWNER_UID), 0);
        refused(log_in(""), "[SYS/PERM]");
    }
    assert_int_equal(rmdir(state_dir), 0);
    makes_state_dirs = false;
    refused(log_in(""), "[SYS/TEMP]");
    assert_int_equal(state_dirs_asked, 1);
}

static void a_crash_costs_one_session(void **state)
{
    (void)state;
    make_state_dir();
    int fd = log_in("DELE 1\r\nRETR 3\r\nQUIT\r\n");
    read_until(fd, NULL);
    close(fd);
    until_ended(1);
    UNTIL_LOGGED("event\0worker_died");
    UNTIL_LOGGED("signal\0009");
    fd = log_in("QUIT\r\n"); /* the lock died with it */
    read_until(fd, NULL);
    assert_memory_equal(seen, "+OK", 3);
    close(fd);
    until_ended(2);
}

static void workers_end_with_the_nursery(void **state)
{
    (void)state;
    make_state_dir();
    int fd = log_in("DELE 2\r\n");
    read_until(fd, "+OK");
    kill(nursery, SIGKILL);
    read_until(fd, NULL);
    close(fd);
    UNTIL_LOGGED("how\0shutdown");
    assert_true(is_logged("deleted\0000", 10));
}

static void a_drain_waits_for_sessions_and_takes_no_more(void **state)
{
    (void)state;
    make_state_dir();
    int status, fd = log_in("");
    read_until(fd, "+OK");
    struct frame_out frame = {0};
    message_put_drain(&frame, 600000);
    channel_send(control, &frame, -1);
    frame_free(&frame);
    /* handled in order of arrival on its channel only: wait until a handover is refused for it */
    refused(hand_over(++connections, 9, ""), "[SYS/TEMP]");
    while (!is_logged("shutting down", 13)) {
        int late = log_in("");
        read_until(late, NULL);
        close(late);
        assert_memory_equal(seen, "-ERR", 4);
    }
    assert_int_equal(send(fd, "DELE 2\r\nQUIT\r\n", 14, MSG_NOSIGNAL), 14);
    read_until(fd, NULL);
    close(fd);
    assert_non_null(strstr(seen, "+OK"));
    while (waitpid(nursery, &status, WNOHANG) == 0)
        turn();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    UNTIL_LOGGED("how\0quit");
}

static void a_drain_ends_what_is_left(void **state)
{
    (void)state;
    make_state_dir();
    int status, fd = log_in("DELE 2\r\n");
    read_until(fd, "+OK");
    struct frame_out frame = {0};
    message_put_drain(&frame, 1);
    channel_send(control, &frame, -1);
    frame_free(&frame);
    read_until(fd, NULL);
    close(fd);
    while (waitpid(nursery, &status, WNOHANG) == 0)
        turn();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    UNTIL_LOGGED("how\0shutdown");
    assert_true(is_logged("deleted\0000", 10));
}

#define NURSERY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NURSERY_TEST(a_login_becomes_a_session_as_its_owner),
        NURSERY_TEST(a_frontend_that_lies_gets_no_session),
        NURSERY_TEST(pipelined_input_survives_the_drain),
        NURSERY_TEST(a_descriptor_never_overtakes_its_identity),
        NURSERY_TEST(accounts_are_checked_again),
        NURSERY_TEST(a_doubtful_state_directory_is_refused),
        NURSERY_TEST(a_crash_costs_one_session),
        NURSERY_TEST(workers_end_with_the_nursery),
        NURSERY_TEST(a_drain_waits_for_sessions_and_takes_no_more),
        NURSERY_TEST(a_drain_ends_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
