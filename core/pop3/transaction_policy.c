/*
 * pop3/transaction_policy.c - what the policies are asked before a command and told behind it. Runs in a worker.
 *
 * WHY a line that waits is handled again from its beginning: nothing has been kept of it but the line itself, which
 * input holds back with everything behind it. The second time nobody is asked.
 */
#include "pop3/transaction_state.h"

static bool policy_wants(uint32_t wanted, enum restante_event event)
{
    return event != RESTANTE_EVENT_COUNT && wanted & UINT32_C(1) << event;
}

static bool policy_refuse(struct transaction *transaction, struct outcome *outcome)
{
    const struct transaction_verdict *verdict = &transaction->asking.verdict;
    transaction->asking.event = RESTANTE_EVENT_COUNT;
    outcome_error(outcome, verdict->code, verdict->text[0] ? verdict->text : TRANSACTION_TEXT_REFUSED);
    if (verdict->kind == TRANSACTION_DISCONNECTED)
        transaction_end(transaction, "policy");
    return false;
}

bool transaction_may(struct transaction *transaction, enum restante_event event, size_t index,
                     struct outcome *outcome)
{
    const struct transaction_policy *policy = &transaction->settings.policy;
    struct transaction_asking *asking = &transaction->asking;
    bool is_settled = asking->is_settled;
    asking->event = event;
    asking->index = index;
    asking->is_settled = false;
    if (is_settled || !policy_wants(policy->wanted, event))
        return true;
    asking->verdict = (struct transaction_verdict){0};
    policy->ask(policy->context, event, index, &asking->verdict);
    if (asking->verdict.kind != TRANSACTION_ALLOWED)
        return policy_refuse(transaction, outcome);
    if (asking->verdict.delay_ms == 0)
        return true;
    asking->event = RESTANTE_EVENT_COUNT;
    asking->delay_ms = asking->verdict.delay_ms;
    outcome_set(outcome, OUTCOME_LATER);
    return false;
}

void transaction_tell(struct transaction *transaction)
{
    const struct transaction_policy *policy = &transaction->settings.policy;
    enum restante_event event = transaction->asking.event;
    transaction->asking.event = RESTANTE_EVENT_COUNT;
    if (policy_wants(policy->wanted_after, event))
        policy->tell(policy->context, event, transaction->asking.index);
}

void transaction_yield(struct transaction *transaction)
{
    transaction->asking.yields = true;
}

uint32_t transaction_delay_ms(const struct transaction *transaction)
{
    return transaction->asking.delay_ms;
}
