/* Settings by user: who gets which, what is announced then, and the sentence for each thing that cannot be. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua_world.h"

/* Tells the settings that hold for the session by refusing with them. */
static const char telling[] =
    "local p = { api = 1, settings = {\n"
    "  keep = { type = 'duration', default = '30d', none = 'never' }, strict = { type = 'boolean', default = false },\n"
    "  words = { type = 'list', none = 'nothing' }, users = { type = 'list' }, mode = { type = 'choice', choices = { 'a', 'b' } } } }\n"
    "local function told(value) return type(value) == 'table' and table.concat(value, '+') or tostring(value) end\n"
    "function p.login(session)\n"
    "  local s = p.settings\n"
    "  assert(s == session.settings and not pcall(function() s.keep = 1 end))\n"
    "  local count = 0 for name, value in pairs(s) do assert(s[name] == value) count = count + 1 end assert(count == 5)\n"
    "  return restante.refuse(table.concat({ told(s.keep), told(s.strict), told(s.words), told(s.users), told(s.mode) }, ' '))\n"
    "end\n"
    "function p.announce() return { expire = p.settings.keep or 'never', login_delay = p.settings.strict and 60 or nil } end\n"
    "return p";

static void fresh(void)
{
    assert_int_equal(world_end(NULL), 0);
    world_begin(NULL);
}

