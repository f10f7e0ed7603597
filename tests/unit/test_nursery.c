/*
 * tests/unit/test_nursery.c - from a handover to a session and its end, and what is refused on the way.
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

static void a_login_becomes_a_session_as_its_owner(void **state)
{
    (void)state;
    char expected[256];
    int fd = log_in("RETR 1\r\nDELE 2\r\nQUIT\r\n");
    read_until(fd, NULL);
    snprintf(expected, sizeof(expected), "path=/mail/alice user=alice uid=%u gid=%u groups=%d capabilities=0 "
             "sockets=2\r\n", owner_uid(), owner_gid(), geteuid() == 0 ? 1 : getgroups(0, NULL));
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
    message_put_drain(&frame, &(struct message_drain){.mode = DRAIN_STOP, .grace_ms = 600000});
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

/* After a reload: whoever the old frontends still hand over is served, and the room's end is the last session's. */
static void a_reload_serves_the_frontends_that_there_are(void **state)
{
    (void)state;
    make_state_dir();
    int status, fd = log_in("");
    read_until(fd, "+OK");
    struct frame_out frame = {0};
    message_put_drain(&frame, &(struct message_drain){.mode = DRAIN_RELOAD});
    channel_send(control, &frame, -1);
    frame_free(&frame);
    assert_int_equal(send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    read_until(fd, NULL);
    close(fd);
    fd = log_in("");
    read_until(fd, "+OK");
    /* A frontend that goes at once after its last handover: that one is served too. */
    int last = log_in("");
    channel_close(&frontend);
    assert_int_equal(send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    read_until(fd, NULL);
    close(fd);
    read_until(last, "+OK");
    assert_int_equal(waitpid(nursery, &status, WNOHANG), 0);
    assert_int_equal(send(last, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    read_until(last, NULL);
    close(last);
    while (waitpid(nursery, &status, WNOHANG) == 0)
        turn();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_drain_ends_what_is_left(void **state)
{
    (void)state;
    make_state_dir();
    int status, fd = log_in("DELE 2\r\n");
    read_until(fd, "+OK");
    struct frame_out frame = {0};
    message_put_drain(&frame, &(struct message_drain){.mode = DRAIN_STOP, .grace_ms = 1});
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
        NURSERY_TEST(a_reload_serves_the_frontends_that_there_are),
        NURSERY_TEST_UID(a_login_becomes_a_session_as_its_owner),
        NURSERY_TEST_UID(a_frontend_that_lies_gets_no_session),
        NURSERY_TEST_UID(pipelined_input_survives_the_drain),
        NURSERY_TEST_UID(a_descriptor_never_overtakes_its_identity),
        NURSERY_TEST_UID(accounts_are_checked_again),
        NURSERY_TEST_UID(a_doubtful_state_directory_is_refused),
        NURSERY_TEST_UID(a_crash_costs_one_session),
        NURSERY_TEST_UID(workers_end_with_the_nursery),
        NURSERY_TEST_UID(a_drain_waits_for_sessions_and_takes_no_more),
        NURSERY_TEST_UID(a_drain_ends_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
