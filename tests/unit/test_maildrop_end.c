/*
 * tests/unit/test_maildrop_end.c - journal, commit, ledger: their order, what each failing means, a process that dies
 * between any two of them, and a large maildrop in steps.
 */
#include "maildrop_world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_log.h"

#define OPEN RESTANTE_EVENT(OPEN)
#define QUIT RESTANTE_EVENT(QUIT)

/* "a" is set aside and over, "b" expires. */
static void prepare(void)
{
    world_want(OPEN);
    world_login();
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.session.now_s += 2;
    world.policies[0].expires = "b";
}

/* What the journal would append to next. */
static const char *journal_name(void)
{
    static char name[64];
    if (!name[0])
        snprintf(name, sizeof(name), "removals-999998-%" PRId64 ".jsonl", clock_now_s());
    return name;
}

/* --- the journal ----------------------------------------------------------------------------------------------- */

static void the_journal_tells_who_what_and_why(void **state)
{
    (void)state;
    prepare();
    int64_t began_s = clock_now_s();
    world.session.session_id = "s2";
    world_login();
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_journal_policies(), "set aside a first,removed a set aside,removed b first,removed c,");
    const struct journal_entry *entry = world_entry("b");
    assert_in_range(entry->when_s, began_s, clock_now_s());
    assert_string_equal(entry->user, "alice");
    assert_string_equal(entry->peer, "192.0.2.7");
    assert_string_equal(entry->session, "s2");
    assert_int_equal(entry->octets, world_message("b")->octets);
    assert_string_equal(entry->message_id, "<b@test>");
    assert_string_equal(entry->rule, "line 1");
    assert_string_equal(entry->reason, "reason 1");
    entry = world_entry("c");
    assert_string_equal(entry->message_id, "<c@test>");
    assert_string_equal(entry->policy, "");
    assert_string_equal(entry->reason, "");
}

static void the_journal_tells_of_marks(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[1].holds = "c";
    world_login();
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW + 77);
    world_dele_but("b", RESTANTE_HIDE, 0);
    world_dele("c");
    int64_t began_s = clock_now_s();
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_journal_policies(), "set aside a first,hidden b first,set aside c second,");
    assert_int_equal(world_entry("a")->until_s, WORLD_NOW + 77);
    assert_string_equal(world_entry("a")->rule, "dele, line 9");
    assert_string_equal(world_entry("a")->reason, "not yet");
    assert_in_range(world_entry("c")->until_s, began_s, clock_now_s());
    assert_string_equal(world_entry("c")->rule, "line 2");
}

static void a_journal_that_cannot_be_written_stops_rules_and_no_dele(void **state)
{
    (void)state;
    prepare();
    world_obstruct(journal_name());
    unit_log_begin();
    world_login();
    world_dele("c");
    world_dele_but("d", RESTANTE_HIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(unit_log_end(), 1);
    assert_true(unit_log_has("event=journal_failed"));
    assert_true(unit_log_has("answer=rules remove nothing"));
    assert_string_equal(world_mail(), "abd");
    assert_int_equal(world_counts()->removed, 1);
    assert_int_equal(world_counts()->expired, 0);
    assert_int_equal(world_marks("d").hidden_s, WORLD_NOW + 2);
    world_clear(journal_name());
    world_look();
    assert_string_equal(world_mail(), "d");
}

static void without_a_journal_rules_go_on(void **state)
{
    (void)state;
    prepare();
    world_obstruct(journal_name());
    world.rules.journal_keep_s = 0;
    world_look();
    assert_string_equal(world_mail(), "cd");
    world_clear(journal_name());
    assert_string_equal(world_journal(), "set aside a,");
}

static void a_session_that_removes_nothing_writes_no_journal(void **state)
{
    (void)state;
    world_want(OPEN | QUIT);
    world_login();
    world_retr("a");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_journal(), "");
    world_obstruct(journal_name()); /* nobody looks */
    unit_log_begin();
    world_look();
    assert_int_equal(unit_log_end(), 0);
    world_clear(journal_name());
}

/* --- order ----------------------------------------------------------------------------------------------------- */

static const char *expected_at_commit[2];
static unsigned commits;

static void look_at_commit(void *context, bool is_done)
{
    (void)context;
    assert_string_equal(world_journal(), expected_at_commit[is_done]);
    struct restante_ledger *ledger = world_ledger();
    assert_non_null(ledger_find(ledger, "a")); /* forgotten only afterwards */
    ledger_close(&ledger);
    commits++;
}

