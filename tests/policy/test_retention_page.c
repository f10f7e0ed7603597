/* docs/retention.md: every example is evaluated as restante.conf and does what the page says of it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/evaluate.h"
#include "lua_world.h"

enum { DAY = 86400, ITEMS_MAX = 4, NEVER = RESTANTE_EXPIRE_NEVER, NONE = RESTANTE_NO_ANNOUNCEMENT };
#define OPEN RESTANTE_EVENT_OPEN
#define DELE RESTANTE_EVENT_DELE
#define QUIT RESTANTE_EVENT_QUIT

/*
 * In the order of the page: what an example says about the first message of a maildrop, `age` days old, first fetched
 * `fetched` days ago (-1: never; 0 at QUIT: in this session).
 */
static const struct {
    size_t example;
    enum restante_event event;
    int age, fetched;
    const char *user;
    enum restante_decision expected;
    int until; /* days, of what is set aside */
} rows[] = {
    {1, OPEN, 30, -1, "bob", RESTANTE_EXPIRE, 0},
    {1, OPEN, 29, 29, "bob", RESTANTE_ALLOW, 0},
    {1, DELE, 1, -1, "bob", RESTANTE_ALLOW, 0},
    {2, OPEN, 100, 7, "bob", RESTANTE_EXPIRE, 0},
    {2, OPEN, 100, 6, "bob", RESTANTE_ALLOW, 0},
    {2, OPEN, 1000, -1, "bob", RESTANTE_ALLOW, 0},
    {3, OPEN, 60, -1, "bob", RESTANTE_EXPIRE, 0},
    {3, OPEN, 8, 7, "bob", RESTANTE_EXPIRE, 0},
    {3, OPEN, 59, 6, "bob", RESTANTE_ALLOW, 0},
    {4, OPEN, 31, 0, "bob", RESTANTE_EXPIRE, 0},
    {4, OPEN, 300, -1, "bob", RESTANTE_ALLOW, 0},
    {5, QUIT, 1, 0, "bob", RESTANTE_EXPIRE, 0},
    {5, QUIT, 100, -1, "bob", RESTANTE_ALLOW, 0},
    {5, OPEN, 100, -1, "bob", RESTANTE_ALLOW, 0},
    {6, DELE, 100, 1, "bob", RESTANTE_SET_ASIDE, 30},
    {7, DELE, 100, 1, "bob", RESTANTE_HIDE, 0},
    {7, OPEN, 365, -1, "bob", RESTANTE_EXPIRE, 0},
    {8, DELE, 100, 1, "bob", RESTANTE_REFUSE, 0},
    {9, DELE, 2, 1, "bob", RESTANTE_SET_ASIDE, 5},
    {9, DELE, 7, 1, "bob", RESTANTE_ALLOW, 0},
    {9, OPEN, 1000, 1000, "bob", RESTANTE_ALLOW, 0},
    {10, OPEN, 4, -1, "bob", RESTANTE_EXPIRE, 0}, /* the others are as large as is allowed */
    {10, OPEN, 2, -1, "bob", RESTANTE_ALLOW, 0},
    {11, OPEN, 14, -1, "bob", RESTANTE_HIDE, 0},
    {11, OPEN, 12, -1, "bob", RESTANTE_ALLOW, 0},
    {12, OPEN, 200, -1, "alice@example.org", RESTANTE_HOLD, 0},
    {12, OPEN, 200, -1, "bob@legal.example.org", RESTANTE_HOLD, 0},
    {12, OPEN, 200, -1, "bob@example.org", RESTANTE_EXPIRE, 0},
    {12, OPEN, 100, -1, "alice@example.org", RESTANTE_EXPIRE, 0},
    {12, OPEN, 400, -1, "alice@example.org", RESTANTE_EXPIRE, 0},
    {13, OPEN, 30, -1, "bob@example.org", RESTANTE_EXPIRE, 0},
    {13, OPEN, 3000, -1, "boss@example.net", RESTANTE_ALLOW, 0},
    {13, OPEN, 89, 13, "bob@example.net", RESTANTE_ALLOW, 0},
    {13, OPEN, 30, 14, "bob@example.net", RESTANTE_EXPIRE, 0},
    {13, OPEN, 7, -1, "carol@example.org", RESTANTE_EXPIRE, 0},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), EXAMPLES = 13 };

static const struct {
    int32_t days;
    bool differs;
} expire[EXAMPLES + 1] = {
    {0, false},    {30, false},    {7, false},    {7, false},     {30, false},  {0, false},  {NEVER, false},
    {365, false},  {NONE, false},  {NEVER, false}, {NEVER, false}, {NEVER, false}, {30, false}, {7, true},
};

