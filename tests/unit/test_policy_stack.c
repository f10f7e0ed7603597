/* Several policies and one question: what it comes to, and who said so. */
#include "unit.h"

#include <stdlib.h>

#include "fake_policy.h"
#include "unit_log.h"

#define EVERYTHING UINT32_C(0xffffffff)

static struct policy_stack stack;
static struct policy_answer answer;
static const struct restante_session_facts session = {.session_id = "s1", .user = "alice", .peer = "192.0.2.1"};

static struct restante_facts facts_of(enum restante_event event)
{
    return (struct restante_facts){.event = event, .session = &session};
}

static void ask(enum restante_event event)
{
    struct restante_facts facts = facts_of(event);
    memset(&answer, 0xff, sizeof(answer));
    policy_stack_ask(&stack, &facts, NULL, NULL, NULL, &answer);
}

static int teardown(void **state)
{
    (void)state;
    policy_stack_close(&stack);
    return 0;
}

static void who_wants_nothing_is_not_asked(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 2, RESTANTE_EVENT(RETR), RESTANTE_EVENT(CLOSE));
    stack.entries[1].terms.wanted = 0;
    assert_int_equal(stack.wanted, RESTANTE_EVENT(RETR));
    assert_int_equal(stack.wanted_after, RESTANTE_EVENT(CLOSE));
    ask(RESTANTE_EVENT_RETR);
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_null(answer.by);
    assert_int_equal(fake_policies[0].asked[RESTANTE_EVENT_RETR], 1);
    assert_int_equal(fake_policies[0].asked[RESTANTE_EVENT_DELE], 0);
    assert_int_equal(fake_policies[1].asked[RESTANTE_EVENT_RETR], 0);
    struct restante_facts facts = facts_of(RESTANTE_EVENT_CLOSE);
    policy_stack_tell(&stack, &facts, NULL, NULL);
    facts.event = RESTANTE_EVENT_RETR;
    policy_stack_tell(&stack, &facts, NULL, NULL);
    assert_int_equal(fake_policies[0].told[RESTANTE_EVENT_CLOSE], 1);
    assert_int_equal(fake_policies[0].told[RESTANTE_EVENT_RETR], 0);
}

static void the_first_refusal_ends_the_asking(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 4, EVERYTHING, 0);
    fake_policy_answers(0, RESTANTE_EVENT_DELE, RESTANTE_SET_ASIDE);
    fake_policy_answers(1, RESTANTE_EVENT_DELE, RESTANTE_DELAY);
    struct restante_verdict *verdict = fake_policy_answers(2, RESTANTE_EVENT_DELE, RESTANTE_REFUSE);
    strcpy(verdict->code, "SYS/PERM");
    fake_policy_answers(3, RESTANTE_EVENT_DELE, RESTANTE_DISCONNECT);
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_REFUSE);
    assert_string_equal(answer.verdict.text, "text of 3");
    assert_string_equal(answer.verdict.code, "SYS/PERM");
    assert_string_equal(answer.verdict.rule, "dele, line 3");
    assert_ptr_equal(answer.by, &stack.entries[2]);
    assert_int_equal(answer.verdict.delay_ms, 0);
    assert_int_equal(fake_policies[3].asked[RESTANTE_EVENT_DELE], 0);
    fake_policy_answers(1, RESTANTE_EVENT_DELE, RESTANTE_DISCONNECT);
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_DISCONNECT);
    assert_ptr_equal(answer.by, &stack.entries[1]);
}