static void journal_commit_ledger(void **state)
{
    (void)state;
    prepare();
    expected_at_commit[0] = expected_at_commit[1] = "set aside a,removed a,removed b,";
    commits = 0;
    world.storage->at_commit = look_at_commit;
    world_look();
    assert_int_equal(commits, 2);
    struct restante_ledger *ledger = world_ledger();
    assert_null(ledger_find(ledger, "a"));
    ledger_close(&ledger);
}

/* --- what fails ------------------------------------------------------------------------------------------------ */

static void a_rule_that_cannot_remove_fails_no_quit(void **state)
{
    (void)state;
    prepare();
    world_message("b")->refuses_removal = true;
    unit_log_begin();
    world_login();
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(unit_log_end(), 1);
    assert_true(unit_log_has("event=expire_failed"));
    assert_true(unit_log_has("the fake driver keeps a message"));
    assert_string_equal(world_mail(), "bd");
    assert_int_equal(world_counts()->expired, 1);
    assert_string_equal(world_journal(), "set aside a,removed a,removed b,removed c,not removed b,");
    world_message("b")->refuses_removal = false;
    world_look(); /* tries again */
    assert_string_equal(world_mail(), "d");
}

static void a_dele_that_cannot_remove_fails_quit(void **state)
{
    (void)state;
    prepare();
    world_message("c")->refuses_removal = true;
    world_login();
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_TEMPORARY);
    assert_string_equal(world_mail(), "cd");
    assert_int_equal(world_counts()->left, 2);
    assert_string_equal(world_journal(), "set aside a,removed a,removed b,removed c,not removed c,");
}

static void a_driver_that_lies_about_rules_is_not_believed(void **state)
{
    (void)state;
    prepare();
    world_message("b")->refuses_removal = true;
    world.storage->lies_about_removal = true;
    unit_log_begin();
    assert_int_equal((world_login(), world_quit()), RESTANTE_OK);
    assert_int_equal(unit_log_end(), 1);
    assert_int_equal(world_counts()->expired, 1);
    assert_string_equal(world_journal(), "set aside a,removed a,removed b,not removed b,");
}

/* The state directory has no ledger yet, and something lies in its place. */
static void a_mark_that_cannot_be_remembered_fails_quit(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_obstruct("ledger");
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    world_dele("b");
    unit_log_begin();
    assert_int_equal(world_quit(), RESTANTE_TEMPORARY);
    assert_int_equal(unit_log_end(), 1);
    assert_int_equal(world.error.status, RESTANTE_TEMPORARY);
    assert_int_equal(world_counts()->set_aside, 0);
    assert_int_equal(world_counts()->removed, 1);
    assert_int_equal(world_counts()->left, 3);
    assert_string_equal(world_journal(), "set aside a,removed b,not removed a,");
    world_clear("ledger");
    world_login();
    assert_string_equal(world_shown(), "acd");
    assert_int_equal(world_quit(), RESTANTE_OK);
}

static void a_ledger_that_cannot_be_written_fails_no_removal(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "b";
    world_login();
    world_obstruct("ledger");
    world_retr("a");
    world_dele("c");
    unit_log_begin();
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(unit_log_end(), 1);
    assert_string_equal(world_mail(), "ad");
    world_clear("ledger");
}

static void what_has_vanished_is_no_failure(void **state)
{
    (void)state;
    prepare();
    world_message("a")->is_gone = true; /* another program was here, while nobody was logged in */
    world_login();
    assert_string_equal(world_shown(), "cd");
    world_message("b")->is_gone = true; /* and while somebody was */
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    assert_string_equal(world_mail(), "cd");
    assert_string_equal(world_journal(), "set aside a,removed b,");
}

/* --- a process that dies --------------------------------------------------------------------------------------- */

static bool dies_when_done;

static void die_at_commit(void *context, bool is_done)
{
    (void)context;
    if (is_done == dies_when_done)
        raise(SIGKILL);
}

static void die(void *context)
{
    (void)context;
    raise(SIGKILL);
}

/* A session that sets "c" aside and deletes "d" while "a" and "b" go, in a process that dies on its way. */
static void dying_session(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        world_login();
        world_dele_but("c", RESTANTE_SET_ASIDE, WORLD_NOW + 1000);
        world_dele("d");
        world_quit();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    world.storage->at_commit = NULL;
    world.storage->at_close = NULL;
    for (size_t i = 0; i < world.storage->count; i++)
        world.storage->messages[i].kills_reader = false;
}

