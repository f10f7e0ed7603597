/*
 * tests/unit/test_worker.c - a worker with this test as its nursery: whatever that one says, no session of another owner
 * is opened in it.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_storage.h"
#include "ipc/channel.h"
#include "sandbox/confine.h"
#include "session/worker.h"
#include "util/fd.h"
#include "util/faults.h"

static struct event_base *base;
static struct channel *channel;
static struct message_worker_session sample;
static char state_dir[64];
static int life[2];
static pid_t worker;
static uint64_t over; /* the last session that was said to be */

static void on_frame(struct channel *from, struct frame_in *frame, void *context)
{
    uint32_t frontend_id;
    (void)from;
    (void)context;
    assert_true(message_get_session_over(frame, &frontend_id, &over));
}

static void on_closed(struct channel *from, const char *why, void *context)
{
    (void)from;
    (void)why;
    (void)context;
    channel_close(&channel);
}

static void run_worker(int channel_fd)
{
    static struct fake_storage storage;
    static struct nursery_storage item = {.operations = &fake_storage_operations, .driver = &storage, .name = "fake"};
    static const struct nursery_storages storages = {.items = &item, .count = 1};
    static const struct session_settings settings = {
        .hostname = "h", .bad_commands = 5, .idle_ms = 600000, .command_ms = 600000};
    struct confine_plan plan = {.wish = CONFINE_OFF};
    struct faults faults = {0};
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    const struct worker_start start = {
        .settings = &settings,
        .storages = &storages,
        .confinement = confine_prepare(&plan, &faults),
        .minimum_uid = 1,
        .channel_fd = channel_fd,
        .life_fd = life[0],
        .mask = &mask,
    };
    worker_main(&start);
}

static int setup(void **state)
{
    int pair[2];
    (void)state;
    uint32_t id = geteuid() == 0 ? 64998 : (uint32_t)geteuid();
    base = event_base_new();
    snprintf(state_dir, sizeof(state_dir), "/tmp/test_worker.XXXXXX");
    assert_non_null(mkdtemp(state_dir));
    assert_int_equal(chown(state_dir, id, (gid_t)-1), 0);
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    assert_int_equal(pipe2(life, O_CLOEXEC), 0);
    worker = fork();
    if (worker == 0)
        run_worker(pair[1]);
    close(pair[1]);
    channel = channel_open(base, pair[0], CHANNEL_NURSERY_FROM_WORKER, on_frame, on_closed, NULL);
    sample = (struct message_worker_session){
        .frontend_id = 1,
        .owner = {.uid = id, .gid = geteuid() == 0 ? id : (uint32_t)getegid(), .mail = "/mail", .state = "/tmp"},
        .path = "/mail/a", .state_dir = state_dir, .user = "alice", .session = {.id = "s"}, .input = "", };
    return 0;
}

static int teardown(void **state)
{
    char path[96];
    int status;
    (void)state;
    close(life[1]);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    channel_close(&channel);
    close(life[0]);
    event_base_free(base);
    snprintf(path, sizeof(path), "%s/lock", state_dir);
    unlink(path);
    return rmdir(state_dir);
}

/* The client's end of a session as `message` describes it. */
static int give(struct message_worker_session message, uint64_t connection_id)
{
    struct frame_out frame = {0};
    int pair[2];
    assert_true(fd_pair(SOCK_STREAM, pair));
    message.connection_id = connection_id;
    message_put_worker_session(&frame, &message);
    channel_send(channel, &frame, pair[1]);
    frame_free(&frame);
    return pair[0];
}

static void expect(int fd, const char *beginning)
{
    char line[512];
    assert_true(recv(fd, line, sizeof(line), 0) >= (ssize_t)strlen(beginning));
    assert_memory_equal(line, beginning, strlen(beginning));
}

static void until_over(uint64_t connection_id)
{
    while (over != connection_id)
        event_base_loop(base, EVLOOP_ONCE);
}

static void a_session_of_another_owner_is_refused(void **state)
{
    (void)state;
    uint64_t id = 1;
    int first = give(sample, id++);
    expect(first, "+OK Maildrop");
    struct message_worker_session other[5];
    for (int i = 0; i < 5; i++)
        other[i] = sample;
    other[0].owner.uid++;
    other[1].owner.gid++;
    other[2].owner.groups_count = 1;
    other[3].owner.mail = "/";
    other[4].owner.state = "/";
    for (int i = 0; i < 5; i++) {
        int fd = give(other[i], id);
        expect(fd, "-ERR [SYS/PERM]");
        until_over(id++);
        close(fd);
    }
    /* it goes on with its own: the first one and further ones */
    assert_int_equal(send(first, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    expect(first, "+OK Bye");
    until_over(1);
    close(first);
    int again = give(sample, id);
    expect(again, "+OK Maildrop");
    close(again);
    until_over(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_session_of_another_owner_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
