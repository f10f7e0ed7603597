/*
 * pop3/cmd_dele.c - DELE and RSET (RFC 1939 section 5). Runs in a worker. They mark; only UPDATE removes.
 */
#include <inttypes.h>

#include "pop3/transaction_state.h"

static uint64_t cmd_dele_octets(const struct transaction *transaction, size_t index)
{
    return transaction->maildrop.octets(transaction->maildrop.context, index);
}

void cmd_dele(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    size_t index;
    if (!transaction_find(transaction, &arguments->list[0], &index, outcome) ||
        !transaction_may(transaction, RESTANTE_EVENT_DELE, index, outcome))
        return;
    transaction->fates[index] = RESTANTE_DELETE;
    transaction->totals.deleted++;
    transaction->left--;
    transaction->left_octets -= cmd_dele_octets(transaction, index);
    if (transaction->settings.policy.deleted)
        transaction->settings.policy.deleted(transaction->settings.policy.context, index);
    outcome_ok(outcome, "Message %zu is deleted", index + 1);
}

void cmd_rset(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    (void)arguments;
    if (!transaction_may(transaction, RESTANTE_EVENT_RSET, TRANSACTION_NO_MESSAGE, outcome))
        return;
    for (size_t i = 0; transaction->totals.deleted > 0 && i < transaction->maildrop.count; i++) {
        if (!transaction_is_deleted(transaction, i))
            continue;
        transaction->fates[i] = transaction->is_retrieved[i] ? RESTANTE_KEEP_RETRIEVED : RESTANTE_KEEP;
        transaction->left++;
        transaction->left_octets += cmd_dele_octets(transaction, i);
    }
    transaction->totals.deleted = 0;
    if (transaction->settings.policy.reset)
        transaction->settings.policy.reset(transaction->settings.policy.context);
    outcome_ok(outcome, "%zu messages (%" PRIu64 " octets)", transaction->left, transaction->left_octets);
}