/* The same without dying: "e" was never in question. */
static void next_session(const char *shown)
{
    world_login();
    assert_string_equal(world_shown(), shown);
    if (strchr(shown, 'c'))
        world_dele_but("c", RESTANTE_SET_ASIDE, WORLD_NOW + 1000);
    if (strchr(shown, 'd'))
        world_dele("d");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "ce");
    assert_int_equal(world_marks("c").set_aside_until_s, WORLD_NOW + 1000);
    assert_int_equal(world_marks("a").set_aside_s, 0);
    world_login();
    assert_string_equal(world_shown(), "e");
    assert_int_equal(world_quit(), RESTANTE_OK);
}

static void death_before_the_journal_changes_nothing(void **state)
{
    (void)state;
    world_add_messages(1);
    prepare();
    world_message("d")->kills_reader = true; /* its Message-ID is read last */
    dying_session();
    assert_string_equal(world_mail(), "abcde");
    assert_string_equal(world_journal(), "set aside a,");
    next_session("cde");
}

static void death_behind_the_journal_removes_nothing(void **state)
{
    (void)state;
    world_add_messages(1);
    prepare();
    dies_when_done = false;
    world.storage->at_commit = die_at_commit;
    dying_session();
    assert_string_equal(world_mail(), "abcde");
    assert_string_equal(world_journal(), "set aside a,removed a,removed b,set aside c,removed d,");
    next_session("cde");
}

static void death_behind_the_commit_forgets_a_mark(void **state)
{
    (void)state;
    world_add_messages(1);
    prepare();
    dies_when_done = true;
    world.storage->at_commit = die_at_commit;
    dying_session();
    assert_string_equal(world_mail(), "ce");
    struct restante_ledger *ledger = world_ledger();
    assert_non_null(ledger_find(ledger, "a")); /* of a message that is no more */
    ledger_close(&ledger);
    world_login();
    assert_string_equal(world_shown(), "ce"); /* the client has had no +OK */
    world_dele_but("c", RESTANTE_SET_ASIDE, WORLD_NOW + 1000);
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "ce");
    world_login();
    assert_string_equal(world_shown(), "e");
}

static void death_behind_the_ledger_leaves_all_done(void **state)
{
    (void)state;
    world_add_messages(1);
    prepare();
    world.storage->at_close = die;
    dying_session();
    assert_string_equal(world_mail(), "ce");
    next_session("e");
}

/* --- many messages --------------------------------------------------------------------------------------------- */

enum { MANY = 100000 };

static uint8_t many_fates[MANY], many_gone[MANY];

static enum restante_status many_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                                      struct restante_error *error)
{
    (void)request;
    (void)error;
    *maildrop = driver;
    return RESTANTE_OK;
}

static size_t many_count(const void *maildrop)
{
    (void)maildrop;
    return MANY;
}

static enum restante_status many_stat(const void *maildrop, size_t index, struct restante_message *message,
                                      struct restante_error *error)
{
    (void)maildrop;
    (void)error;
    snprintf(message->uidl, sizeof(message->uidl), "u%zu", index);
    message->octets = 10;
    return RESTANTE_OK;
}

static enum restante_status many_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error)
{
    (void)index;
    (void)error;
    *reader = maildrop;
    return RESTANTE_OK;
}

static enum restante_status many_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                      struct restante_error *error)
{
    (void)reader;
    (void)error;
    assert_true(capacity > 1);
    memcpy(buffer, "\n", 1);
    *length = 1;
    return RESTANTE_OK;
}

static void many_read_close(void **reader)
{
    *reader = NULL;
}

static enum restante_status many_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                        struct restante_error *error)
{
    (void)maildrop;
    (void)error;
    memcpy(many_fates, fates, MANY);
    for (size_t i = 0; i < MANY; i++)
        removals[i] = many_gone[i] = fates[i] == RESTANTE_DELETE;
    return RESTANTE_OK;
}

static void many_close(void **maildrop)
{
    *maildrop = NULL;
}

static const struct restante_storage many_operations = {.open = many_open, .count = many_count, .stat = many_stat,
                                                        .read_open = many_read_open, .read = many_read,
                                                        .read_close = many_read_close, .commit = many_commit,
                                                        .close = many_close};

static enum restante_status many_judge(void *policy, const struct restante_facts *facts,
                                       struct restante_verdict *verdict, struct restante_error *error)
{
    struct restante_verdict third = {.decision = RESTANTE_EXPIRE, .rule = "thirds", .reason = "every third"};
    (void)policy;
    (void)verdict;
    (void)error;
    assert_int_equal(facts->maildrop->count, MANY);
    for (size_t number = 3; number <= MANY; number += 3)
        assert_true(facts->decide(facts, number, &third));
    return RESTANTE_OK;
}

