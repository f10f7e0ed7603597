/*
 * tests/unit/fake_policy.c - see fake_policy.h.
 */
#include "fake_policy.h"

#include <stdio.h>
#include <string.h>

#include "util/error.h"
#include "util/str.h"

struct fake_policy fake_policies[FAKE_POLICIES_MAX];

static enum restante_status fake_judge(void *policy, const struct restante_facts *facts,
                                       struct restante_verdict *verdict, struct restante_error *error)
{
    struct fake_policy *fake = policy;
    (facts->is_after ? fake->told : fake->asked)[facts->event]++;
    fake->store = facts->store;
    fake->count = facts->maildrop ? facts->maildrop->count : 0;
    if (facts->message)
        fake->message = *facts->message;
    for (size_t i = 0; facts->maildrop && i < fake->count && i < FAKE_DECISIONS_MAX; i++)
        facts->maildrop->message(facts->maildrop, i + 1, &fake->messages[i]);
    for (size_t i = 0; facts->decide && i < FAKE_DECISIONS_MAX && fake->decisions[i].number > 0; i++)
        fake->decisions[i].is_taken =
            facts->decide(facts, fake->decisions[i].number, &fake->decisions[i].verdict);
    *verdict = fake->verdicts[facts->event];
    if (fake->fails[facts->event])
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "policy fake: line 7: out of luck");
    return RESTANTE_OK;
}

static enum restante_status fake_announce(void *policy, const struct restante_facts *facts,
                                          struct restante_announcement *announcement, struct restante_error *error)
{
    struct fake_policy *fake = policy;
    fake->store = facts->store;
    if (fake->fails_to_announce)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "policy fake: announce: out of luck");
    *announcement = fake->announcement;
    return RESTANTE_OK;
}

static void fake_stop(void **policy)
{
    struct fake_policy *fake = *policy;
    fake->is_stopped = true;
    *policy = NULL;
}

static const struct restante_policy fake_operations = {
    .judge = fake_judge, .announce = fake_announce, .stop = fake_stop};

void fake_policy_stack(struct policy_stack *stack, size_t count, uint32_t wanted, uint32_t wanted_after)
{
    static const char *const names[FAKE_POLICIES_MAX] = {"first", "second", "third", "fourth"};
    const struct restante_announcement nothing = {.expire_days = RESTANTE_NO_ANNOUNCEMENT,
                                                  .login_delay_s = RESTANTE_NO_ANNOUNCEMENT};
    *stack = (struct policy_stack){0};
    memset(fake_policies, 0, sizeof(fake_policies));
    for (size_t i = 0; i < count; i++) {
        struct policy_entry entry = {.operations = &fake_operations, .policy = &fake_policies[i]};
        entry.terms = (struct restante_policy_terms){
            .wanted = wanted, .wanted_after = wanted_after, .announcement = nothing};
        str_copy(entry.terms.name, sizeof(entry.terms.name), names[i]);
        fake_policies[i].announcement = nothing;
        policy_stack_add(stack, &entry);
    }
}

struct restante_verdict *fake_policy_answers(size_t place, enum restante_event event, enum restante_decision decision)
{
    struct restante_verdict *verdict = &fake_policies[place].verdicts[event];
    *verdict = (struct restante_verdict){.decision = decision, .delay_ms = 1000};
    snprintf(verdict->text, sizeof(verdict->text), "text of %zu", place + 1);
    snprintf(verdict->rule, sizeof(verdict->rule), "%s, line %zu", policy_event_name(event), place + 1);
    return verdict;
}

void fake_policy_decides(size_t place, size_t number, enum restante_decision decision)
{
    struct fake_policy *fake = &fake_policies[place];
    size_t used = 0;
    while (fake->decisions[used].number > 0)
        used++;
    fake->decisions[used].number = number;
    fake->decisions[used].verdict = (struct restante_verdict){.decision = decision};
    snprintf(fake->decisions[used].verdict.rule, sizeof(fake->decisions[used].verdict.rule), "line %zu", place + 1);
    snprintf(fake->decisions[used].verdict.reason, sizeof(fake->decisions[used].verdict.reason), "reason %zu",
             place + 1);
}