static void the_longest_delay_counts_and_none_is_longer_than_allowed(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 3, EVERYTHING, 0);
    fake_policy_answers(0, RESTANTE_EVENT_RETR, RESTANTE_DELAY)->delay_ms = 20;
    fake_policy_answers(1, RESTANTE_EVENT_RETR, RESTANTE_DELAY)->delay_ms = 40;
    fake_policy_answers(2, RESTANTE_EVENT_RETR, RESTANTE_DELAY)->delay_ms = 30;
    ask(RESTANTE_EVENT_RETR);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_int_equal(answer.verdict.delay_ms, 40);
    assert_ptr_equal(answer.delayed_by, &stack.entries[1]);
    assert_string_equal(answer.delay_rule, "retr, line 2");
    assert_null(answer.by);
    fake_policies[2].verdicts[RESTANTE_EVENT_RETR].delay_ms = UINT32_MAX;
    ask(RESTANTE_EVENT_RETR);
    assert_int_equal(answer.verdict.delay_ms, RESTANTE_DELAY_MAX_MS);
}

static void the_tightest_limits_count_each_for_itself(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 3, EVERYTHING, 0);
    fake_policy_answers(0, RESTANTE_EVENT_LOGIN, RESTANTE_LIMIT)->limits =
        (struct restante_limits){.idle_ms = 1200000, .bad_commands = 3};
    fake_policy_answers(1, RESTANTE_EVENT_LOGIN, RESTANTE_LIMIT)->limits =
        (struct restante_limits){.idle_ms = 900000, .bad_commands = 9};
    fake_policy_answers(2, RESTANTE_EVENT_LOGIN, RESTANTE_DELAY);
    ask(RESTANTE_EVENT_LOGIN);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_int_equal(answer.verdict.limits.idle_ms, 900000);
    assert_int_equal(answer.verdict.limits.bad_commands, 3);
    assert_int_equal(answer.verdict.delay_ms, 1000);
    /* RFC 1939 section 3: ten minutes at least, whatever a policy says. */
    fake_policies[1].verdicts[RESTANTE_EVENT_LOGIN].limits.idle_ms = 1;
    ask(RESTANTE_EVENT_LOGIN);
    assert_int_equal(answer.verdict.limits.idle_ms, 600000);
}

static void at_dele_the_first_fate_counts(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 3, EVERYTHING, 0);
    fake_policy_answers(1, RESTANTE_EVENT_DELE, RESTANTE_SET_ASIDE)->until_s = 77;
    fake_policy_answers(2, RESTANTE_EVENT_DELE, RESTANTE_HIDE);
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_SET_ASIDE);
    assert_int_equal(answer.verdict.until_s, 77);
    assert_ptr_equal(answer.by, &stack.entries[1]);
    fake_policy_answers(0, RESTANTE_EVENT_DELE, RESTANTE_HIDE);
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_HIDE);
    assert_ptr_equal(answer.by, &stack.entries[0]);
}

/* A module may be wrong about what it can say, and about what a text is. */
static void what_is_no_answer_is_a_failure(void **state)
{
    (void)state;
    const enum restante_decision wrong[] = {RESTANTE_HIDE, RESTANTE_EXPIRE, RESTANTE_HOLD,       RESTANTE_SET_ASIDE,
                                            RESTANTE_LIMIT, (enum restante_decision)9, (enum restante_decision)-1};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fake_policy_stack(&stack, 1, EVERYTHING, 0);
        fake_policy_answers(0, RESTANTE_EVENT_RETR, wrong[i]);
        ask(RESTANTE_EVENT_RETR);
        assert_true(answer.is_failure);
        assert_int_equal(answer.verdict.decision, RESTANTE_REFUSE);
        policy_stack_close(&stack);
    }
    fake_policy_stack(&stack, 1, EVERYTHING, 0);
    struct restante_verdict *verdict = fake_policy_answers(0, RESTANTE_EVENT_RETR, RESTANTE_REFUSE);
    memset(verdict->text, 'x', sizeof(verdict->text)); /* no NUL */
    memcpy(verdict->text, "\r\n+OK\xff", 6);
    strcpy(verdict->code, "A] B");
    ask(RESTANTE_EVENT_RETR);
    assert_false(answer.is_failure);
    assert_memory_equal(answer.verdict.text, "??+OK?xx", 8);
    assert_int_equal(strlen(answer.verdict.text), sizeof(verdict->text) - 1);
    assert_string_equal(answer.verdict.code, "");
    memset(verdict->code, 'A', sizeof(verdict->code));
    ask(RESTANTE_EVENT_RETR);
    assert_string_equal(answer.verdict.code, "");
}

