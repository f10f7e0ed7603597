/*
 * tests/unit/test_ledger_marks.c - marks and the policies' store: what was synced is there again, through compaction
 * too; a ledger without them is as it always was; a limit is a limit on disk as in memory.
 */
#include "ledger_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ledger/ledger_line.h"
#include "ledger/ledger_store.h"
#include "util/log.h"

/* Written, closed and opened again. */
static void again(struct restante_ledger **ledger)
{
    ledger_box_sync(*ledger);
    ledger_close(ledger);
    *ledger = ledger_box_open(false);
    assert_false(ledger_is_damaged(*ledger));
}

static const struct ledger_marks *marks_of(const struct restante_ledger *ledger, const char *uidl)
{
    return ledger_marks(ledger, ledger_find(ledger, uidl));
}

static void assert_unmarked(const struct ledger_marks *marks)
{
    assert_int_equal(marks->hidden_s, 0);
    assert_null(marks->hidden_rule);
    assert_int_equal(marks->set_aside_s, 0);
    assert_int_equal(marks->set_aside_until_s, 0);
    assert_null(marks->set_aside_rule);
}

static void marks_are_remembered(void **state)
{
    (void)state;
    struct restante_ledger *ledger = ledger_box_open(false);
    ledger_put_hidden(ledger, "hidden", 100, "retention, open, line 3: older than 7d");
    ledger_put_set_aside(ledger, "aside", 200, 900, "keep, dele, line 9");
    ledger_put_hidden(ledger, "both", 300, "one");
    ledger_put_set_aside(ledger, "both", 400, 401, "other");
    ledger_put_retrieved(ledger, "both", 250);
    ledger_put_first_seen(ledger, "plain", 1);
    for (int i = 0; i < 2; i++, again(&ledger)) {
        assert_int_equal(marks_of(ledger, "hidden")->hidden_s, 100);
        assert_string_equal(marks_of(ledger, "hidden")->hidden_rule, "retention, open, line 3: older than 7d");
        assert_int_equal(marks_of(ledger, "hidden")->set_aside_s, 0);
        assert_int_equal(marks_of(ledger, "aside")->set_aside_s, 200);
        assert_int_equal(marks_of(ledger, "aside")->set_aside_until_s, 900);
        assert_string_equal(marks_of(ledger, "aside")->set_aside_rule, "keep, dele, line 9");
        assert_int_equal(marks_of(ledger, "aside")->hidden_s, 0);
        assert_int_equal(marks_of(ledger, "both")->hidden_s, 300);
        assert_string_equal(marks_of(ledger, "both")->hidden_rule, "one");
        assert_int_equal(marks_of(ledger, "both")->set_aside_until_s, 401);
        assert_string_equal(marks_of(ledger, "both")->set_aside_rule, "other");
        assert_int_equal(ledger_find(ledger, "both")->retrieved_count, 1);
        assert_unmarked(marks_of(ledger, "plain"));
        assert_unmarked(marks_of(ledger, "unknown"));
    }
    ledger_close(&ledger);
}

static void marks_are_taken_away(void **state)
{
    (void)state;
    struct restante_ledger *ledger = ledger_box_open(false);
    ledger_put_hidden(ledger, "a", 100, "r");
    ledger_put_set_aside(ledger, "a", 200, 900, "s");
    ledger_put_set_aside(ledger, "b", 200, 900, "s");
    again(&ledger);
    ledger_put_hidden(ledger, "a", 0, NULL);
    ledger_put_set_aside(ledger, "b", 0, 7, NULL);
    ledger_put_hidden(ledger, "never", 0, NULL);
    assert_int_equal(ledger_marked(ledger), 1);
    for (int i = 0; i < 2; i++, again(&ledger)) {
        assert_int_equal(marks_of(ledger, "a")->hidden_s, 0);
        assert_null(marks_of(ledger, "a")->hidden_rule);
        assert_int_equal(marks_of(ledger, "a")->set_aside_s, 200);
        assert_unmarked(marks_of(ledger, "b"));
    }
    assert_int_equal(ledger_marked(ledger), 1);
    /* What is removed takes its marks along, and its place is another's. */
    ledger_put_removed(ledger, "a");
    ledger_put_hidden(ledger, "c", 5, "t");
    for (int i = 0; i < 2; i++, again(&ledger)) {
        assert_null(ledger_find(ledger, "a"));
        assert_int_equal(ledger_marked(ledger), 1);
        assert_int_equal(marks_of(ledger, "c")->hidden_s, 5);
        assert_int_equal(marks_of(ledger, "c")->set_aside_s, 0);
    }
    ledger_close(&ledger);
}

