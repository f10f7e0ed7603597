/* The policies that come with Restante, and every example of docs/lua.md. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua_world.h"

static void start_shipped(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "lua/policies/%s.lua", name);
    char *script = world_read_source(path);
    world_start_good(script);
    assert_string_equal(world_terms.name, name);
    free(script);
}

static void read_only_refuses_to_delete(void **state)
{
    (void)state;
    start_shipped("read-only");
    assert_int_equal(world_terms.wanted, RESTANTE_EVENT(DELE));
    assert_int_equal(world_terms.on_error, RESTANTE_ON_ERROR_REFUSE);
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 1), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_REFUSE);
    assert_string_equal(world_verdict.text, "this mailbox is read-only");
    assert_string_equal(world_verdict.code, "SYS/PERM");
    world_give_text("users.1", "archive@*");
    world_give_text("users.2", "*@Example.org");
    world_give_text("text", "no");
    start_shipped("read-only");
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 1), RESTANTE_OK);
    assert_string_equal(world_verdict.text, "no");
    world_session.user = "bob@example.net";
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 1), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_ALLOW);
}

static void login_at(int64_t seconds, enum restante_decision expected)
{
    world_session.now_s = WORLD_NOW_S + seconds;
    if (world_judge(RESTANTE_EVENT_LOGIN, 0) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
    if (world_verdict.decision != expected)
        fail_msg("at %d: %d", (int)seconds, (int)world_verdict.decision);
}

static void login_pacing_is_a_bucket(void **state)
{
    (void)state;
    world_give_integer("logins", 2);
    world_give_text("every", "100s");
    start_shipped("login-pacing");
    assert_int_equal(world_terms.wanted, RESTANTE_EVENT(LOGIN));
    assert_int_equal(world_terms.announcement.login_delay_s, 100);
    assert_int_equal(world_terms.announcement.expire_days, RESTANTE_NO_ANNOUNCEMENT);
    login_at(0, RESTANTE_ALLOW);
    login_at(0, RESTANTE_ALLOW);
    login_at(0, RESTANTE_REFUSE);
    assert_string_equal(world_verdict.code, "LOGIN-DELAY");
    assert_string_equal(world_verdict.text, "too many logins, try again in 100 s");
    login_at(99, RESTANTE_REFUSE);
    assert_string_equal(world_verdict.text, "too many logins, try again in 1 s");
    login_at(100, RESTANTE_ALLOW);
    login_at(150, RESTANTE_REFUSE);
    login_at(201, RESTANTE_ALLOW);
    /* More than the bucket holds is never earned. */
    login_at(100000, RESTANTE_ALLOW);
    login_at(100000, RESTANTE_ALLOW);
    login_at(100000, RESTANTE_REFUSE);
    /* The clock goes back: nobody is locked out until it has caught up. */
    login_at(0, RESTANTE_ALLOW);
    login_at(0, RESTANTE_ALLOW);
    login_at(0, RESTANTE_REFUSE);
}

/* What the examples do, in the order of the page; each must be here. */
static const struct {
    const char *name;
    enum restante_event event;
    size_t number;
    bool is_retrieved;
    const char *peer;
    enum restante_decision expected;
    size_t decisions;
} examples[] = {
    {"keep-a-week", RESTANTE_EVENT_DELE, 1, false, NULL, RESTANTE_REFUSE, 0},
    {"hide-old", RESTANTE_EVENT_OPEN, 0, false, NULL, RESTANTE_ALLOW, 1},
    {"office-hours", RESTANTE_EVENT_LOGIN, 0, false, NULL, RESTANTE_REFUSE, 0},
    {"download-budget", RESTANTE_EVENT_RETR, 1, false, NULL, RESTANTE_REFUSE, 0},
    {"one-device", RESTANTE_EVENT_DELE, 1, false, NULL, RESTANTE_ALLOW, 0},
    {"one-device", RESTANTE_EVENT_DELE, 1, false, "198.51.100.1", RESTANTE_REFUSE, 0},
    {"archive-on-delete", RESTANTE_EVENT_DELE, 1, false, NULL, RESTANTE_SET_ASIDE, 0},
    {"fetch-and-delete", RESTANTE_EVENT_QUIT, 0, true, NULL, RESTANTE_ALLOW, 1},
    {"fetch-and-delete", RESTANTE_EVENT_QUIT, 0, false, NULL, RESTANTE_ALLOW, 0},
    {"gentle", RESTANTE_EVENT_UIDL, 0, false, NULL, RESTANTE_DELAY, 0},
    {"gentle", RESTANTE_EVENT_UIDL, 1, false, NULL, RESTANTE_ALLOW, 0},
};
enum { EXAMPLES = sizeof(examples) / sizeof(examples[0]) };