static void expect_of(const char *user, const char *told)
{
    const char *at = strchr(user, '@');
    world_session.user = user;
    world_session.domain = at ? at + 1 : "";
    if (world_judge(RESTANTE_EVENT_LOGIN, 0) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
    if (strcmp(world_verdict.text, told) != 0)
        fail_msg("%s is told \"%s\", not \"%s\"", user, world_verdict.text, told);
}

static void the_first_that_fits_counts(void **state)
{
    char list[160];
    (void)state;
    snprintf(list, sizeof(list), "%s", world_file("interns", "# interns\ncarl@example.org\nDora@Example.org\n"));
    world_give_text("keep", "10d");
    world_give_text("words.1", "x");
    world_give_text("words.2", "y");
    world_give_text("overrides.1.users.1", "boss@*");
    world_give_text("overrides.1.users.2", "alice");
    world_give_text("overrides.1.keep", "never");
    world_give_text("overrides.2.domains", "*.example.net");
    world_give_bool("overrides.2.strict", true);
    world_give_text("overrides.2.words", "nothing");
    world_give_text("overrides.3.list", list);
    world_give_text("overrides.3.words", "z");
    for (int i = 4; i <= 11; i++) {
        char key[64];
        snprintf(key, sizeof(key), "overrides.%d.users", i);
        world_give_text(key, i == 11 ? "*@example.com" : "nobody");
        snprintf(key, sizeof(key), "overrides.%d.mode", i);
        world_give_text(key, i == 11 ? "b" : "a");
    }
    world_start_good(telling);
    expect_of("bob@example.org", "864000 false x+y false false");
    expect_of("Boss@example.org", "false false x+y false false");
    expect_of("boss@mail.example.net", "false false x+y false false");
    expect_of("alice", "false false x+y false false");
    expect_of("bob@mail.example.net", "864000 true false false false");
    expect_of("bob@example.net", "864000 false x+y false false");
    expect_of("carl@example.org", "864000 false z false false");
    expect_of("dora@example.ORG", "864000 false z false false");
    expect_of("bob@example.com", "864000 false x+y false b");
}

/* A setting of the script that is called as a selector is: the selector's meaning counts in an override. */
static void a_selector_hides_no_setting(void **state)
{
    (void)state;
    world_give_text("users", "their own");
    world_give_text("overrides.1.users", "alice@*");
    world_give_text("overrides.1.keep", "1d");
    world_start_good(telling);
    expect_of("alice@example.org", "86400 false false their own false");
}

static void what_is_announced_is_true_for_all(void **state)
{
    struct restante_announcement announced;
    (void)state;
    world_start_good(telling);
    assert_int_equal(world_terms.announcement.expire_days, 30);
    assert_false(world_terms.announcement.expire_differs);
    world_give_text("keep", "never");
    world_give_text("overrides.1.users", "alice@*");
    world_give_text("overrides.1.keep", "36h");
    world_give_text("overrides.2.users", "bob@*");
    world_give_bool("overrides.2.strict", true);
    world_start_good(telling);
    assert_int_equal(world_terms.announcement.expire_days, 1);
    assert_true(world_terms.announcement.expire_differs);
    assert_int_equal(world_terms.announcement.login_delay_s, 60);
    assert_true(world_terms.announcement.login_delay_differs);
    assert_int_equal(world_announce(&announced), RESTANTE_OK);
    assert_int_equal(announced.expire_days, 1);
    assert_int_equal(announced.login_delay_s, RESTANTE_NO_ANNOUNCEMENT);
    assert_false(announced.expire_differs || announced.login_delay_differs);
    world_session.user = "carl";
    assert_int_equal(world_announce(&announced), RESTANTE_OK);
    assert_int_equal(announced.expire_days, RESTANTE_EXPIRE_NEVER);
    /* A set that is like the others makes no difference. */
    fresh();
    world_give_text("overrides.1.users", "alice@*");
    world_give_text("overrides.1.words", "x");
    world_start_good(telling);
    assert_int_equal(world_terms.announcement.expire_days, 30);
    assert_false(world_terms.announcement.expire_differs);
}

#define REFUSED(key, text, sentence)                                                                                   \
    do {                                                                                                               \
        fresh();                                                                                                       \
        world_give_text("keep", "10d");                                                                                \
        world_give_text("overrides.1.users", "*");                                                                     \
        world_give_text(key, text);                                                                                    \
        world_start_bad(telling, sentence);                                                                            \
    } while (0)

static void what_cannot_be_is_refused_with_line_and_key(void **state)
{
    (void)state;
    REFUSED("overrides.1.kep", "1d", "line 4: policy.1.overrides.1.kep: there is no such setting; did you mean \"keep\"?");
    REFUSED("overrides.1.user", "x", "line 4: policy.1.overrides.1.user: there is no such setting; did you mean \"users\"?");
    REFUSED("overrides.1.memory", "1M", "line 4: policy.1.overrides.1.memory: there is no such setting");
    REFUSED("overrides.1.keep", "1y",
            "line 4: policy.1.overrides.1.keep: is \"1y\", but must be a duration, seconds or \"30s\", \"10m\", \"7d\", or "
            "\"never\"");
    REFUSED("overrides.1.overrides", "x", "line 4: policy.1.overrides.1.overrides: there is no such setting");
    REFUSED("overrides.2.keep", "1d", "line 4: policy.1.overrides.2: is for nobody: it needs users, domains or list");
    REFUSED("overrides.2.list", "interns", "line 4: policy.1.overrides.2.list: must be an absolute path");
    REFUSED("overrides.2.list", "/no/such",
            "line 4: policy.1.overrides.2.list: /no/such cannot be read: No such file or directory");
    REFUSED("overrides", "x", "line 3: policy.1.overrides: must be a list of tables: { { users =");
    REFUSED("overrides.x.keep", "x", "line 3: policy.1.overrides: must be a list of tables");
    REFUSED("overrides.1001.keep", "1d", "line 3: policy.1.overrides: must be a list of tables");
    REFUSED("override.1.keep", "1d", "line 4: policy.1.override: there is no such setting; did you mean \"overrides\"?");
    world_start_bad("return { api = 1, settings = { overrides = { type = 'list' } } }", "is a name of the engine's own");
}

static void a_policy_checks_every_set(void **state)
{
    static const char script[] =
        "local p = { api = 1, settings = { keep = { type = 'duration' }, least = { type = 'duration', default = '1d' } } }\n"
        "function p.check() local s = p.settings if s.keep and s.keep < s.least then return 'is less than least', 'keep' end\n"
        "  if s.keep == s.least then return 'says the same twice' end end\n"
        "return p";
    (void)state;
    world_give_text("keep", "5d");
    world_start_good(script);
    world_give_text("overrides.1.users", "a");
    world_give_text("overrides.1.keep", "2d");
    world_start_good(script);
    world_give_text("overrides.2.users", "b");
    world_give_text("overrides.2.keep", "12h");
    world_start_bad(script, "line 6: policy.1.overrides.2.keep: is less than least");
    fresh();
    world_give_text("keep", "12h");
    world_start_bad(script, "line 2: policy.1.keep: is less than least");
    fresh();
    world_give_text("keep", "1d");
    world_start_bad(script, "line 2: policy.1: says the same twice");
    fresh();
    world_give_text("overrides.1.users", "a");
    world_give_text("keep", "2d");
    world_give_text("overrides.1.least", "3d");
    world_start_bad(script, "line 2: policy.1.overrides.1.keep: is less than least");
    fresh();
    world_start_bad("return { api = 1, check = function() return 5 end }",
                    "check: must return nothing, or a sentence and the name of a setting");
    world_start_bad("return { api = 1, check = function() return 'x', {} end }", "check: must return nothing, or");
    world_start_bad("return { api = 1, check = 5 }", "check: is a number value, but must be a function");
    world_start_bad("return { api = 1, check = function() local x = nil + 1 end }", "line 1: attempt to perform arithmetic");
}

static void dates_are_days(void **state)
{
    static const char script[] =
        "local p = { api = 1, settings = { from = { type = 'date', none = 'never' } } }\n"
        "function p.login() return restante.refuse(tostring(p.settings.from)) end return p";
    static const char *const wrong[] = {"2026-1-31", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-31 ", "20260131",
                                        "1969-12-31", "2026-01-00", "-026-01-01", "2026--1-01", "30d", "",
                                        "2026-01-31 24:00", "2026-01-31 18:60", "2026-01-31 18:3", "2026-01-31T18:30",
                                        "2026-01-31 -1:30", "2026-02-30 10:00", "2026-01-31 18:30:00"};
    (void)state;
    setenv("TZ", "XXX-2", 1);
    world_give_text("from", "2023-11-15");
    world_start_good(script);
    assert_int_equal(world_judge(RESTANTE_EVENT_LOGIN, 0), RESTANTE_OK);
    assert_string_equal(world_verdict.text, "1699999200"); /* WORLD_NOW_S is 13 minutes and 20 seconds later */
    world_give_text("overrides.1.users", "*");
    world_give_text("overrides.1.from", "2023-11-15 00:13");
    world_start_good(script);
    assert_int_equal(world_judge(RESTANTE_EVENT_LOGIN, 0), RESTANTE_OK);
    assert_string_equal(world_verdict.text, "1699999980");
    unsetenv("TZ");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fresh();
        world_give_text("from", wrong[i]);
        world_start_bad(script, "but must be a date such as \"2026-01-31\" or \"2026-01-31 18:30\", or \"never\"");
    }
    world_start_bad("return { api = 1, settings = { from = { type = 'date', none = 'n\\200\\n' } } }", "or \"n??\"");
    world_start_bad("return { api = 1, settings = { x = { type = 'boolean', none = 'no' } } }",
                    "settings.x: its none must be a word");
    world_start_bad("return { api = 1, settings = { x = { type = 'size', none = 5 } } }",
                    "settings.x: its none must be a word");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_that_fits_counts),
        TEST(a_selector_hides_no_setting),
        TEST(what_is_announced_is_true_for_all),
        TEST(what_cannot_be_is_refused_with_line_and_key),
        TEST(a_policy_checks_every_set),
        TEST(dates_are_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