/* Start the item `policy.<item>` of an example. */
static void start_item(const struct conf *conf, size_t item)
{
    char prefix[32], name[128];
    size_t length = (size_t)snprintf(prefix, sizeof(prefix), "policy.%zu.", item);
    world_forget_settings();
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_value *value = &conf->values[i];
        const char *key = value->path + length;
        if (strncmp(value->path, prefix, length) != 0 || value->type < CONF_RAW_BOOL || strcmp(key, "script") == 0)
            continue;
        if (value->text)
            world_give_text(key, value->text);
        else if (value->type == CONF_RAW_BOOL)
            world_give_bool(key, value->integer != 0);
        else
            world_give_integer(key, value->integer);
    }
    snprintf(name, sizeof(name), "lua/policies/%s.lua", conf_string(conf, "%sscript", prefix));
    char *script = world_read_source(name);
    world_start_good(script);
    free(script);
}

static void set_scene(size_t row)
{
    const char *at = strchr(rows[row].user, '@');
    int64_t now = WORLD_NOW_S, octets = rows[row].example == 10 ? 100 << 20 : 100;
    world_session.user = rows[row].user;
    world_session.domain = at ? at + 1 : "";
    for (size_t i = 0; i < WORLD_MESSAGES; i++) {
        world_messages[i].octets = i < 3 ? (uint64_t)octets : 0;
        world_messages[i].delivered_s = i == 0 ? now - rows[row].age * DAY : now - 60;
        world_messages[i].first_retrieved_s = 0;
        world_messages[i].is_retrieved = false;
    }
    if (rows[row].event == QUIT)
        world_messages[0].is_retrieved = rows[row].fetched == 0;
    else if (rows[row].fetched >= 0)
        world_messages[0].first_retrieved_s = now - rows[row].fetched * DAY;
    world_maildrop.octets = (uint64_t)octets * 3;
}

/* HOLD beats EXPIRE, EXPIRE beats HIDE. */
static void ask_item(size_t row, enum restante_decision *decision)
{
    static const enum restante_decision strength[] = {RESTANTE_ALLOW, RESTANTE_HIDE, RESTANTE_EXPIRE, RESTANTE_HOLD};
    size_t old = 0, new = 0;
    set_scene(row);
    if (world_judge(rows[row].event, rows[row].event == DELE ? 1 : 0) != RESTANTE_OK)
        fail_msg("example %zu: %s", rows[row].example, world_error.log);
    if (rows[row].event == DELE) {
        if (world_verdict.decision != RESTANTE_ALLOW)
            *decision = world_verdict.decision;
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        old = strength[i] == *decision ? i : old;
        new = strength[i] == world_decided[1].decision ? i : new;
    }
    *decision = strength[old > new ? old : new];
}

static void run_example(size_t example, const struct conf *conf)
{
    size_t items = conf_list_count(conf, "policy"), found = 0;
    for (size_t row = 0; row < ROWS; row++) {
        enum restante_decision decision = RESTANTE_ALLOW;
        if (rows[row].example != example)
            continue;
        found++;
        for (size_t item = 1; item <= items; item++) {
            start_item(conf, item);
            ask_item(row, &decision);
            if (rows[row].until > 0)
                assert_int_equal(world_verdict.until_s, WORLD_NOW_S + rows[row].until * DAY);
        }
        if (decision != rows[row].expected)
            fail_msg("example %zu, row %zu: %d", example, row, (int)decision);
    }
    start_item(conf, 1);
    if (found == 0 || world_terms.announcement.expire_days != expire[example].days ||
        world_terms.announcement.expire_differs != expire[example].differs)
        fail_msg("example %zu: %zu rows, EXPIRE %d", example, found, (int)world_terms.announcement.expire_days);
}

/* The file of an example becomes one that exists. */
static void put_list(char *text, size_t capacity, const char *example)
{
    static const char name[] = "/etc/restante/interns";
    static char list[160];
    const char *at = strstr(example, name);
    snprintf(list, sizeof(list), "%s", world_file("interns", "carol@example.org\n"));
    if (at)
        snprintf(text, capacity, "%.*s%s%s", (int)(at - example), example, list, at + sizeof(name) - 1);
    else
        snprintf(text, capacity, "%s", example);
}