static void the_same_mark_again_writes_nothing(void **state)
{
    (void)state;
    char before[4096], after[4096];
    struct restante_ledger *ledger = ledger_box_open(false);
    assert_false(ledger_is_changed(ledger));
    ledger_put_hidden(ledger, "a", 100, "r");
    ledger_put_set_aside(ledger, "a", 200, 900, "s");
    assert_true(ledger_store_put(ledger, "p", "n", "v"));
    assert_true(ledger_is_changed(ledger));
    ledger_box_sync(ledger);
    assert_false(ledger_is_changed(ledger));
    size_t length = ledger_box_read(before, sizeof(before));
    ledger_put_hidden(ledger, "a", 100, "r");
    ledger_put_set_aside(ledger, "a", 200, 900, "s");
    ledger_put_hidden(ledger, "b", -1, "r");
    assert_true(ledger_store_put(ledger, "p", "n", "v"));
    assert_true(ledger_store_put(ledger, "p", "none", NULL));
    assert_false(ledger_is_changed(ledger));
    ledger_box_sync(ledger);
    assert_int_equal(ledger_box_read(after, sizeof(after)), length);
    ledger_put_set_aside(ledger, "a", 200, 901, "s");
    assert_true(ledger_is_changed(ledger));
    ledger_close(&ledger);
}

static void a_rule_of_any_text_marks(void **state)
{
    (void)state;
    char rule[LEDGER_RULE_MAX + 100];
    struct restante_ledger *ledger = ledger_box_open(false);
    memset(rule, 'r', sizeof(rule) - 1);
    rule[sizeof(rule) - 1] = '\0';
    rule[0] = '\n';
    rule[1] = '\xff';
    ledger_put_hidden(ledger, "a", INT64_MAX, rule);
    ledger_put_set_aside(ledger, "a", INT64_MAX, INT64_MAX, NULL);
    char uidl[71];
    memset(uidl, '~', 70);
    uidl[70] = '\0';
    ledger_put_set_aside(ledger, uidl, INT64_MAX, INT64_MAX, rule);
    again(&ledger);
    assert_int_equal(strlen(marks_of(ledger, "a")->hidden_rule), LEDGER_RULE_MAX);
    assert_memory_equal(marks_of(ledger, "a")->hidden_rule, "??rrr", 5);
    assert_string_equal(marks_of(ledger, "a")->set_aside_rule, "");
    assert_int_equal(marks_of(ledger, uidl)->set_aside_until_s, INT64_MAX);
    ledger_close(&ledger);
}

