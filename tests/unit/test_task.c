/* Maintenance of one maildrop: what is set aside is listed, comes back or goes, and nothing else does. */
#include "maildrop_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/session.h"
#include "session/task.h"
#include "session/task_peers.h"
#include "util/str.h"

#define UNTIL (clock_now_s() + 86400) /* of what the world sets aside, whatever its own time is */

/* Of the task that has ended last. */
static struct session_settings settings;
static struct task_counts counts;
static char note[MESSAGE_NOTE_MAX + 1], rows[8192];

/* Rows as the master gets them: cells with "|" behind each. */
static void keep_rows(struct task *task)
{
    size_t used = strlen(rows), length = buf_length(&task->rows);
    const char *cells = length > 0 ? buf_head(&task->rows) : "";
    for (size_t i = 0; i < length && used + 1 < sizeof(rows); i++)
        rows[used++] = cells[i] ? cells[i] : '|';
    rows[used] = '\0';
    buf_clear(&task->rows);
}

static enum restante_status run(struct task_order order, struct restante_error *error)
{
    settings = (struct session_settings){.rules = world.rules};
    struct task_request request = {.settings = &settings,
                                   .maildrop = {.storage = &fake_storage_operations,
                                                .driver = world.storage,
                                                .driver_name = "fake",
                                                .path = "/mail/alice",
                                                .user = "alice",
                                                .state_fd = world_state()},
                                   .order = &order};
    struct task *task = task_open(&request);
    enum restante_status status;
    *error = (struct restante_error){0};
    rows[0] = '\0';
    do {
        status = task_step(task, error);
        keep_rows(task);
    } while (status == RESTANTE_AGAIN);
    counts = task->counts;
    str_copy(note, sizeof(note), task->note);
    task_close(&task);
    return status;
}

/* `uidls` has a NUL behind each. */
static enum restante_status held(enum task_kind kind, const char *uidls, size_t length)
{
    struct restante_error error;
    return run((struct task_order){.kind = (uint8_t)kind, .arguments = uidls, .arguments_length = length}, &error);
}

