/* What policies decide about each message, together. */
#include "unit.h"

#include <stdio.h>

#include "fake_policy.h"

static struct policy_stack stack;
static struct policy_decisions *decisions;
static struct policy_answer answer;

static bool message_of(const struct restante_maildrop_facts *maildrop, size_t number,
                       struct restante_message_facts *message)
{
    *message = (struct restante_message_facts){.number = number};
    return number <= maildrop->count;
}
static const struct restante_maildrop_facts maildrop = {.count = 5, .message = message_of};

static void begin(size_t policies)
{
    fake_policy_stack(&stack, policies, RESTANTE_EVENT(OPEN) | RESTANTE_EVENT(QUIT), 0);
    decisions = policy_decisions_open(maildrop.count);
}

static void ask(enum restante_event event)
{
    struct restante_facts facts = {.event = event, .maildrop = &maildrop};
    policy_stack_ask(&stack, &facts, NULL, NULL, decisions, &answer);
}

static int teardown(void **state)
{
    (void)state;
    policy_decisions_close(&decisions);
    policy_stack_close(&stack);
    return 0;
}

static void nothing_decided_is_allowed(void **state)
{
    (void)state;
    begin(1);
    ask(RESTANTE_EVENT_OPEN);
    for (size_t number = 0; number <= 6; number++)
        assert_int_equal(policy_decisions_get(decisions, number), RESTANTE_ALLOW);
    assert_string_equal(policy_decisions_rule(decisions, 1), "");
    assert_string_equal(policy_decisions_reason(decisions, 1), "");
}

static void hold_beats_expire_beats_hide(void **state)
{
    (void)state;
    begin(3);
    fake_policy_decides(0, 1, RESTANTE_HIDE);
    fake_policy_decides(1, 1, RESTANTE_EXPIRE);
    fake_policy_decides(2, 1, RESTANTE_HOLD);
    fake_policy_decides(0, 2, RESTANTE_HOLD);
    fake_policy_decides(1, 2, RESTANTE_EXPIRE);
    fake_policy_decides(1, 3, RESTANTE_EXPIRE);
    fake_policy_decides(2, 3, RESTANTE_EXPIRE);
    fake_policy_decides(2, 4, RESTANTE_HIDE);
    ask(RESTANTE_EVENT_OPEN);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 1), RESTANTE_HOLD);
    assert_int_equal(policy_decisions_entry(decisions, 1), 2);
    assert_string_equal(policy_decisions_rule(decisions, 1), "line 3");
    assert_string_equal(policy_decisions_reason(decisions, 1), "reason 3");
    assert_int_equal(policy_decisions_get(decisions, 2), RESTANTE_HOLD);
    assert_int_equal(policy_decisions_entry(decisions, 2), 0);
    assert_int_equal(policy_decisions_get(decisions, 3), RESTANTE_EXPIRE);
    assert_int_equal(policy_decisions_entry(decisions, 3), 1);
    assert_string_equal(policy_decisions_rule(decisions, 3), "line 2");
    assert_int_equal(policy_decisions_get(decisions, 4), RESTANTE_HIDE);
    assert_int_equal(policy_decisions_get(decisions, 5), RESTANTE_ALLOW);
}

static void what_cannot_be_decided_is_not_taken(void **state)
{
    (void)state;
    begin(1);
    fake_policy_decides(0, 6, RESTANTE_EXPIRE);
    fake_policy_decides(0, 1, RESTANTE_REFUSE);
    fake_policy_decides(0, 1, RESTANTE_SET_ASIDE);
    fake_policy_decides(0, 1, (enum restante_decision)99);
    fake_policy_decides(0, 2, RESTANTE_ALLOW);
    ask(RESTANTE_EVENT_OPEN);
    for (size_t i = 0; i < 4; i++)
        assert_false(fake_policies[0].decisions[i].is_taken);
    assert_true(fake_policies[0].decisions[4].is_taken);
    for (size_t number = 1; number <= 5; number++)
        assert_int_equal(policy_decisions_get(decisions, number), RESTANTE_ALLOW);
    assert_false(policy_decisions_put(decisions, 0, &fake_policies[0].decisions[0].verdict));
}

static void at_quit_only_expire_is_decided(void **state)
{
    (void)state;
    begin(2);
    fake_policy_decides(0, 1, RESTANTE_HIDE);
    fake_policy_decides(0, 2, RESTANTE_HOLD);
    fake_policy_decides(0, 3, RESTANTE_EXPIRE);
    /* One that fails takes nothing from the others: there is no hold at QUIT. */
    fake_policies[1].fails[RESTANTE_EVENT_QUIT] = true;
    fake_policy_decides(1, 4, RESTANTE_EXPIRE);
    ask(RESTANTE_EVENT_QUIT);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 1), RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 2), RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 3), RESTANTE_EXPIRE);
    assert_int_equal(policy_decisions_get(decisions, 4), RESTANTE_ALLOW);
}