static void every_example_does_what_the_page_says(void **state)
{
    static const char base[] = "listen = {{ port = 1, tls = 'none' }} auth = { driver = 'file' } "
                               "storage = { driver = 'maildir', path = '/m' }\n";
    char *page = world_read_source("docs/retention.md"), text[4096], source[4400];
    size_t count = 0;
    (void)state;
    setenv("TZ", "UTC", 1);
    for (char *at = page; (at = strstr(at, "```lua\n"));) {
        struct conf conf = {0};
        struct faults faults = {0};
        char *example = at + 7, *end = strstr(example, "```");
        assert_non_null(end);
        *end = '\0';
        at = end + 1;
        put_list(text, sizeof(text), example);
        snprintf(source, sizeof(source), "%s%s", base, text);
        if (!conf_evaluate_text("example", source, &conf, &faults))
            fail_msg("%s", faults.sentences[0]);
        assert_true(++count <= EXAMPLES);
        run_example(count, &conf);
        conf_free(&conf);
    }
    assert_int_equal(count, EXAMPLES);
    free(page);
}

/* What the page says of contradictions, with the words of the script. */
static const struct {
    const char *keys[6]; /* name, value, …; numbers begin with # */
    const char *sentence;
} contradictions[] = {
    {{"keep", "7d", "keep_at_least", "8d"}, "line 2: policy.1.keep: is less than keep_at_least"},
    {{"keep", "7d", "after_download", "8d"},
     "line 3: policy.1.after_download: is never reached, as keep is over before; leave it out, or \"never\""},
    {{"on_delete", "set aside"}, "policy.1.on_delete: needs undelete_for"},
    {{"on_delete", "hide", "undelete_for", "1d"}, "line 3: policy.1.undelete_for: is for on_delete = \"set aside\""},
    {{"on_delete", "remove", "undelete_for", "1d"}, "policy.1.undelete_for: is for on_delete"},
    {{"hold_before", "2026-01-31"}, "policy.1.hold_before: is of no use without hold: whose mail is it?"},
    {{"hold_from", "2026-01-31"}, "policy.1.hold_from: is of no use without hold"},
    {{"hold", "*", "hold_from", "2026-01-31", "hold_before", "2026-01-31"},
     "line 4: policy.1.hold_before: is not behind hold_from, so that nothing is on hold"},
    {{"keep", "59m"}, "policy.1.keep: is outside of the range that the policy allows: at least 1h"},
    {{"show_after", "30d"}, "policy.1.show_after: is \"30d\", but must be a date such as \"2026-01-31\" or"},
    {{"max_message", "5"}, "policy.1.max_message: there is no such setting; did you mean \"max_messages\"?"},
    {{"on_delete", "setaside"}, "policy.1.on_delete: is \"setaside\", but must be one of \"remove\", \"set aside\", \"hide\""},
    {{"keep", "30d", "overrides.1.users", "a", "overrides.1.keep_at_least", "31d"},
     "line 3: policy.1.overrides.1.keep: is less than keep_at_least"},
};

static void contradictions_are_refused(void **state)
{
    char *script = world_read_source("lua/policies/retention.lua");
    (void)state;
    for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++) {
        world_forget_settings();
        for (size_t key = 0; key < 6 && contradictions[i].keys[key]; key += 2)
            world_give_text(contradictions[i].keys[key], contradictions[i].keys[key + 1]);
        world_start_bad(script, contradictions[i].sentence);
    }
    free(script);
}

/* Each setting of the script has its row, with its word for "no such rule". */
static void the_page_has_every_setting(void **state)
{
    char *page = world_read_source("docs/retention.md"), *script = world_read_source("lua/policies/retention.lua"), row[128];
    size_t count = 0;
    (void)state;
    for (char *at = script; (at = strstr(at, " = { type = \"")); at++) {
        char *name = at, *end = strchr(at, '\n'), *none = strstr(at, "none = \"");
        while (name > script && name[-1] != ' ')
            name--;
        snprintf(row, sizeof(row), "`%.*s`", (int)(at - name), name);
        if (!strstr(page, row))
            fail_msg("the page lacks %s", row);
        if (none && none < end) {
            snprintf(row, sizeof(row), "`%.*s` | `\"", (int)(at - name), name);
            none += strlen("none = \"");
            snprintf(row + strlen(row), sizeof(row) - strlen(row), "%.*s\"`", (int)strcspn(none, "\""), none);
            bool is_pair = strncmp(name, "hold_", 5) == 0;
            if (!is_pair && !strstr(page, row))
                fail_msg("the page lacks %s", row);
        }
        count++;
    }
    assert_int_equal(count, 12);
    free(page);
    free(script);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_example_does_what_the_page_says),
        TEST(contradictions_are_refused),
        TEST(the_page_has_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