/* b is set aside, c is hidden; a and d are as ever. */
static void hold_two(void)
{
    world_want(0);
    world_login();
    world_dele_but("b", RESTANTE_SET_ASIDE, UNTIL);
    world_dele_but("c", RESTANTE_HIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world_login();
    assert_string_equal(world_shown(), "ad");
    world_close();
}

static void what_is_held_is_listed(void **state)
{
    (void)state;
    hold_two();
    assert_int_equal(held(TASK_HELD_LIST, NULL, 0), RESTANTE_OK);
    assert_int_equal(counts.done, 2);
    assert_non_null(strstr(rows, "b|27|set aside|"));
    assert_non_null(strstr(rows, "c|27|hidden|"));
    assert_null(strstr(rows, "a|27"));
    assert_non_null(strstr(rows, "first, ")); /* the policy that said so */
    world_login();
    assert_string_equal(world_shown(), "ad");
    world_close();
    assert_string_equal(world_mail(), "abcd");
}

static void restored_ones_are_back_in_their_place(void **state)
{
    (void)state;
    hold_two();
    assert_int_equal(held(TASK_HELD_RESTORE, "b", 2), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.done_octets, 27);
    assert_int_equal(counts.failed, 0);
    assert_int_equal(world_marks("b").set_aside_s, 0);
    assert_int_not_equal(world_marks("c").hidden_s, 0);
    world_login();
    assert_string_equal(world_shown(), "abd");
    world_close();
    assert_int_equal(held(TASK_HELD_RESTORE, NULL, 0), RESTANTE_OK);
    world_login();
    assert_string_equal(world_shown(), "abcd");
    world_close();
    assert_string_equal(world_journal(), "set aside b,hidden c,restored b,restored c,");
    assert_string_equal(world_entry("b")->peer, "admin");
}

static void purged_ones_go_and_nothing_else_does(void **state)
{
    (void)state;
    hold_two();
    assert_int_equal(held(TASK_HELD_PURGE, "c", 2), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.failed, 0);
    assert_string_equal(world_mail(), "abd");
    assert_int_not_equal(world_marks("b").set_aside_s, 0);
    assert_string_equal(world_journal(), "set aside b,hidden c,removed c,");
    assert_string_equal(world_entry("c")->peer, "admin");
    assert_int_equal(held(TASK_HELD_PURGE, NULL, 0), RESTANTE_OK);
    assert_string_equal(world_mail(), "ad");
}

/* Rules that would remove the rest are not asked for by whoever purges one message. */
static void rules_remove_nothing_beside_it(void **state)
{
    (void)state;
    hold_two();
    world_want(RESTANTE_EVENT(OPEN) | RESTANTE_EVENT(QUIT));
    world.policies[0].expires_everything = true;
    world.policies[0].expires_at_quit = "abcd";
    assert_int_equal(held(TASK_HELD_PURGE, "b", 2), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_string_equal(world_mail(), "acd");
}

static void a_hold_keeps_it(void **state)
{
    (void)state;
    hold_two();
    int64_t until_s = world_marks("b").set_aside_until_s;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[1].holds = "b";
    assert_int_equal(held(TASK_HELD_PURGE, NULL, 0), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.failed, 1);
    assert_non_null(strstr(note, "kept by a policy"));
    assert_string_equal(world_mail(), "abd");
    assert_int_equal(world_marks("b").set_aside_until_s, until_s);
}

static void what_a_policy_hides_stays(void **state)
{
    (void)state;
    hold_two();
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].hides = "bc";
    assert_int_equal(held(TASK_HELD_PURGE, NULL, 0), RESTANTE_OK);
    assert_int_equal(counts.done, 0);
    assert_int_equal(counts.failed, 2);
    assert_string_equal(world_mail(), "abcd");
    assert_int_not_equal(world_marks("c").hidden_s, 0);
}

/* It keeps its mark: nobody is shown it, for nobody has asked for that. */
static void a_purge_that_fails(void **state)
{
    (void)state;
    hold_two();
    int64_t until_s = world_marks("b").set_aside_until_s;
    world_message("b")->refuses_removal = true;
    assert_int_equal(held(TASK_HELD_PURGE, NULL, 0), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.failed, 1);
    assert_string_not_equal(note, "");
    assert_string_equal(world_mail(), "abd");
    assert_int_equal(world_marks("b").set_aside_until_s, until_s);
    world_login();
    assert_string_equal(world_shown(), "ad");
    world_close();
}

static void names_that_are_not_held(void **state)
{
    (void)state;
    hold_two();
    assert_int_equal(held(TASK_HELD_PURGE, "a\0nobody\0c\0c", 13), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.failed, 2);
    assert_non_null(strstr(note, "no message a is set aside or hidden"));
    assert_non_null(strstr(note, "no message nobody is set aside or hidden"));
    assert_string_equal(world_mail(), "abd");
    assert_int_equal(held(TASK_HELD_RESTORE, "b\0z", 4), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.failed, 1);
}

static void a_refused_open_purges_nothing(void **state)
{
    struct restante_error error;
    (void)state;
    hold_two();
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].answer = RESTANTE_REFUSE;
    assert_int_equal(run((struct task_order){.kind = TASK_HELD_PURGE}, &error), RESTANTE_PERMANENT);
    assert_non_null(strstr(error.log, "the policy first lets nobody open"));
    assert_string_equal(world_mail(), "abcd");
    assert_int_not_equal(world_marks("b").set_aside_s, 0);
}

static void nobody_forgets_what_is_held_by_mistake(void **state)
{
    struct restante_error error;
    (void)state;
    hold_two();
    assert_int_equal(run((struct task_order){.kind = TASK_FORGET}, &error), RESTANTE_PERMANENT);
    assert_non_null(strstr(error.log, "2 messages are set aside or hidden"));
    assert_int_not_equal(world_marks("b").set_aside_s, 0);
    assert_int_equal(run((struct task_order){.kind = TASK_FORGET, .is_forced = true}, &error), RESTANTE_OK);
    assert_int_equal(world_marks("b").set_aside_s, 0);
    world_login();
    assert_string_equal(world_shown(), "abcd");
    world_close();
}

/* --- expire ---------------------------------------------------------------------------------------------------- */

static void expire_counts_what_it_does(void **state)
{
    struct restante_error error;
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].expires = "bd";
    world.policies[1].holds = "d";
    assert_int_equal(run((struct task_order){.kind = TASK_EXPIRE, .is_dry_run = true}, &error), RESTANTE_OK);
    assert_int_equal(counts.messages, 4);
    assert_int_equal(counts.octets, 4 * 27);
    assert_int_equal(counts.done, 1);
    assert_string_equal(world_mail(), "abcd");
    assert_int_equal(run((struct task_order){.kind = TASK_EXPIRE}, &error), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.done_octets, 27);
    assert_int_equal(counts.failed, 0);
    assert_string_equal(world_mail(), "acd");
    assert_string_equal(world_entry("b")->peer, "expire");
    assert_string_equal(world_journal(), "removed b,");
}