static void compaction_keeps_marks_and_store(void **state)
{
    (void)state;
    char whole[65536], rule[32], uidl[32];
    struct restante_ledger *ledger = ledger_box_open(false);
    for (int i = 0; i < 40; i++) {
        snprintf(uidl, sizeof(uidl), "marked-%d", i);
        snprintf(rule, sizeof(rule), "rule %d", i);
        ledger_put_hidden(ledger, uidl, 10 + i, rule);
        if (i % 2)
            ledger_put_set_aside(ledger, uidl, 20 + i, 30 + i, rule);
        if (i % 4 == 3)
            ledger_put_hidden(ledger, uidl, 0, NULL);
    }
    assert_true(ledger_store_put(ledger, "p", "kept", "a value"));
    size_t largest = 0, length = 0;
    for (int i = 0; i < 400; i++) {
        ledger_put_retrieved(ledger, "marked-0", 1);
        snprintf(rule, sizeof(rule), "%d", i);
        assert_true(ledger_store_put(ledger, "p", "count", rule));
        ledger_box_sync(ledger);
        length = ledger_box_read(whole, sizeof(whole));
        largest = length > largest ? length : largest;
    }
    assert_true(length < largest); /* it was made anew, and so was the store's part of it */
    again(&ledger);
    for (int i = 0; i < 40; i++) {
        snprintf(uidl, sizeof(uidl), "marked-%d", i);
        snprintf(rule, sizeof(rule), "rule %d", i);
        const struct ledger_marks *marks = marks_of(ledger, uidl);
        assert_int_equal(marks->hidden_s, i % 4 == 3 ? 0 : 10 + i);
        assert_int_equal(marks->set_aside_s, i % 2 ? 20 + i : 0);
        assert_int_equal(marks->set_aside_until_s, i % 2 ? 30 + i : 0);
        assert_true(i % 4 == 3 || strcmp(marks->hidden_rule, rule) == 0);
        assert_true(i % 2 == 0 || strcmp(marks->set_aside_rule, rule) == 0);
    }
    assert_int_equal(ledger_find(ledger, "marked-0")->retrieved_count, 400);
    assert_string_equal(ledger_store_get(ledger, "p", "kept"), "a value");
    assert_string_equal(ledger_store_get(ledger, "p", "count"), "399");
    ledger_close(&ledger);
}

static void a_store_keeps_policies_apart(void **state)
{
    (void)state;
    struct restante_ledger *ledger = ledger_box_open(false);
    assert_null(ledger_store_get(ledger, "one", "name"));
    assert_true(ledger_store_put(ledger, "one", "name", "1"));
    assert_true(ledger_store_put(ledger, "A File With Blanks", "name", "a b  c "));
    assert_true(ledger_store_put(ledger, "one", "gone", "x"));
    again(&ledger);
    assert_true(ledger_store_put(ledger, "one", "gone", NULL));
    assert_true(ledger_store_put(ledger, "one", "never-written", "y"));
    assert_true(ledger_store_put(ledger, "one", "never-written", ""));
    for (int i = 0; i < 2; i++, again(&ledger)) {
        assert_string_equal(ledger_store_get(ledger, "one", "name"), "1");
        assert_string_equal(ledger_store_get(ledger, "A File With Blanks", "name"), "a b  c ");
        assert_null(ledger_store_get(ledger, "one", "gone"));
        assert_null(ledger_store_get(ledger, "one", "never-written"));
        assert_null(ledger_store_get(ledger, "two", "name"));
    }
    ledger_close(&ledger);
}

static void a_store_refuses_what_cannot_be_written(void **state)
{
    (void)state;
    char text[300];
    struct restante_ledger *ledger = ledger_box_open(false);
    memset(text, 'x', sizeof(text));
    text[256] = '\0';
    assert_false(ledger_store_put(ledger, "p", "n", text));
    assert_false(ledger_store_put(ledger, "p", "n", "a\nb"));
    assert_false(ledger_store_put(ledger, "p", "n", "a\tb"));
    assert_false(ledger_store_put(ledger, "p", "n", "\xff"));
    text[65] = '\0';
    assert_false(ledger_store_put(ledger, "p", text, "v"));
    assert_false(ledger_store_put(ledger, "p", "", "v"));
    assert_false(ledger_store_put(ledger, "p", "Name", "v"));
    text[64] = '\0';
    assert_false(ledger_store_put(ledger, text, "n", "v"));
    assert_false(ledger_store_put(ledger, "", "n", "v"));
    assert_false(ledger_store_put(ledger, "a\tb", "n", "v"));
    assert_false(ledger_is_changed(ledger));
    char longest[256];
    memset(longest, 'v', 255);
    longest[255] = '\0';
    assert_true(ledger_store_put(ledger, text + 1, text, longest));
    again(&ledger);
    assert_string_equal(ledger_store_get(ledger, text + 1, text), longest);
    ledger_close(&ledger);
    assert_false(ledger_store_put(NULL, "p", "n", "v"));
    assert_null(ledger_store_get(NULL, "p", "n"));
}

