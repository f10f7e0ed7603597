/*
 * tests/unit/test_maildrop_rules.c - what policies' decisions and marks do to messages, each with its opposite: hold,
 * expire, hide, set aside.
 */
#include "maildrop_world.h"

#include <stdio.h>
#include <stdlib.h>

#define OPEN RESTANTE_EVENT(OPEN)
#define QUIT RESTANTE_EVENT(QUIT)

/* --- at OPEN --------------------------------------------------------------------------------------------------- */

static void what_expires_is_hidden_and_goes_with_quit(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "b";
    world_login();
    assert_string_equal(world_shown(), "acd");
    assert_string_equal(world_mail(), "abcd"); /* not yet */
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
    assert_int_equal(world_counts()->expired, 1);
    assert_int_equal(world_counts()->expired_octets, world_message("b")->octets);
    assert_int_equal(world_counts()->removed, 0);
    assert_int_equal(world_counts()->left, 3);
}

static void what_expires_goes_without_quit_and_deles_do_not(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "b";
    world_login();
    world_dele("c");
    world_retr("d");
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
    struct restante_ledger *ledger = world_ledger();
    assert_null(ledger_find(ledger, "d")); /* a download counts with QUIT */
    ledger_close(&ledger);
}

static void without_update_nothing_goes(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "b";
    world_login();
    world_dele("c");
    world_close();
    assert_string_equal(world_mail(), "abcd");
    assert_string_equal(world_journal(), "");
}

static void a_client_deletes_what_it_sees(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "a";
    world.policies[0].hides = "c";
    world_login();
    assert_string_equal(world_shown(), "bd");
    world_dele("d"); /* the client's second message, the driver's fourth */
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "bc");
    assert_int_equal(world_counts()->removed, 1);
    assert_int_equal(world_counts()->left, 1);
}

static void hiding_at_open_is_of_one_session(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[1].hides = "ad";
    world_login();
    assert_string_equal(world_shown(), "bc");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world_marks("a").hidden_s, 0);
    world.policies[1].hides = "";
    world_login();
    assert_string_equal(world_shown(), "abcd");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
}

static void hold_beats_expire_and_hide_of_others(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "abc";
    world.policies[0].hides = "d";
    world.policies[1].holds = "bd";
    world_login();
    assert_string_equal(world_shown(), "bd");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "bd");
}

static void a_refused_open_removes_nothing(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].expires = "ab";
    world.policies[1].answer = RESTANTE_REFUSE;
    world_login();
    assert_int_equal(world.answer.verdict.decision, RESTANTE_REFUSE);
    assert_int_equal(world_disconnect(), RESTANTE_OK); /* even if it were called */
    assert_string_equal(world_mail(), "abcd");
    world.policies[1].answer = RESTANTE_ALLOW;
    world_look();
    assert_string_equal(world_mail(), "cd");
}

static void nobody_is_asked_who_does_not_want_to_be(void **state)
{
    (void)state;
    world_want(RESTANTE_EVENT(RETR));
    world.policies[0].expires_everything = true;
    world_login();
    assert_string_equal(world_shown(), "abcd");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
    assert_int_equal(world.policies[0].asked, 0);
}

/* --- at QUIT --------------------------------------------------------------------------------------------------- */

static void what_was_fetched_may_expire_at_quit(void **state)
{
    (void)state;
    world_want(OPEN | QUIT);
    world.policies[0].expires_retrieved = true;
    world.policies[0].hides = "a";
    world.policies[1].holds = "d";
    world_login();
    world_retr("b");
    world_retr("d");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
    assert_int_equal(world_counts()->expired, 1);
    assert_int_equal(world_counts()->left, 2);
    struct restante_ledger *ledger = world_ledger();
    assert_null(ledger_find(ledger, "b"));
    assert_int_equal(ledger_find(ledger, "d")->retrieved_count, 1);
    ledger_close(&ledger);
    assert_string_equal(world_journal_policies(), "removed b first,");
}