/* Its decisions are gone as a whole, also where they had beaten others; and nothing expires. */
static void a_policy_that_fails_has_decided_nothing(void **state)
{
    (void)state;
    begin(3);
    for (size_t i = 0; i < 3; i++)
        stack.entries[i].terms.on_error = RESTANTE_ON_ERROR_ALLOW;
    fake_policy_decides(0, 1, RESTANTE_HIDE);
    fake_policy_decides(0, 2, RESTANTE_EXPIRE);
    fake_policies[1].fails[RESTANTE_EVENT_OPEN] = true;
    fake_policy_decides(1, 1, RESTANTE_HOLD);
    fake_policy_decides(1, 3, RESTANTE_HIDE);
    fake_policy_decides(2, 4, RESTANTE_EXPIRE);
    fake_policy_decides(2, 5, RESTANTE_HOLD);
    ask(RESTANTE_EVENT_OPEN);
    assert_int_equal(answer.verdict.decision, RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 1), RESTANTE_HIDE);
    assert_int_equal(policy_decisions_get(decisions, 2), RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 3), RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 4), RESTANTE_ALLOW);
    assert_int_equal(policy_decisions_get(decisions, 5), RESTANTE_HOLD);
}

static void a_failure_refuses_the_login_where_the_policy_says_so(void **state)
{
    (void)state;
    begin(2);
    fake_policies[0].fails[RESTANTE_EVENT_OPEN] = true;
    stack.entries[0].terms.on_error = RESTANTE_ON_ERROR_TRY_LATER;
    ask(RESTANTE_EVENT_OPEN);
    assert_int_equal(answer.verdict.decision, RESTANTE_REFUSE);
    assert_string_equal(answer.verdict.code, "SYS/TEMP");
    assert_int_equal(fake_policies[1].asked[RESTANTE_EVENT_OPEN], 0);
}

/* One policy a step, so that other sessions have their turn. */
static void asking_goes_in_steps(void **state)
{
    (void)state;
    struct restante_facts facts = {.event = RESTANTE_EVENT_OPEN, .maildrop = &maildrop};
    size_t next = 0;
    begin(3);
    stack.entries[1].terms.wanted = 0;
    fake_policy_decides(0, 1, RESTANTE_HIDE);
    fake_policy_decides(2, 1, RESTANTE_EXPIRE);
    answer = (struct policy_answer){0};
    assert_true(policy_stack_ask_next(&stack, &next, &facts, NULL, NULL, decisions, &answer));
    assert_int_equal(fake_policies[0].asked[RESTANTE_EVENT_OPEN], 1);
    assert_int_equal(fake_policies[2].asked[RESTANTE_EVENT_OPEN], 0);
    assert_true(policy_stack_ask_next(&stack, &next, &facts, NULL, NULL, decisions, &answer));
    assert_int_equal(fake_policies[2].asked[RESTANTE_EVENT_OPEN], 1);
    assert_false(policy_stack_ask_next(&stack, &next, &facts, NULL, NULL, decisions, &answer));
    assert_int_equal(policy_decisions_get(decisions, 1), RESTANTE_EXPIRE);
    assert_int_equal(policy_decisions_entry(decisions, 1), 2);
}

/* A policy that has something else to say about each message cannot fill the memory; the decisions count all the same. */
static void reasons_are_kept_once_and_not_without_end(void **state)
{
    (void)state;
    enum { MANY = POLICY_REASONS_MAX + 100 };
    struct restante_verdict verdict = {.decision = RESTANTE_EXPIRE, .rule = "open, line 4"};
    decisions = policy_decisions_open(MANY);
    policy_decisions_begin(decisions, 3, RESTANTE_EVENT_OPEN);
    for (size_t number = 1; number <= MANY; number++) {
        snprintf(verdict.reason, sizeof(verdict.reason), "number %zu", number);
        assert_true(policy_decisions_put(decisions, number, &verdict));
    }
    policy_decisions_end(decisions, true);
    assert_string_equal(policy_decisions_reason(decisions, 1), "number 1");
    assert_string_equal(policy_decisions_reason(decisions, POLICY_REASONS_MAX), "number 4096");
    assert_string_equal(policy_decisions_rule(decisions, POLICY_REASONS_MAX), "open, line 4");
    assert_string_equal(policy_decisions_reason(decisions, MANY), "");
    assert_string_equal(policy_decisions_rule(decisions, MANY), "one of many rules");
    assert_int_equal(policy_decisions_get(decisions, MANY), RESTANTE_EXPIRE);
    assert_int_equal(policy_decisions_entry(decisions, MANY), 3);
    policy_decisions_begin(decisions, 4, RESTANTE_EVENT_OPEN);
    verdict.decision = RESTANTE_HOLD;
    strcpy(verdict.reason, "number 1");
    assert_true(policy_decisions_put(decisions, MANY, &verdict));
    policy_decisions_end(decisions, true);
    assert_ptr_equal(policy_decisions_reason(decisions, MANY), policy_decisions_reason(decisions, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_decided_is_allowed, teardown),
        cmocka_unit_test_teardown(hold_beats_expire_beats_hide, teardown),
        cmocka_unit_test_teardown(what_cannot_be_decided_is_not_taken, teardown),
        cmocka_unit_test_teardown(at_quit_only_expire_is_decided, teardown),
        cmocka_unit_test_teardown(a_policy_that_fails_has_decided_nothing, teardown),
        cmocka_unit_test_teardown(a_failure_refuses_the_login_where_the_policy_says_so, teardown),
        cmocka_unit_test_teardown(asking_goes_in_steps, teardown),
        cmocka_unit_test_teardown(reasons_are_kept_once_and_not_without_end, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
