/*
 * Rows of a command table: arguments are counted strictly, TLS flags hold, and what a client sent never comes back.
 */
#include "unit.h"

#include "pop3/command.h"

static char seen[300];

static void record(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    size_t used = 0;
    (void)session;
    for (size_t i = 0; i < arguments->count; i++) {
        seen[used++] = '[';
        memcpy(seen + used, arguments->list[i].text, arguments->list[i].length);
        used += arguments->list[i].length;
        seen[used++] = ']';
    }
    seen[used] = '\0';
    outcome_ok(outcome, "done");
}

static const struct command table[] = {
    {"NONE", record, 0, 0, 0, NULL, NULL},
    {"MAY", record, 0, 1, 0, NULL, NULL},
    {"TWO", record, 2, 2, 0, NULL, NULL},
    {"REST", record, 1, 1, COMMAND_REST, NULL, NULL},
    {"KEY", record, 0, 1, COMMAND_SENDS_SECRET, NULL, NULL},
    {"TLS", record, 0, 0, COMMAND_STARTS_TLS, NULL, NULL},
    {"WEB", record, 0, 1, COMMAND_REST | COMMAND_FOREIGN, NULL, NULL},
    {0},
};

static void run(const struct authorization_facts *facts, enum line_result result, const char *text,
                struct outcome *outcome)
{
    struct command_argument line = {.text = text, .length = strlen(text)};
    memcpy(seen, "-", 2);
    command_run(table, facts, NULL, result, &line, outcome);
}

/* `expected`: what the handler got, "-" when it was not reached. */
static void check_with(const struct authorization_facts *facts, const char *text, const char *expected)
{
    struct outcome outcome;
    run(facts, LINE_READY, text, &outcome);
    assert_string_equal(seen, expected);
    assert_int_equal(outcome.kind, seen[0] == '-' ? OUTCOME_BAD : OUTCOME_OK);
}

static void check(const char *text, const char *expected)
{
    const struct authorization_facts facts = {.allows_plain = true};
    check_with(&facts, text, expected);
}

static void keywords_in_any_case(void **state)
{
    (void)state;
    check("NONE", "");
    check("none", "");
    check("NoNe", "");
    check("", "-");
    check(" NONE", "-");
    check("NON", "-");
    check("NONEX", "-");
    check("NONE\t", "-");
    check("XYZZY", "-");
}

static void arguments_are_counted(void **state)
{
    (void)state;
    check("NONE ", "-");
    check("NONE x", "-");
    check("MAY", "");
    check("MAY x", "[x]");
    check("MAY ", "");
    check("KEY ", "");
    check("WEB ", "");
    check("MAY  x", "-");
    check("MAY x ", "-");
    check("MAY x y", "-");
    check("TWO", "-");
    check("TWO x", "-");
    check("TWO x ", "-");
    check("TWO x y", "[x][y]");
    check("TWO x y z", "-");
    check("TWO x  y", "-");
}

static void rest_keeps_spaces(void **state)
{
    (void)state;
    check("REST", "-");
    check("REST ", "-");
    check("REST x", "[x]");
    check("REST  x y  ", "[ x y  ]");
    check("REST  ", "[ ]");
}

static void tls_flags(void **state)
{
    struct authorization_facts facts = {.offers_stls = true};
    (void)state;
    check_with(&facts, "KEY", "");
    check_with(&facts, "KEY x", "-");
    check_with(&facts, "TLS", "");
    facts = (struct authorization_facts){.is_tls = true, .allows_plain = true, .offers_stls = true};
    check_with(&facts, "KEY x", "[x]");
    check_with(&facts, "TLS", "-");
    facts = (struct authorization_facts){.is_tls = false};
    check_with(&facts, "TLS", "-");
}

static void broken_lines_reach_no_handler(void **state)
{
    const struct authorization_facts facts = {.allows_plain = true};
    struct outcome outcome;
    (void)state;
    run(&facts, LINE_HAS_NUL, "", &outcome);
    assert_int_equal(outcome.kind, OUTCOME_BAD);
    run(&facts, LINE_TOO_LONG, "REST 0123456789x", &outcome);
    assert_int_equal(outcome.kind, OUTCOME_BAD);
    assert_string_equal(seen, "-");
    run(&facts, LINE_TOO_LONG, "WEB /0123456789x", &outcome);
    assert_string_equal(seen, "");
}

static void nothing_is_echoed(void **state)
{
    static const char *const lines[] = {"%s%n", "qqq qqq", "NONE qqq", "TWO qqq", "KEY qqq qqq", NULL};
    const struct authorization_facts facts = {.allows_plain = true};
    struct outcome outcome;
    (void)state;
    for (size_t i = 0; lines[i]; i++) {
        run(&facts, LINE_READY, lines[i], &outcome);
        assert_int_equal(outcome.kind, OUTCOME_BAD);
        assert_null(strstr(outcome.text, "qqq"));
        assert_null(strchr(outcome.text, '%'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keywords_in_any_case), cmocka_unit_test(arguments_are_counted),
        cmocka_unit_test(rest_keeps_spaces),    cmocka_unit_test(tls_flags),
        cmocka_unit_test(broken_lines_reach_no_handler), cmocka_unit_test(nothing_is_echoed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