static void without_quit_nobody_asks_about_it(void **state)
{
    (void)state;
    world_want(OPEN | QUIT);
    world.policies[0].hides = "a";
    world.policies[0].expires_retrieved = true;
    world_login();
    world_retr("b");
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
    assert_int_equal(world.policies[0].asked, 1); /* OPEN */
    assert_string_equal(world.storage->calls, "open,close,"); /* and there is nothing to commit */
}

static void look_at_quit(const struct restante_facts *facts)
{
    struct restante_message_facts message;
    assert_int_equal(facts->maildrop->count, 3);
    assert_int_equal(facts->maildrop->octets, 3 * world_message("a")->octets);
    assert_false(facts->maildrop->message(facts->maildrop, 0, &message));
    assert_false(facts->maildrop->message(facts->maildrop, 4, &message));
    assert_true(facts->maildrop->message(facts->maildrop, 2, &message));
    assert_string_equal(message.uidl, "c");
    assert_int_equal(message.number, 2);
    assert_true(message.is_deleted);
    assert_false(message.is_retrieved);
    assert_true(facts->maildrop->message(facts->maildrop, 3, &message));
    assert_string_equal(message.uidl, "d");
    assert_true(message.is_retrieved);
    assert_false(message.is_deleted);
    const char *value;
    assert_int_equal(message.header(&message, "message-id", &value, NULL), RESTANTE_OK);
    assert_string_equal(value, "<d@test>");
}

static void quit_sees_the_maildrop_as_the_client_does(void **state)
{
    (void)state;
    world_want(OPEN | QUIT);
    world.policies[0].hides = "b";
    world.policies[0].at_quit = look_at_quit;
    world_login();
    world_dele("c");
    world_retr("d");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world.policies[0].asked, 2);
    assert_string_equal(world_mail(), "abd");
}

/* --- marks ----------------------------------------------------------------------------------------------------- */

static void a_dele_may_hide(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("b", RESTANTE_HIDE, 0);
    world_dele("c");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world_counts()->hidden, 1);
    assert_int_equal(world_counts()->removed, 1);
    assert_int_equal(world_counts()->left, 2);
    assert_string_equal(world_mail(), "abd");
    assert_int_equal(world_marks("b").hidden_s, WORLD_NOW);
    assert_string_equal(world_journal_policies(), "hidden b first,removed c,");
    policy_stack_close(&world.stack); /* the mark needs no policy */
    world.session.now_s += 1000 * 86400;
    world_login();
    assert_string_equal(world_shown(), "ad");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abd");
}

static void a_dele_may_set_aside_until_a_time(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("b", RESTANTE_SET_ASIDE, WORLD_NOW + 10);
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world_counts()->set_aside, 1);
    assert_int_equal(world_counts()->left, 3);
    world.session.now_s = WORLD_NOW + 9;
    world_login();
    assert_string_equal(world_shown(), "acd");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
    world.session.now_s = WORLD_NOW + 10; /* over, to the second */
    world_login();
    assert_string_equal(world_shown(), "acd");
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
    assert_int_equal(world_counts()->expired, 1);
    assert_string_equal(world_journal_policies(), "set aside b first,removed b set aside,");
    assert_string_equal(world_entry("b")->reason, "first, dele, line 9: not yet");
}

static void look_at_marks(const struct restante_facts *facts)
{
    struct restante_message_facts message;
    assert_int_equal(facts->maildrop->count, 4);
    assert_true(facts->maildrop->message(facts->maildrop, 1, &message));
    assert_int_equal(message.hidden_since_s, WORLD_NOW);
    assert_int_equal(message.set_aside_until_s, 0);
    assert_int_equal(message.delivered_s, WORLD_NOW - 86400);
    assert_true(facts->maildrop->message(facts->maildrop, 2, &message));
    assert_int_equal(message.set_aside_until_s, WORLD_NOW + 100);
    assert_int_equal(message.hidden_since_s, 0);
    assert_int_equal(message.first_retrieved_s, WORLD_NOW);
    assert_int_equal(message.retrieved_count, 1);
    const char *value = "";
    assert_int_equal(message.header(&message, "Message-ID", &value, NULL), RESTANTE_OK);
    assert_string_equal(value, "<b@test>");
    assert_int_equal(message.header(&message, "Subject", &value, NULL), RESTANTE_OK);
    assert_null(value);
    assert_true(facts->maildrop->message(facts->maildrop, 3, &message));
    assert_int_equal(message.set_aside_until_s, 0);
    assert_int_equal(message.retrieved_count, 0);
}

