#include "nursery_room.h"

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
#include "room/room.h"
#include "session/nursery_state.h"
#include "util/fd.h"

#define NURSERY "tests/unit/nursery_fake"
#define FRONTEND 7

enum { ROOM_UID = 64997 };

static struct event_base *base;
struct channel *control, *frontend;
static struct channel *auth;
pid_t nursery;
static int log_fd = -1;
char state_dir[128];
bool makes_state_dirs;
static char state_root[64];
static bool is_ready;
static const char *isolation = "session";
unsigned state_dirs_asked, sessions_ended;
uint64_t last_ended;
uint64_t connections; /* grows over all tests */
static struct message_status told;
static unsigned faults;
size_t log_length;
static char log_text[65536];

uint32_t owner_uid(void)
{
    return geteuid() == 0 ? OWNER_UID : (uint32_t)geteuid();
}

uint32_t owner_gid(void)
{
    return geteuid() == 0 ? OWNER_UID : (uint32_t)getegid();
}

void make_state_dir(void)
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
    case FRAME_STATUS:
        assert_true(message_get_status(frame, &told));
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

void turn(void)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ssize_t got = read(log_fd, log_text + log_length, sizeof(log_text) - log_length);
    if (got > 0)
        log_length += (size_t)got;
    else
        usleep(300);
}

bool is_logged(const char *text, size_t length)
{
    return log_length > 0 && memmem(log_text, log_length, text, length) != NULL;
}

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

int setup(void **state)
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
    put_setting("compatibility.add_blank_line", CONF_BOOL, 0, "");
    put_setting("compatibility.replace_nul", CONF_BOOL, 0, "");
    put_setting("timeouts.idle", CONF_DURATION, 600000, "");
    put_setting("timeouts.command", CONF_DURATION, 60000, "");
    put_setting("timeouts.lock", CONF_DURATION, 600000, "");
    put_setting("confinement", CONF_STRING, 0, "off"); /* the driver in memory looks where workers cannot */
    put_setting("limits.worker_memory", CONF_INTEGER, INT64_C(1) << 30, "");
    put_setting("accounts.minimum_uid", CONF_INTEGER, 500, "");
    put_setting("isolation", CONF_STRING, 0, isolation);
    put_setting("workers.spare", CONF_INTEGER, 2, "");
    put_setting("workers.per_uid", CONF_INTEGER, 2, "");
    put_setting("workers.at_once", CONF_INTEGER, 3, "");
    put_setting("workers.sessions", CONF_INTEGER, 5, "");
    put_setting("workers.idle", CONF_DURATION, 60000, "");
    put_setting("journal_keep", CONF_DURATION, 0, "");
    put_setting("brake.percent", CONF_INTEGER, 50, "");
    put_setting("brake.messages", CONF_INTEGER, 20, "");
    put_setting("clock_jump", CONF_DURATION, INT64_C(30) * 86400 * 1000, "");
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
    message_put_serve(&frame);
    put(&frame, -1);
    auth = put_channel(ROOM_AUTH, CHANNEL_AUTH_FROM_NURSERY, 2, &auth);
    frontend = put_channel(ROOM_FRONTEND, CHANNEL_FRONTEND_FROM_NURSERY, FRONTEND, &frontend);
    return 0;
}

int setup_uid(void **state)
{
    isolation = "uid";
    int result = setup(state);
    isolation = "session";
    *state = &base; /* not NULL: so tests of both know which it is */
    return result;
}

int teardown(void **state)
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

struct message_identity identity(uint64_t connection_id, uint8_t fill)
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

void announce(const struct message_identity *who)
{
    struct frame_out frame = {0};
    message_put_identity(&frame, who);
    channel_send(auth, &frame, -1);
    frame_free(&frame);
}

/* The client's end of a connection that the frontend hands over. */
int hand_over(uint64_t connection_id, uint8_t fill, const char *input)
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

char seen[8192];

/* Read until the connection ends, or `text` has come. */
void read_until(int fd, const char *text)
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

void until_ended(unsigned count)
{
    while (sessions_ended < count)
        turn();
}

/* WHY asked on and on: logins wait in one channel, the question comes by another. */
void until_sessions(unsigned count)
{
    struct frame_out frame = {0};
    for (told.sessions = 0; told.sessions != count; turn()) {
        message_put_status_wanted(&frame);
        channel_send(control, &frame, -1);
    }
    frame_free(&frame);
}

int log_in(const char *input)
{
    struct message_identity who = identity(++connections, 5);
    announce(&who);
    return hand_over(connections, 5, input);
}

/* One refusal: -ERR, closed, counted, logged; the channel lives on. */
void refused(int fd, const char *code)
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
