/* What becomes of messages, foreseen by asking policies about times to come: to the minute, and without a trace. */
#include "maildrop_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "session/session.h"
#include "session/task.h"
#include "util/str.h"
#include "util/when.h"

#define MINUTE(number) (WORLD_NOW - WORLD_NOW % 60 + (number) * INT64_C(60))
#define DAY INT64_C(86400)

static struct session_settings settings;
static char note[MESSAGE_NOTE_MAX + 1], rows[16384];

static void keep_rows(struct task *task)
{
    size_t used = strlen(rows), length = buf_length(&task->rows);
    const char *cells = length > 0 ? buf_head(&task->rows) : "";
    for (size_t i = 0; i < length && used + 1 < sizeof(rows); i++)
        rows[used++] = cells[i] ? cells[i] : '|';
    rows[used] = '\0';
    buf_clear(&task->rows);
}

static void explain(void)
{
    struct restante_error error = {0};
    enum restante_status status;
    settings = (struct session_settings){.rules = world.rules};
    const struct task_order order = {.kind = TASK_EXPLAIN, .at_s = WORLD_NOW};
    struct task_request request = {.settings = &settings,
                                   .maildrop = {.storage = &fake_storage_operations,
                                                .driver = world.storage,
                                                .driver_name = "fake",
                                                .path = "/mail/alice",
                                                .user = "alice",
                                                .state_fd = world_state()},
                                   .order = &order};
    struct task *task = task_open(&request);
    rows[0] = '\0';
    do {
        status = task_step(task, &error);
        keep_rows(task);
    } while (status == RESTANTE_AGAIN);
    str_copy(note, sizeof(note), task->note);
    task_close(&task);
    if (status != RESTANTE_OK)
        fail_msg("%s", error.log);
}

/* A row: what stands before a time ("-" when it is 0), and behind it. */
static void expect(const char *before, int64_t when_s, const char *behind)
{
    char date[32], row[512];
    when_format(date, sizeof(date), when_s);
    snprintf(row, sizeof(row), "%s%s%s", before, date, behind);
    if (!strstr(rows, row))
        fail_msg("\"%s\" is not in \"%s\"", row, rows);
}

static void decide(const struct restante_facts *facts, size_t number, enum restante_decision decision)
{
    struct restante_verdict verdict = {.decision = decision, .rule = "open, line 7", .reason = "in time"};
    assert_true(facts->decide(facts, number, &verdict));
}

/* a is removed in a minute, b hidden in a week and removed in half a year, c never before three years. */
static void by_time(const struct restante_facts *facts)
{
    int64_t now_s = facts->session->now_s;
    if (now_s >= MINUTE(2))
        decide(facts, 1, RESTANTE_EXPIRE);
    if (now_s >= MINUTE(10000))
        decide(facts, 2, now_s >= MINUTE(260000) ? RESTANTE_EXPIRE : RESTANTE_HIDE);
    if (now_s >= WORLD_NOW + 1095 * DAY)
        decide(facts, 3, RESTANTE_EXPIRE);
}

static void moments_are_found_to_the_minute(void **state)
{
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].at_open = by_time;
    explain();
    expect("1|a|27|1d|shown|removed|", MINUTE(2), "|first, open, line 7|in time|-|");
    expect("2|b|27|1d|shown|hidden|", MINUTE(10000), "|first, open, line 7|in time|-|");
    expect("2|b|27|1d|shown|removed|", MINUTE(260000), "|first, open, line 7|in time|-|");
    expect("3|c|27|1d|shown|kept|", 0, "|-|-|-|");
    assert_string_equal(note, "");
    assert_string_equal(world_mail(), "abcd");
    /* Few questions for few moments. */
    assert_in_range(world.policies[0].asked, 14, 250);
}

static void fetched_ones(const struct restante_facts *facts)
{
    struct restante_message_facts message;
    for (size_t number = 1; number <= facts->maildrop->count; number++) {
        facts->maildrop->message(facts->maildrop, number, &message);
        if (message.first_retrieved_s > 0 && facts->session->now_s >= message.first_retrieved_s + 7 * DAY)
            decide(facts, number, RESTANTE_EXPIRE);
    }
}

static void what_fetching_changes_is_told(void **state)
{
    (void)state;
    world_want(RESTANTE_EVENT(OPEN) | RESTANTE_EVENT(QUIT));
    world.policies[0].at_open = fetched_ones;
    world.policies[1].expires_at_quit = "b";
    world.policies[1].holds = "c";
    explain();
    expect("1|a|27|1d|shown|kept|-|-|-|", MINUTE(7 * 1440), "|");
    expect("2|b|27|1d|shown|kept|", 0, "|-|-|removed with QUIT|");
    assert_non_null(strstr(rows, "3|c|27|1d|held|kept|-|second"));
    assert_string_equal(world_journal(), "");
}

/* The first question is that of the maildrop as it is opened; behind it each finds what that one put, and no more. */
static void remember(const struct restante_facts *facts)
{
    const char *asked = facts->store->get(facts->store, "asked");
    if (asked)
        assert_string_equal(asked, "once");
    assert_true(facts->store->put(facts->store, "asked", asked ? "more" : "once"));
}

static void what_policies_keep_meanwhile_is_forgotten(void **state)
{
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].at_open = remember;
    explain();
    assert_true(world.policies[0].asked > 20);
    world.policies[0].at_open = NULL;
    world_login();
    const struct restante_store *store = maildrop_store(world.maildrop, "first");
    assert_null(store->get(store, "asked"));
    world_close();
}

static void fail_later(const struct restante_facts *facts)
{
    world.policies[0].fails_open = facts->session->now_s > WORLD_NOW + 30 * DAY;
}

static void a_policy_that_fails_later_is_said(void **state)
{
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].at_open = fail_later;
    world.policies[1].expires = "a";
    explain();
    assert_non_null(strstr(note, "a policy failed or refused, as the log says: what it would do later is not known"));
    assert_non_null(strstr(rows, "1|a|27|1d|going|removed|"));
}

static void marks_have_their_own_time(void **state)
{
    (void)state;
    world_want(0);
    world_login();
    world_dele_but("b", RESTANTE_SET_ASIDE, MINUTE(5000));
    world_dele_but("c", RESTANTE_HIDE, 0);
    assert_int_equal(world_quit(), RESTANTE_OK);
    explain();
    expect("2|b|27|1d|set aside|removed|", MINUTE(5000), "|set aside|");
    assert_non_null(strstr(rows, "3|c|27|1d|hidden|kept|-|hidden|"));
    /* A hold keeps it for longer. */
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].holds = "b";
    explain();
    assert_non_null(strstr(rows, "2|b|27|1d|set aside, held|kept|-|first"));
}

static void the_brake_stops_what_would_go(void **state)
{
    (void)state;
    world_want(RESTANTE_EVENT(OPEN));
    world.policies[0].expires_everything = true;
    world.rules.brake = (struct maildrop_brake){.percent = 10, .messages = 1};
    explain();
    assert_non_null(strstr(rows, "4|d|27|1d|shown|stopped|-|first"));
    assert_non_null(strstr(note, "the brake: rules would remove 4 of 4 messages at once"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(moments_are_found_to_the_minute),
        TEST(what_fetching_changes_is_told),
        TEST(what_policies_keep_meanwhile_is_forgotten),
        TEST(a_policy_that_fails_later_is_said),
        TEST(marks_have_their_own_time),
        TEST(the_brake_stops_what_would_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