/* Whatever it is asked, an example answers without an error. */
static void ask_everything(void)
{
    for (enum restante_event event = 0; event < RESTANTE_EVENT_COUNT; event++) {
        bool has_message = event >= RESTANTE_EVENT_LIST && event <= RESTANTE_EVENT_DELE;
        if (world_judge(event, has_message ? 2 : 0) != RESTANTE_OK ||
            world_judge_after(event, has_message ? 2 : 0) != RESTANTE_OK)
            fail_msg("%s", world_error.log);
    }
}

static void run_example(size_t row)
{
    world_session.peer = examples[row].peer ? examples[row].peer : "192.0.2.7";
    world_messages[1].is_retrieved = examples[row].is_retrieved;
    if (world_judge(examples[row].event, examples[row].number) != RESTANTE_OK)
        fail_msg("%s: %s", examples[row].name, world_error.log);
    if (world_verdict.decision != examples[row].expected || world_decisions != examples[row].decisions)
        fail_msg("%s: %d, %zu decisions", examples[row].name, (int)world_verdict.decision, world_decisions);
}

static void every_example_runs(void **state)
{
    char *page = world_read_source("docs/lua.md");
    size_t count = 0, found[EXAMPLES] = {0};
    (void)state;
    setenv("TZ", "UTC", 1); /* a Tuesday, in the evening */
    world_messages[2].delivered_s = 1; /* very old */
    world_messages[0].octets = 200 << 20;
    for (char *at = page; (at = strstr(at, "```lua\n"));) {
        char *script = at + 7, *end = strstr(script, "```");
        assert_non_null(end);
        *end = '\0';
        at = end + 1;
        if (strncmp(script, "local t = {}", 12) == 0) /* a test: test_lua_test.c */
            continue;
        count++;
        world_maildrop.count = WORLD_MESSAGES;
        world_start_good(script);
        ask_everything();
        size_t rows = 0;
        for (size_t row = 0; row < EXAMPLES; row++) {
            if (strcmp(examples[row].name, world_terms.name) != 0)
                continue;
            world_maildrop.count = strcmp(world_terms.name, "gentle") == 0 ? 15000 : WORLD_MESSAGES;
            run_example(row);
            found[row]++;
            rows++;
        }
        if (rows == 0)
            fail_msg("nothing is expected of the example \"%s\"", world_terms.name);
    }
    for (size_t row = 0; row < EXAMPLES; row++)
        assert_int_equal(found[row], 1);
    assert_int_equal(count, 8);
    free(page);
}

/* Names that a script can use are promised as they are. */
static void the_page_lists_the_module_settings(void **state)
{
    static const char *const names[] = {"script",       "overrides", "on_error",
                                         "instructions", "memory",    "time_limit", "shipped"};
    char *page = world_read_source("docs/lua.md"), row[64];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(row, sizeof(row), "| `%s` |", names[i]);
        assert_non_null(strstr(page, row));
    }
    free(page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(read_only_refuses_to_delete),
        TEST(login_pacing_is_a_bucket),
        TEST(every_example_runs),
        TEST(the_page_lists_the_module_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
