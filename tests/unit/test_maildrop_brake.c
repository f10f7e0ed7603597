/*
 * tests/unit/test_maildrop_brake.c - what stops rules: the brake at its limits, the clock, a damaged ledger, a policy
 * that failed. Each time with what goes on.
 */
#include "maildrop_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "unit_log.h"

#define OPEN RESTANTE_EVENT(OPEN)
#define QUIT RESTANTE_EVENT(QUIT)

/* --- brake ----------------------------------------------------------------------------------------------------- */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* Of `count` messages the first `expire` would go. True: they went. */
static bool goes(size_t count, size_t expire)
{
    static char expires[64];
    snprintf(expires, sizeof(expires), "%.*s", (int)expire, letters);
    world_add_messages(count - world.storage->count);
    world.rules.brake = (struct maildrop_brake){.percent = 50, .messages = 20};
    world.policies[0].expires = expires;
    world_want(OPEN);
    world_login();
    assert_int_equal(maildrop_counts(world.maildrop)->is_braked, maildrop_view(world.maildrop)->count == count);
    assert_int_equal(world_quit(), RESTANTE_OK);
    size_t left = strlen(world_mail());
    assert_true(left == count || left == count - expire);
    return left < count;
}

static void twenty_of_twenty_one_go(void **state)
{
    (void)state;
    assert_true(goes(21, 20)); /* not more than 20 messages */
}

static void twenty_one_of_twenty_one_stay(void **state)
{
    (void)state;
    assert_false(goes(21, 21));
}

static void twenty_one_of_forty_two_go(void **state)
{
    (void)state;
    assert_true(goes(42, 21)); /* not more than half */
}

static void twenty_one_of_forty_one_stay(void **state)
{
    (void)state;
    unit_log_begin();
    assert_false(goes(41, 21));
    assert_int_equal(unit_log_end(), 1);
    assert_true(unit_log_has("event=brake"));
    assert_true(unit_log_has("user=alice"));
    assert_true(unit_log_has("expire=21 messages=41"));
    assert_true(unit_log_has("policy=first"));
    assert_true(unit_log_has("rule=line 1"));
    assert_true(unit_log_has("restante expire --user alice --force"));
    /* approved */
    world.is_forced = true;
    world_login();
    assert_int_equal(maildrop_view(world.maildrop)->count, 20);
    world_quit();
    assert_int_equal(strlen(world_mail()), 20);
}

static void the_brake_counts_no_deles_and_nothing_fetched(void **state)
{
    (void)state;
    world_add_messages(40);
    world.rules.brake = (struct maildrop_brake){.percent = 50, .messages = 20};
    world.policies[0].expires = "abcdefghijklmnopqrst"; /* 20 */
    world.policies[0].expires_retrieved = true;
    world_want(OPEN | QUIT);
    world_login();
    for (size_t i = 0; i < 10; i++)
        world_dele((char[]){letters[20 + i], 0});
    for (size_t i = 10; i < 24; i++)
        world_retr((char[]){letters[20 + i], 0});
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "");
}

static void the_brake_counts_open_and_quit_together(void **state)
{
    (void)state;
    world_add_messages(36);
    world.rules.brake = (struct maildrop_brake){.percent = 50, .messages = 20};
    world.policies[0].expires = "abcdefghijk";          /* 11 */
    world.policies[1].expires_at_quit = "ABCDEFGHIJ"; /* 10; 21 of 40 */
    world_want(OPEN | QUIT);
    world_login();
    assert_int_equal(strlen(world_shown()), 29);
    world_dele("z");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(strlen(world_mail()), 39); /* the client's own goes */
    world.policies[1].expires_at_quit = "ABCDEFGHI"; /* 20 of 39 */
    world_look();
    assert_int_equal(strlen(world_mail()), 19);
}

static void the_brake_lets_go_what_was_set_aside(void **state)
{
    (void)state;
    world_add_messages(36);
    world.rules.brake = (struct maildrop_brake){.percent = 50, .messages = 20};
    world_want(OPEN);
    world_login();
    for (size_t i = 0; i < 10; i++)
        world_dele_but((char[]){letters[i], 0}, RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.session.now_s += 1;
    world.policies[0].expires_everything = true;
    world_login();
    assert_int_equal(strlen(world_shown()), 30); /* braked: they stay visible */
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(strlen(world_mail()), 30);
}

/* --- what else stops rules ------------------------------------------------------------------------------------- */

/* "a" is set aside and over, "b" expires, "c" is deleted by the client. */
static void prepare(void)
{
    world_want(OPEN | QUIT);
    world_login();
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.session.now_s += 2;
    world.policies[0].expires = "b";
    world.policies[0].expires_at_quit = "d";
}

static void rules_are_stopped_and_deles_are_not(const char *text)
{
    unit_log_begin();
    world_login();
    assert_string_equal(world_shown(), "bcd");
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_OK);
    size_t lines = unit_log_end();
    assert_string_equal(world_mail(), "abd");
    assert_true(unit_log_has(text));
    assert_int_equal(lines, 1); /* once a session */
}

static void all_three_go(void)
{
    world_login();
    assert_string_equal(world_shown(), "cd");
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "");
}

static void nothing_speaks_against_it(void **state)
{
    (void)state;
    prepare();
    all_three_go();
}

static void a_clock_that_cannot_be_trusted_stops_rules(void **state)
{
    (void)state;
    prepare();
    world.rules.clock_guard.is_unknown = true;
    rules_are_stopped_and_deles_are_not("restante expire --all --force");
}

