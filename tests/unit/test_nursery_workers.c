/*
 * tests/unit/test_nursery_workers.c - workers forked ahead, and those that are kept for further sessions.
 */
#include "nursery_room.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The nursery's children, as /proc tells; their number. */
static unsigned children(pid_t pids[16])
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)nursery, (int)nursery);
    FILE *file = fopen(path, "r");
    while (file && count < 16 && fscanf(file, "%d", &pids[count]) == 1)
        count++;
    if (file)
        fclose(file);
    return count;
}

static void until_children(unsigned wanted)
{
    pid_t pids[16];
    while (children(pids) != wanted)
        turn();
}

static bool is_among(const pid_t *pids, unsigned count, pid_t pid)
{
    for (unsigned i = 0; i < count; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* The worker that serves this client; it has just read "+OK" for its login. */
static pid_t worker_of(int fd)
{
    assert_int_equal(send(fd, "RETR 1\r\n", 8, MSG_NOSIGNAL), 8);
    read_until(fd, "\r\n.\r\n");
    const char *found = strstr(seen, "pid=");
    assert_non_null(found);
    return (pid_t)strtol(found + 4, NULL, 10);
}

static void a_login_uses_a_spare_and_it_is_replaced(void **state)
{
    (void)state;
    pid_t before[16], after[16];
    make_state_dir();
    until_children(2);
    children(before);
    int fd = log_in("");
    read_until(fd, "+OK");
    assert_true(is_among(before, 2, worker_of(fd)));
    until_children(3);
    assert_int_equal(send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    read_until(fd, NULL);
    close(fd);
    until_ended(1);
    until_children(2);
    children(after);
    assert_true(is_among(after, 2, before[0]) != is_among(after, 2, before[1])); /* one was used */
}

static void spares_that_die_make_no_storm(void **state)
{
    (void)state;
    pid_t pids[16];
    make_state_dir();
    until_children(2);
    children(pids);
    kill(pids[0], SIGKILL);
    kill(pids[1], SIGKILL);
    UNTIL_LOGGED("made in 1 s");
    UNTIL_LOGGED("made in 2 s"); /* the second one doubled it */
    assert_int_equal(children(pids), 0);
    /* logins go on without */
    int fd = log_in("QUIT\r\n");
    read_until(fd, NULL);
    assert_memory_equal(seen, "+OK", 3);
    close(fd);
    until_ended(1);
    assert_int_equal(children(pids), 0);
}

static bool has_died(pid_t pid)
{
    char path[64], status = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d (%*[^)]) %c", &status) != 1)
        status = 0;
    if (file)
        fclose(file);
    return status == 'Z';
}

/* Stopped, the nursery finds the login first, and behind it the end of every worker that it could give it to. */
static void a_login_never_goes_to_a_worker_that_has_died(void **state)
{
    pid_t pids[16];
    make_state_dir();
    int fd = log_in("QUIT\r\n"); /* its worker is kept, or ends */
    read_until(fd, NULL);
    close(fd);
    until_ended(1);
    until_children(*state ? 3 : 2);
    unsigned count = children(pids);
    kill(nursery, SIGSTOP);
    waitpid(nursery, NULL, WUNTRACED);
    fd = log_in("QUIT\r\n");
    for (unsigned i = 0; i < count; i++) {
        kill(pids[i], SIGKILL);
        while (!has_died(pids[i]))
            usleep(300);
    }
    kill(nursery, SIGCONT);
    read_until(fd, NULL);
    assert_memory_equal(seen, "+OK", 3);
    close(fd);
    until_ended(2);
}

static void more_logins_than_spares(void **state)
{
    (void)state;
    int fds[6];
    make_state_dir();
    for (int i = 0; i < 6; i++)
        fds[i] = log_in("QUIT\r\n"); /* one maildrop: they come to their turn one after the other */
    for (int i = 0; i < 6; i++) {
        read_until(fds[i], NULL);
        assert_memory_equal(seen, "+OK", 3);
        close(fds[i]);
    }
    until_ended(6);
}

static void sessions_of_an_owner_share_workers(void **state)
{
    (void)state;
    pid_t first = 0;
    make_state_dir();
    for (int i = 0; i < 4; i++) {
        int fd = log_in("");
        read_until(fd, "+OK");
        pid_t now = worker_of(fd);
        assert_true(i == 0 || now == first);
        first = now;
        assert_int_equal(send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
        read_until(fd, NULL);
        close(fd);
        until_ended((unsigned)i + 1); /* said by the worker, which goes on */
    }
    int fd = log_in("QUIT\r\n"); /* the fifth is its last: workers.sessions */
    read_until(fd, NULL);
    close(fd);
    until_ended(5);
    while (kill(first, 0) == 0)
        turn();
    fd = log_in("");
    read_until(fd, "+OK");
    assert_true(worker_of(fd) != first);
    close(fd);
}

/* Another owner, or the same one with other groups, never meets the first one's worker. */
static void owners_do_not_share_workers(void **state)
{
    (void)state;
    if (geteuid() != 0)
        return;
    make_state_dir();
    int fd = log_in("QUIT\r\n");
    read_until(fd, NULL);
    close(fd);
    until_ended(1);
    struct message_identity who = identity(++connections, 5);
    who.account.groups_count = 0;
    announce(&who);
    fd = hand_over(connections, 5, "RETR 1\r\nQUIT\r\n");
    read_until(fd, NULL);
    close(fd);
    if (!strstr(seen, "groups=0"))
        fail_msg("%s", seen);
    until_ended(2);
}

static void a_crash_costs_the_sessions_of_its_worker(void **state)
{
    (void)state;
    int fds[6];
    make_state_dir();
    for (int i = 0; i < 4; i++) {
        fds[i] = log_in(""); /* the first has the maildrop, the others wait for it in both workers */
        if (i == 0)
            read_until(fds[0], "+OK");
    }
    pid_t victim = worker_of(fds[0]);
    until_sessions(4); /* each has its worker, two of them this one */
    kill(victim, SIGKILL);
    until_ended(2);
    UNTIL_LOGGED("event\0worker_died\0session\0s");
    /* those of the other one go on */
    unsigned answered = 0;
    for (int i = 1; i < 4; i++) {
        assert_true(send(fds[i], "QUIT\r\n", 6, MSG_NOSIGNAL) == 6 || errno == EPIPE);
        read_until(fds[i], NULL);
        answered += strstr(seen, "+OK") != NULL;
    }
    assert_int_equal(answered, 2);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    until_ended(4);
}

static void a_drain_ends_kept_workers(void **state)
{
    (void)state;
    int status;
    make_state_dir();
    int fd = log_in("QUIT\r\n");
    read_until(fd, NULL);
    close(fd);
    until_ended(1);
    fd = log_in("");
    read_until(fd, "+OK");
    struct frame_out frame = {0};
    message_put_drain(&frame, &(struct message_drain){.mode = DRAIN_STOP, .grace_ms = 600000});
    channel_send(control, &frame, -1);
    frame_free(&frame);
    until_children(1); /* spares and idle workers go at once */
    assert_int_equal(send(fd, "DELE 2\r\nQUIT\r\n", 14, MSG_NOSIGNAL), 14);
    read_until(fd, NULL);
    close(fd);
    while (waitpid(nursery, &status, WNOHANG) == 0)
        turn();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    UNTIL_LOGGED("how\0quit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NURSERY_TEST(a_login_uses_a_spare_and_it_is_replaced),
        NURSERY_TEST(spares_that_die_make_no_storm),
        NURSERY_TEST(a_login_never_goes_to_a_worker_that_has_died),
        NURSERY_TEST_UID(a_login_never_goes_to_a_worker_that_has_died),
        NURSERY_TEST(more_logins_than_spares),
        NURSERY_TEST_UID(more_logins_than_spares),
        NURSERY_TEST_UID(sessions_of_an_owner_share_workers),
        NURSERY_TEST_UID(owners_do_not_share_workers),
        NURSERY_TEST_UID(a_crash_costs_the_sessions_of_its_worker),
        NURSERY_TEST_UID(a_drain_ends_kept_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