static void the_brake_stops_and_force_approves(void **state)
{
    struct restante_error error;
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].expires = "abc";
    world.rules.brake = (struct maildrop_brake){.percent = 50, .messages = 2};
    assert_int_equal(run((struct task_order){.kind = TASK_EXPIRE}, &error), RESTANTE_OK);
    assert_int_equal(counts.done, 0);
    assert_int_equal(counts.left_alone, 3);
    assert_non_null(strstr(note, "restante expire --user alice --force"));
    assert_string_equal(world_mail(), "abcd");
    assert_int_equal(run((struct task_order){.kind = TASK_EXPIRE, .is_forced = true}, &error), RESTANTE_OK);
    assert_int_equal(counts.left_alone, 0);
    assert_string_equal(world_mail(), "d");
}

static void an_expiry_that_fails_is_counted(void **state)
{
    struct restante_error error;
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].expires = "ab";
    world_message("a")->refuses_removal = true;
    assert_int_equal(run((struct task_order){.kind = TASK_EXPIRE}, &error), RESTANTE_OK);
    assert_int_equal(counts.done, 1);
    assert_int_equal(counts.failed, 1);
    assert_string_equal(world_mail(), "acd");
}

static int64_t seen_now_s;

static void see_session(const struct restante_facts *facts)
{
    seen_now_s = facts->session->now_s;
    assert_string_equal(facts->session->peer, "expire");
    assert_string_equal(facts->session->user, "alice");
    assert_string_equal(facts->session->local, "alice");
    assert_string_equal(facts->session->domain, "");
}

static void policies_see_the_time_that_is_asked_for(void **state)
{
    struct restante_error error;
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].at_open = see_session;
    struct task_order order = {.kind = TASK_EXPIRE, .is_dry_run = true, .at_s = 1900000000};
    assert_int_equal(run(order, &error), RESTANTE_OK);
    assert_int_equal(seen_now_s, 1900000000);
    order.at_s = 0;
    assert_int_equal(run(order, &error), RESTANTE_OK);
    assert_true(clock_now_s() - seen_now_s < 60 && clock_now_s() >= seen_now_s);
}

/* --- by device ------------------------------------------------------------------------------------------------- */

static void add_peer(struct peers *peers, const char *name, enum journal_act act, unsigned times)
{
    const struct journal_entry entry = {.when_s = 1700000000, .act = act, .user = "alice", .peer = name, .octets = 10};
    for (unsigned i = 0; i < times; i++)
        peers_add(peers, &entry);
}

static void devices_are_counted_and_bounded(void **state)
{
    struct peers peers = {0};
    char name[32];
    (void)state;
    for (unsigned i = 0; i < PEERS_MAX; i++) {
        snprintf(name, sizeof(name), "10.0.%u.%u", i / 256, i % 256);
        add_peer(&peers, name, JOURNAL_REMOVED, 1);
    }
    add_peer(&peers, "192.0.2.1", JOURNAL_REMOVED, 3);
    add_peer(&peers, "192.0.2.2", JOURNAL_REMOVED, 4);
    add_peer(&peers, "10.0.0.9", JOURNAL_REMOVED, 2);
    add_peer(&peers, "10.0.0.8", JOURNAL_NOT_REMOVED, 5); /* more than there were: the journal may begin later */
    peers_sort(&peers);
    assert_int_equal(peers.count, PEERS_MAX + 1);
    assert_string_equal(peers.peers[0].name, "10.0.0.9");
    assert_int_equal(peers.peers[0].removed, 3);
    assert_int_equal(peers.peers[0].octets, 30);
    assert_string_equal(peers.peers[PEERS_MAX - 1].name, "10.0.0.8");
    assert_int_equal(peers.peers[PEERS_MAX - 1].removed, 0);
    assert_int_equal(peers.peers[PEERS_MAX - 1].octets, 0);
    assert_string_equal(peers.peers[PEERS_MAX].name, "others");
    assert_int_equal(peers.peers[PEERS_MAX].removed, 7);
    peers_free(&peers);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_held_is_listed),
        WORLD_TEST(restored_ones_are_back_in_their_place),
        WORLD_TEST(purged_ones_go_and_nothing_else_does),
        WORLD_TEST(rules_remove_nothing_beside_it),
        WORLD_TEST(a_hold_keeps_it),
        WORLD_TEST(what_a_policy_hides_stays),
        WORLD_TEST(a_purge_that_fails),
        WORLD_TEST(names_that_are_not_held),
        WORLD_TEST(a_refused_open_purges_nothing),
        WORLD_TEST(nobody_forgets_what_is_held_by_mistake),
        WORLD_TEST(expire_counts_what_it_does),
        WORLD_TEST(the_brake_stops_and_force_approves),
        WORLD_TEST(an_expiry_that_fails_is_counted),
        WORLD_TEST(policies_see_the_time_that_is_asked_for),
        cmocka_unit_test(devices_are_counted_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