static void the_log_names_the_rule_of_the_first_message(void **state)
{
    (void)state;
    world.rules.brake = (struct maildrop_brake){.percent = 50, .messages = 2};
    world.policies[0].expires = "cd";
    world.policies[1].expires = "b";
    world_want(OPEN);
    unit_log_begin();
    world_look();
    assert_int_equal(unit_log_end(), 1);
    assert_true(unit_log_has("policy=second"));
    assert_true(unit_log_has("rule=line 2"));
}

/* That needs another guard: of all maildrops. */
static void force_approves_no_clock(void **state)
{
    struct maildrop_outlook outlook;
    (void)state;
    prepare();
    world.rules.clock_guard.is_unknown = true;
    world.is_forced = true;
    rules_are_stopped_and_deles_are_not("restante expire --all --force");
    world.is_read_only = true; /* what would be, with a right clock */
    world_login();
    maildrop_outlook(world.maildrop, 1, &outlook);
    assert_true(outlook.is_going);
}

static void what_was_set_aside_does_not_go_by_a_wrong_clock(void **state)
{
    struct maildrop_outlook outlook;
    (void)state;
    prepare();
    world.policies[0].expires = world.policies[0].expires_at_quit = "";
    world.rules.clock_guard.is_unknown = true;
    world_login();
    maildrop_outlook(world.maildrop, 0, &outlook);
    assert_true(outlook.is_set_aside && !outlook.is_going);
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
    world.rules.clock_guard.is_unknown = false;
    world_login();
    maildrop_outlook(world.maildrop, 0, &outlook);
    assert_true(outlook.is_going);
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "bcd");
}

static void a_clock_that_jumps_during_the_session_stops_rules(void **state)
{
    (void)state;
    prepare();
    world_login();
    assert_string_equal(world_shown(), "cd");
    world.rules.clock_guard.base_s += 100 * 86400; /* it is far behind now */
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abd");
    assert_string_equal(world_journal(), "set aside a,removed c,");
}

/* What is remembered now decides later: times of a wrong clock are no times. */
static void session_at(const char *uidl)
{
    world_want(OPEN);
    world_login();
    world_retr("d");
    world_dele_but(uidl, RESTANTE_SET_ASIDE, WORLD_NOW + 10);
    assert_int_equal(world_quit(), RESTANTE_OK);
}

static void a_wrong_clock_gives_no_times(void **state)
{
    (void)state;
    session_at("a");
    struct restante_ledger *ledger = world_ledger();
    assert_int_equal(ledger_find(ledger, "d")->retrieved_count, 1);
    ledger_close(&ledger);
    assert_int_equal(world_marks("a").set_aside_until_s, WORLD_NOW + 10);
    world.rules.clock_guard.is_unknown = true;
    session_at("b");
    ledger = world_ledger();
    assert_int_equal(ledger_find(ledger, "d")->retrieved_count, 1); /* not counted */
    ledger_close(&ledger);
    assert_int_equal(world_marks("b").set_aside_s, 0);
    assert_int_equal(world_marks("b").hidden_s, WORLD_NOW);
    assert_string_equal(world_journal(), "set aside a,hidden b,");
    assert_int_equal(world_entry("b")->until_s, 0);
    world.rules.clock_guard.is_unknown = false;
    world.session.now_s += 1000;
    world_look();
    assert_string_equal(world_mail(), "bcd");
}

static void damage(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/ledger", world.directory);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, 12), 1);
    close(fd);
}

static void a_damaged_ledger_stops_rules_for_ever(void **state)
{
    (void)state;
    prepare();
    damage();
    world_look(); /* finds out; what was set aside is shown, for nobody knows that it was */
    assert_string_equal(world_mail(), "abcd");
    world_login();
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.is_forced = true; /* is no approval of that */
    rules_are_stopped_and_deles_are_not("the ledger of this maildrop was damaged");
}

static void a_policy_that_fails_at_open_stops_the_rules_of_all(void **state)
{
    (void)state;
    prepare();
    world.policies[1].fails_open = true; /* it may have wanted to hold them */
    rules_are_stopped_and_deles_are_not("event=policy_failed");
}

static void a_policy_that_fails_at_quit_stops_its_own(void **state)
{
    (void)state;
    prepare();
    world.policies[1].expires_at_quit = "c";
    world.policies[1].fails_quit = true;
    world_look();
    assert_string_equal(world_mail(), "c");
}

static void without_rules_marks_hide_and_nothing_goes(void **state)
{
    (void)state;
    prepare();
    world.rules = (struct maildrop_rules){.brake = {.percent = 100}};
    world_login();
    assert_string_equal(world_shown(), "bcd");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(twenty_of_twenty_one_go),
        WORLD_TEST(twenty_one_of_twenty_one_stay),
        WORLD_TEST(twenty_one_of_forty_two_go),
        WORLD_TEST(twenty_one_of_forty_one_stay),
        WORLD_TEST(the_log_names_the_rule_of_the_first_message),
        WORLD_TEST(the_brake_counts_no_deles_and_nothing_fetched),
        WORLD_TEST(the_brake_counts_open_and_quit_together),
        WORLD_TEST(the_brake_lets_go_what_was_set_aside),
        WORLD_TEST(nothing_speaks_against_it),
        WORLD_TEST(a_clock_that_cannot_be_trusted_stops_rules),
        WORLD_TEST(force_approves_no_clock),
        WORLD_TEST(what_was_set_aside_does_not_go_by_a_wrong_clock),
        WORLD_TEST(a_clock_that_jumps_during_the_session_stops_rules),
        WORLD_TEST(a_wrong_clock_gives_no_times),
        WORLD_TEST(a_damaged_ledger_stops_rules_for_ever),
        WORLD_TEST(a_policy_that_fails_at_open_stops_the_rules_of_all),
        WORLD_TEST(a_policy_that_fails_at_quit_stops_its_own),
        WORLD_TEST(without_rules_marks_hide_and_nothing_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