static void a_store_has_limits(void **state)
{
    (void)state;
    char name[32];
    struct restante_ledger *ledger = ledger_box_open(false);
    for (int i = 0; i < LEDGER_STORE_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        assert_true(ledger_store_put(ledger, "first", name, "v"));
    }
    assert_false(ledger_store_put(ledger, "first", "one-more", "v"));
    for (int i = 1; i < LEDGER_STORE_POLICIES_MAX; i++) {
        snprintf(name, sizeof(name), "policy %d", i);
        assert_true(ledger_store_put(ledger, name, "n", "v"));
    }
    assert_false(ledger_store_put(ledger, "one more", "n", "v"));
    again(&ledger);
    assert_false(ledger_store_put(ledger, "first", "one-more", "v"));
    assert_false(ledger_store_put(ledger, "one more", "n", "v"));
    /* One goes, another comes: the file says so in an order that keeps the limits. */
    assert_true(ledger_store_put(ledger, "first", "n63", NULL));
    assert_true(ledger_store_put(ledger, "first", "one-more", "w"));
    assert_true(ledger_store_put(ledger, "policy 63", "n", NULL));
    assert_true(ledger_store_put(ledger, "one more", "n", "x"));
    assert_false(ledger_store_put(ledger, "first", "n63", "v"));
    assert_false(ledger_store_put(ledger, "policy 63", "n", "v"));
    again(&ledger);
    assert_null(ledger_store_get(ledger, "first", "n63"));
    assert_string_equal(ledger_store_get(ledger, "first", "one-more"), "w");
    assert_null(ledger_store_get(ledger, "policy 63", "n"));
    assert_string_equal(ledger_store_get(ledger, "one more", "n"), "x");
    ledger_close(&ledger);
}

/* A policy may put for each of a client's commands. */
static void a_thousand_puts_are_one_line(void **state)
{
    (void)state;
    char whole[4096], value[32];
    struct restante_ledger *ledger = ledger_box_open(false);
    for (int i = 0; i < 1000; i++) {
        snprintf(value, sizeof(value), "%d", i);
        assert_true(ledger_store_put(ledger, "p", "count", value));
        snprintf(value, sizeof(value), "name-%d", i);
        assert_true(ledger_store_put(ledger, "p", value, "x"));
        assert_true(ledger_store_put(ledger, "p", value, NULL));
    }
    again(&ledger);
    assert_string_equal(ledger_store_get(ledger, "p", "count"), "999");
    size_t length = ledger_box_read(whole, sizeof(whole)), lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += whole[i] == '\n';
    assert_int_equal(lines, 2);
    ledger_close(&ledger);
}