static void a_failure_is_answered_as_the_policy_says(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 2, EVERYTHING, 0);
    fake_policies[0].fails[RESTANTE_EVENT_DELE] = true;
    /* What a policy wrote before it failed is not looked at. */
    fake_policy_answers(0, RESTANTE_EVENT_DELE, RESTANTE_HIDE);
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_REFUSE);
    assert_string_equal(answer.verdict.code, "SYS/PERM");
    assert_ptr_equal(answer.by, &stack.entries[0]);
    assert_true(answer.is_failure && answer.has_failed);
    assert_int_equal(fake_policies[1].asked[RESTANTE_EVENT_DELE], 0);
    stack.entries[0].terms.on_error = RESTANTE_ON_ERROR_TRY_LATER;
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_REFUSE);
    assert_string_equal(answer.verdict.code, "SYS/TEMP");
    stack.entries[0].terms.on_error = RESTANTE_ON_ERROR_ALLOW;
    ask(RESTANTE_EVENT_DELE);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_null(answer.by);
    assert_true(answer.has_failed);
    assert_int_equal(fake_policies[1].asked[RESTANTE_EVENT_DELE], 1);
    /* A later policy may still refuse. */
    fake_policy_answers(1, RESTANTE_EVENT_DELE, RESTANTE_REFUSE);
    ask(RESTANTE_EVENT_DELE);
    assert_ptr_equal(answer.by, &stack.entries[1]);
    assert_true(answer.has_failed && !answer.is_failure);
}

static void at_quit_nothing_is_refused(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 2, EVERYTHING, 0);
    fake_policies[0].fails[RESTANTE_EVENT_QUIT] = true;
    fake_policy_answers(1, RESTANTE_EVENT_QUIT, RESTANTE_REFUSE);
    ask(RESTANTE_EVENT_QUIT);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_int_equal(fake_policies[1].asked[RESTANTE_EVENT_QUIT], 1);
    assert_true(answer.has_failed);
}

static void a_failure_is_one_line_of_the_log(void **state)
{
    (void)state;
    struct restante_message_facts message = {.number = 12};
    struct restante_facts facts = facts_of(RESTANTE_EVENT_DELE);
    fake_policy_stack(&stack, 1, EVERYTHING, EVERYTHING);
    fake_policies[0].fails[RESTANTE_EVENT_DELE] = true;
    facts.message = &message;
    unit_log_begin();
    policy_stack_ask(&stack, &facts, NULL, NULL, NULL, &answer);
    assert_int_equal(unit_log_end(), 1);
    assert_true(unit_log_has("event=policy_failed session=s1 user=alice peer=192.0.2.1 policy=first hook=dele message=12 "
                             "answer=refuse text=policy fake: line 7: out of luck \n"));
    /* The command has been carried out: there is nothing left to refuse. */
    unit_log_begin();
    policy_stack_tell(&stack, &facts, NULL, NULL);
    assert_int_equal(unit_log_end(), 1);
    assert_true(unit_log_has("hook=after.dele message=12 answer=none"));
}

static const struct restante_store *store_of(void *context, const char *policy_name)
{
    const struct restante_store *stores = context;
    return &stores[strcmp(policy_name, "second") == 0];
}

static void everybody_has_a_store_of_his_own(void **state)
{
    (void)state;
    struct restante_store stores[2] = {{0}, {0}};
    struct restante_facts facts = facts_of(RESTANTE_EVENT_LOGIN);
    fake_policy_stack(&stack, 2, EVERYTHING, EVERYTHING);
    policy_stack_ask(&stack, &facts, store_of, stores, NULL, &answer);
    assert_ptr_equal(fake_policies[0].store, &stores[0]);
    assert_ptr_equal(fake_policies[1].store, &stores[1]);
    fake_policies[0].store = fake_policies[1].store = NULL;
    policy_stack_tell(&stack, &facts, store_of, stores);
    assert_ptr_equal(fake_policies[0].store, &stores[0]);
    assert_ptr_equal(fake_policies[1].store, &stores[1]);
}