static void open_sees_what_is_marked_and_a_restored_one_has_its_place(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_retr("b"); /* the download counts although it is set aside then */
    world_dele_but("b", RESTANTE_SET_ASIDE, WORLD_NOW + 100);
    world_dele_but("a", RESTANTE_HIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.policies[1].at_open = look_at_marks;
    world_login();
    assert_string_equal(world_shown(), "cd");
    struct restante_ledger *ledger = maildrop_ledger(world.maildrop);
    ledger_put_set_aside(ledger, "b", 0, 0, "");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world.policies[1].asked, 2);
    world.policies[1].at_open = NULL;
    world_login();
    assert_string_equal(world_shown(), "bcd");
    world_dele("b");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
}

static void a_set_aside_without_a_time_never_ends(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("b", RESTANTE_SET_ASIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world_marks("b").hidden_s, WORLD_NOW);
    assert_int_equal(world_marks("b").set_aside_s, 0);
}

static void rset_and_a_lost_connection_forget_marks(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("b", RESTANTE_HIDE, 0);
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    assert_int_equal(world_marks("b").hidden_s, 0);
    world_login();
    world_dele_but("b", RESTANTE_HIDE, 0);
    world_dele_but("c", RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    maildrop_unmark_all(world.maildrop);
    world.fates[2] = RESTANTE_KEEP; /* "c"; and "b" is deleted again, this time for good */
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
    assert_int_equal(world_counts()->hidden + world_counts()->set_aside, 0);
}

static void a_mark_of_what_is_not_deleted_does_nothing(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("b", RESTANTE_HIDE, 0);
    world_dele_but("d", RESTANTE_ALLOW, 0); /* nothing against it */
    world.fates[1] = RESTANTE_KEEP;
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abc");
    assert_int_equal(world_marks("b").hidden_s, 0);
}

/* --- hold ------------------------------------------------------------------------------------------------------ */

static void a_dele_of_what_is_held_waits_for_the_hold_to_end(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[1].holds = "bc";
    world_login();
    world_dele("b");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_int_equal(world_counts()->removed, 0);
    assert_int_equal(world_counts()->set_aside, 1);
    assert_string_equal(world_mail(), "abcd");
    assert_int_equal(world_marks("b").set_aside_until_s, WORLD_NOW);
    for (unsigned i = 1; i < 3; i++) { /* held on */
        world.session.now_s = WORLD_NOW + i * 86400;
        world_login();
        assert_string_equal(world_shown(), "acd");
        assert_int_equal(world_quit(), RESTANTE_OK);
        assert_string_equal(world_mail(), "abcd");
    }
    world.policies[1].holds = "c";
    world_login();
    assert_string_equal(world_shown(), "acd");
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    assert_string_equal(world_mail(), "acd");
    assert_string_equal(world_journal_policies(), "set aside b second,removed b set aside,");
}

static void a_hold_keeps_what_is_marked_already(void **state)
{
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    world_dele_but("b", RESTANTE_HIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.session.now_s += 5;
    world.policies[0].expires = "ab";
    world.policies[1].holds = "ab";
    world_login();
    assert_string_equal(world_shown(), "cd");
    assert_int_equal(world_quit(), RESTANTE_OK);
    assert_string_equal(world_mail(), "abcd");
    world.policies[1].holds = "";
    world_look();
    assert_string_equal(world_mail(), "cd");
}

/* --- the store, and looking on --------------------------------------------------------------------------------- */

static void count_visits(const struct restante_facts *facts)
{
    const char *visits = facts->store->get(facts->store, "visits");
    char next[32];
    snprintf(next, sizeof(next), "%d", visits ? (int)strtol(visits, NULL, 10) + 1 : 1);
    assert_true(facts->store->put(facts->store, "visits", next));
}

static void a_store_lasts_however_the_session_ends(void **state)
{
    (void)state;
    world_want(OPEN);
    world.policies[0].at_open = count_visits;
    world_look();
    world_login();
    assert_int_equal(world_disconnect(), RESTANTE_OK);
    world.policies[0].answer = RESTANTE_REFUSE;
    world_login();
    assert_int_equal(maildrop_save(world.maildrop, &world.error), RESTANTE_OK);
    world_close();
    world_login();
    world_close(); /* not saved */
    struct restante_ledger *ledger = world_ledger();
    assert_string_equal(ledger_store_get(ledger, "first", "visits"), "3");
    assert_null(ledger_store_get(ledger, "second", "visits"));
    ledger_close(&ledger);
}

static void an_outlook_says_what_would_happen(void **state)
{
    struct maildrop_outlook outlook;
    (void)state;
    world_want(OPEN);
    world_login();
    world_dele_but("a", RESTANTE_SET_ASIDE, WORLD_NOW + 1);
    world_dele_but("b", RESTANTE_HIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    world.session.now_s += 1;
    world.policies[0].expires = "c";
    world.policies[1].holds = "d";
    world.is_read_only = true;
    world_login();
    assert_int_equal(maildrop_listed(world.maildrop), 4);
    assert_string_equal(maildrop_listed_uidl(world.maildrop, 2), "c");
    maildrop_outlook(world.maildrop, 0, &outlook);
    assert_true(outlook.is_going && outlook.is_set_aside && !outlook.is_shown && !outlook.is_hidden);
    maildrop_outlook(world.maildrop, 1, &outlook);
    assert_true(!outlook.is_going && !outlook.is_set_aside && !outlook.is_shown && outlook.is_hidden);
    assert_string_equal(outlook.policy, "");
    maildrop_outlook(world.maildrop, 2, &outlook);
    assert_true(outlook.is_going && !outlook.is_shown && outlook.decision == RESTANTE_EXPIRE);
    assert_string_equal(outlook.policy, "first");
    assert_string_equal(outlook.rule, "line 1");
    assert_string_equal(outlook.reason, "reason 1");
    maildrop_outlook(world.maildrop, 3, &outlook);
    assert_true(!outlook.is_going && outlook.is_shown && outlook.decision == RESTANTE_HOLD);
    assert_int_equal(world_disconnect(), RESTANTE_PERMANENT);
    assert_string_equal(world_mail(), "abcd");
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_expires_is_hidden_and_goes_with_quit),
        WORLD_TEST(what_expires_goes_without_quit_and_deles_do_not),
        WORLD_TEST(without_update_nothing_goes),
        WORLD_TEST(a_client_deletes_what_it_sees),
        WORLD_TEST(hiding_at_open_is_of_one_session),
        WORLD_TEST(hold_beats_expire_and_hide_of_others),
        WORLD_TEST(a_refused_open_removes_nothing),
        WORLD_TEST(nobody_is_asked_who_does_not_want_to_be),
        WORLD_TEST(what_was_fetched_may_expire_at_quit),
        WORLD_TEST(without_quit_nobody_asks_about_it),
        WORLD_TEST(quit_sees_the_maildrop_as_the_client_does),
        WORLD_TEST(a_dele_may_hide),
        WORLD_TEST(a_dele_may_set_aside_until_a_time),
        WORLD_TEST(open_sees_what_is_marked_and_a_restored_one_has_its_place),
        WORLD_TEST(a_set_aside_without_a_time_never_ends),
        WORLD_TEST(rset_and_a_lost_connection_forget_marks),
        WORLD_TEST(a_mark_of_what_is_not_deleted_does_nothing),
        WORLD_TEST(a_dele_of_what_is_held_waits_for_the_hold_to_end),
        WORLD_TEST(a_hold_keeps_what_is_marked_already),
        WORLD_TEST(a_store_lasts_however_the_session_ends),
        WORLD_TEST(an_outlook_says_what_would_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
