/*
 * pop3/cmd_list.c - STAT, LIST and UIDL (RFC 1939 sections 5 and 7). Runs in a worker.
 *
 * Messages keep their numbers for the whole session; those marked for deletion are left out.
 */
#include <inttypes.h>

#include "pop3/reply.h"
#include "pop3/transaction_state.h"

static const char *cmd_list_uidl(const struct transaction *transaction, size_t index)
{
    return transaction->maildrop.uidl(transaction->maildrop.context, index);
}

static uint64_t cmd_list_octets(const struct transaction *transaction, size_t index)
{
    return transaction->maildrop.octets(transaction->maildrop.context, index);
}

/* The next message to list; false when the listing has ended and its end was written. */
static bool cmd_list_next(struct transaction *transaction, struct buf *out, size_t *index)
{
    size_t count = transaction->maildrop.count;
    while (transaction->index < count && transaction_is_deleted(transaction, transaction->index))
        transaction->index++;
    if (transaction->index < count) {
        *index = transaction->index++;
        return true;
    }
    reply_end(out);
    transaction->produce = NULL;
    transaction_tell(transaction);
    return false;
}

static void cmd_list_produce_octets(struct transaction *transaction, struct buf *out, size_t limit)
{
    size_t index;
    while (buf_length(out) < limit && cmd_list_next(transaction, out, &index))
        reply_listing_octets(out, index + 1, cmd_list_octets(transaction, index));
}

static void cmd_list_produce_uidls(struct transaction *transaction, struct buf *out, size_t limit)
{
    size_t index;
    while (buf_length(out) < limit && cmd_list_next(transaction, out, &index))
        reply_listing(out, index + 1, cmd_list_uidl(transaction, index));
}

static void cmd_list_begin(struct transaction *transaction, transaction_producer produce, struct outcome *outcome)
{
    transaction->index = 0;
    transaction->produce = produce;
    outcome_ok(outcome, "%zu messages (%" PRIu64 " octets)", transaction->left, transaction->left_octets);
}

void cmd_stat(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    (void)arguments;
    if (!transaction_may(transaction, RESTANTE_EVENT_STAT, TRANSACTION_NO_MESSAGE, outcome))
        return;
    outcome_ok(outcome, "%zu %" PRIu64, transaction->left, transaction->left_octets);
}

/* The message that is asked for, if any, and whether that may be done. */
static bool cmd_list_may(struct transaction *transaction, enum restante_event event,
                         const struct command_arguments *arguments, size_t *index, struct outcome *outcome)
{
    *index = TRANSACTION_NO_MESSAGE;
    if (arguments->count > 0 && !transaction_find(transaction, &arguments->list[0], index, outcome))
        return false;
    return transaction_may(transaction, event, *index, outcome);
}

void cmd_list(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    size_t index;
    if (!cmd_list_may(transaction, RESTANTE_EVENT_LIST, arguments, &index, outcome))
        return;
    if (arguments->count == 0)
        cmd_list_begin(transaction, cmd_list_produce_octets, outcome);
    else
        outcome_ok(outcome, "%zu %" PRIu64, index + 1, cmd_list_octets(transaction, index));
}

void cmd_uidl(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    size_t index;
    if (!cmd_list_may(transaction, RESTANTE_EVENT_UIDL, arguments, &index, outcome))
        return;
    if (arguments->count == 0)
        cmd_list_begin(transaction, cmd_list_produce_uidls, outcome);
    else
        outcome_ok(outcome, "%zu %s", index + 1, cmd_list_uidl(transaction, index));
}