static struct restante_announcement announce(struct restante_facts *facts)
{
    struct restante_announcement announcement;
    memset(&announcement, 0xff, sizeof(announcement));
    policy_stack_announce(&stack, facts, NULL, NULL, &announcement);
    return announcement;
}

static void announcements_are_the_strictest_of_all(void **state)
{
    (void)state;
    struct restante_facts facts = facts_of(RESTANTE_EVENT_CAPA);
    stack = (struct policy_stack){0};
    assert_int_equal(announce(NULL).expire_days, RESTANTE_NO_ANNOUNCEMENT);
    assert_int_equal(announce(NULL).login_delay_s, RESTANTE_NO_ANNOUNCEMENT);
    fake_policy_stack(&stack, 4, 0, 0);
    stack.entries[0].terms.announcement.expire_days = RESTANTE_EXPIRE_NEVER;
    assert_int_equal(announce(NULL).expire_days, RESTANTE_EXPIRE_NEVER);
    stack.entries[1].terms.announcement = (struct restante_announcement){30, false, 60, true};
    stack.entries[2].terms.announcement = (struct restante_announcement){7, true, 10, false};
    struct restante_announcement before = announce(NULL);
    assert_int_equal(before.expire_days, 7);
    assert_int_equal(before.login_delay_s, 60);
    assert_true(before.expire_differs && before.login_delay_differs);
    /* After login each says it anew; who cannot, or fails, is taken by what he said before. */
    fake_policies[1].announcement.expire_days = 0;
    fake_policies[2].fails_to_announce = true;
    struct restante_announcement after = announce(&facts);
    assert_int_equal(after.expire_days, 0);
    assert_int_equal(after.login_delay_s, 10);
    assert_false(after.expire_differs || after.login_delay_differs);
    fake_policies[1].announcement.expire_days = 30;
    assert_int_equal(announce(&facts).expire_days, 7);
    fake_policies[2].fails_to_announce = false;
    assert_int_equal(announce(&facts).expire_days, 30);
    fake_policies[1].announcement.expire_days = RESTANTE_EXPIRE_NEVER;
    assert_int_equal(announce(&facts).expire_days, RESTANTE_EXPIRE_NEVER);
    assert_int_equal(announce(&facts).login_delay_s, RESTANTE_NO_ANNOUNCEMENT);
}

static void closing_stops_every_policy(void **state)
{
    (void)state;
    fake_policy_stack(&stack, 3, 0, 0);
    policy_stack_close(&stack);
    assert_true(fake_policies[0].is_stopped && fake_policies[1].is_stopped && fake_policies[2].is_stopped);
    assert_int_equal(stack.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(who_wants_nothing_is_not_asked, teardown),
        cmocka_unit_test_teardown(the_first_refusal_ends_the_asking, teardown),
        cmocka_unit_test_teardown(the_longest_delay_counts_and_none_is_longer_than_allowed, teardown),
        cmocka_unit_test_teardown(the_tightest_limits_count_each_for_itself, teardown),
        cmocka_unit_test_teardown(at_dele_the_first_fate_counts, teardown),
        cmocka_unit_test_teardown(what_is_no_answer_is_a_failure, teardown),
        cmocka_unit_test_teardown(a_failure_is_answered_as_the_policy_says, teardown),
        cmocka_unit_test_teardown(at_quit_nothing_is_refused, teardown),
        cmocka_unit_test_teardown(a_failure_is_one_line_of_the_log, teardown),
        cmocka_unit_test_teardown(everybody_has_a_store_of_his_own, teardown),
        cmocka_unit_test_teardown(announcements_are_the_strictest_of_all, teardown),
        cmocka_unit_test_teardown(closing_stops_every_policy, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