/* As an earlier version of this program wrote it, octet by octet. */
static void a_ledger_of_the_version_before_is_read(void **state)
{
    (void)state;
    static const char before[] =
        "2817c720 restante-ledger 1\n"
        "3b08d872 seen 1000 one\n"
        "e43590c9 note one copy 2 of a b\n"
        "3e63ec47 retrieved 2000 1 two\n"
        "e467d359 seen 3000 three\n"
        "d95b4339 removed three\n";
    char whole[4096];
    ledger_box_write(before, sizeof(before) - 1);
    struct restante_ledger *ledger = ledger_box_open(false);
    assert_false(ledger_is_damaged(ledger));
    assert_int_equal(ledger_find(ledger, "one")->first_seen_s, 1000);
    assert_string_equal(ledger_find(ledger, "one")->note, "copy 2 of a b");
    assert_int_equal(ledger_find(ledger, "two")->first_retrieved_s, 2000);
    assert_null(ledger_find(ledger, "three"));
    assert_unmarked(marks_of(ledger, "one"));
    /* Nothing new in it: it stays readable to that version. */
    ledger_put_retrieved(ledger, "one", 3000);
    ledger_box_sync(ledger);
    size_t length = ledger_box_read(whole, sizeof(whole));
    assert_memory_equal(whole, before, sizeof(before) - 1);
    assert_non_null(strstr(whole, " retrieved 3000 1 one\n"));
    /* Something new: a record that it does not know, for which it refuses the file. */
    ledger_put_hidden(ledger, "one", 4000, "why");
    again(&ledger);
    assert_true(ledger_box_read(whole, sizeof(whole)) > length);
    assert_non_null(strstr(whole, " hidden 4000 one why\n"));
    assert_int_equal(marks_of(ledger, "one")->hidden_s, 4000);
    ledger_close(&ledger);
}

static void reading_only_marks_in_memory_alone(void **state)
{
    (void)state;
    struct restante_ledger *ledger = ledger_box_open(true);
    ledger_put_hidden(ledger, "a", 1, "r");
    assert_true(ledger_store_put(ledger, "p", "n", "v"));
    assert_int_equal(marks_of(ledger, "a")->hidden_s, 1);
    assert_string_equal(ledger_store_get(ledger, "p", "n"), "v");
    assert_false(ledger_is_changed(ledger));
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger"), 0);
}

static void without_a_state_directory_nothing_is_known(void **state)
{
    (void)state;
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    assert_int_equal(ledger_open(-1, true, &ledger, &error), RESTANTE_OK);
    assert_int_equal(ledger_marked(ledger), 0);
    ledger_put_hidden(ledger, "a", 1, "r");
    assert_int_equal(ledger_marked(ledger), 1);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_int_equal(ledger_open(-1, false, &ledger, &error), RESTANTE_TEMPORARY);
    assert_int_equal(ledger_marked(NULL), 0);
}

static void many_marks_are_found(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    char uidl[32];
    struct restante_ledger *ledger = ledger_box_open(false);
    for (int i = 0; i < MANY; i++) {
        snprintf(uidl, sizeof(uidl), "message-%d", i);
        ledger_put_set_aside(ledger, uidl, i + 1, i + 2, "retention, dele, line 40: set aside for 30 days");
    }
    again(&ledger);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(uidl, sizeof(uidl), "message-%d", i);
        assert_int_equal(marks_of(ledger, uidl)->set_aside_s, i + 1);
        if (i % 4)
            ledger_put_removed(ledger, uidl);
        else
            ledger_put_set_aside(ledger, uidl, 0, 0, NULL);
    }
    again(&ledger);
    size_t cursor = 0, marked = 0;
    const struct ledger_entry *entry;
    while ((entry = ledger_next(ledger, &cursor)))
        marked += ledger_marks(ledger, entry)->set_aside_until_s != 0;
    assert_int_equal(marked, MANY / 2);
    ledger_close(&ledger);
}

#define MARKS_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_box_make, ledger_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MARKS_TEST(marks_are_remembered),
        MARKS_TEST(marks_are_taken_away),
        MARKS_TEST(the_same_mark_again_writes_nothing),
        MARKS_TEST(a_rule_of_any_text_marks),
        MARKS_TEST(compaction_keeps_marks_and_store),
        MARKS_TEST(a_store_keeps_policies_apart),
        MARKS_TEST(a_store_refuses_what_cannot_be_written),
        MARKS_TEST(a_store_has_limits),
        MARKS_TEST(a_thousand_puts_are_one_line),
        MARKS_TEST(a_ledger_of_the_version_before_is_read),
        MARKS_TEST(reading_only_marks_in_memory_alone),
        MARKS_TEST(without_a_state_directory_nothing_is_known),
        MARKS_TEST(many_marks_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