static void a_large_maildrop_goes_in_steps(void **state)
{
    static const struct restante_policy operations = {.judge = many_judge};
    struct policy_stack stack = {0};
    struct policy_entry entry = {.operations = &operations, .terms = {.name = "many", .wanted = OPEN}};
    static uint8_t fates[MANY];
    struct maildrop_update update = {.client.fates = fates, .has_quit = true};
    struct policy_answer answer = {0};
    struct restante_error error = {0};
    unsigned deciding = 0, updating = 0;
    (void)state;
    assert_true(policy_stack_add(&stack, &entry));
    struct maildrop_rules rules = world.rules;
    rules.policies = &stack;
    world_login(); /* for the directory and the lock */
    world_close();
    struct maildrop_request request = {.storage = &many_operations, .driver = &stack, .driver_name = "many",
                                       .path = "/mail/many", .user = "many", .rules = &rules};
    request.state_fd = world_state();
    struct maildrop *maildrop = maildrop_open(&request);
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
    while (maildrop_remember(maildrop, &error) == RESTANTE_AGAIN)
        continue;
    while (maildrop_list(maildrop, &error) == RESTANTE_AGAIN)
        continue;
    while (maildrop_decide(maildrop, NULL, &answer, &error) == RESTANTE_AGAIN)
        deciding++;
    assert_in_range(deciding, 2 * (MANY / 8192), 4 * (MANY / 8192) + 8);
    const struct transaction_maildrop *view = maildrop_view(maildrop);
    assert_int_equal(view->count, MANY - MANY / 3);
    assert_string_equal(view->uidl(view->context, 2), "u3");
    for (size_t i = 0; i < view->count; i += 4)
        fates[i] = i % 8 == 0 ? RESTANTE_DELETE : RESTANTE_KEEP_RETRIEVED;
    enum restante_status status;
    while ((status = maildrop_update(maildrop, &update, &error)) == RESTANTE_AGAIN)
        updating++;
    assert_int_equal(status, RESTANTE_OK);
    size_t removals = MANY / 3 + (view->count + 7) / 8;
    assert_int_equal(maildrop_counts(maildrop)->expired, MANY / 3);
    assert_int_equal(maildrop_counts(maildrop)->removed, removals - MANY / 3);
    assert_true(updating > removals / 64 + 2 * (MANY / 8192)); /* Message-IDs are read a few at a time */
    for (size_t i = 0, visible = 0; i < MANY; i++) {
        bool is_third = i % 3 == 2;
        assert_int_equal(many_fates[i], is_third ? RESTANTE_DELETE : fates[visible]);
        visible += !is_third;
    }
    maildrop_close(&maildrop);
    free(stack.entries);
}

static void a_large_maildrop_without_policies_takes_no_steps(void **state)
{
    struct maildrop_request request = {.storage = &many_operations, .driver = state, .driver_name = "many",
                                       .path = "/mail/many", .user = "many", .rules = &world.rules};
    struct policy_answer answer = {0};
    struct restante_error error = {0};
    request.state_fd = world_state();
    struct maildrop *maildrop = maildrop_open(&request);
    assert_int_equal(maildrop_remember(maildrop, &error), RESTANTE_OK);
    while (maildrop_list(maildrop, &error) == RESTANTE_AGAIN)
        continue;
    assert_int_equal(maildrop_decide(maildrop, NULL, &answer, &error), RESTANTE_OK);
    assert_int_equal(maildrop_view(maildrop)->count, MANY);
    maildrop_close(&maildrop);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_journal_tells_who_what_and_why),
        WORLD_TEST(the_journal_tells_of_marks),
        WORLD_TEST(a_journal_that_cannot_be_written_stops_rules_and_no_dele),
        WORLD_TEST(without_a_journal_rules_go_on),
        WORLD_TEST(a_session_that_removes_nothing_writes_no_journal),
        WORLD_TEST(journal_commit_ledger),
        WORLD_TEST(a_rule_that_cannot_remove_fails_no_quit),
        WORLD_TEST(a_dele_that_cannot_remove_fails_quit),
        WORLD_TEST(a_driver_that_lies_about_rules_is_not_believed),
        WORLD_TEST(a_mark_that_cannot_be_remembered_fails_quit),
        WORLD_TEST(a_ledger_that_cannot_be_written_fails_no_removal),
        WORLD_TEST(what_has_vanished_is_no_failure),
        WORLD_TEST(death_before_the_journal_changes_nothing),
        WORLD_TEST(death_behind_the_journal_removes_nothing),
        WORLD_TEST(death_behind_the_commit_forgets_a_mark),
        WORLD_TEST(death_behind_the_ledger_leaves_all_done),
        WORLD_TEST(a_large_maildrop_goes_in_steps),
        WORLD_TEST(a_large_maildrop_without_policies_takes_no_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
