/*
 * pop3/transaction.c - the TRANSACTION state: input, output and the way to UPDATE. Runs in a worker.
 *
 * Commands are in transaction_commands.c and cmd_list.c, cmd_retr.c, cmd_dele.c.
 */
#include "pop3/transaction.h"

#include <inttypes.h>
#include <stdlib.h>

#include "pop3/reply.h"
#include "pop3/transaction_state.h"
#include "util/alloc.h"

enum { TRANSACTION_STEPS = 64 };

struct transaction *transaction_open(const struct transaction_settings *settings,
                                     const struct transaction_maildrop *maildrop)
{
    struct transaction *transaction = alloc_zeroed(sizeof(*transaction));
    transaction->settings = *settings;
    transaction->asking.event = RESTANTE_EVENT_COUNT;
    transaction->maildrop = *maildrop;
    /* The client has logged in as things are, so passwords were allowed; TLS cannot begin any more. */
    transaction->facts = (struct authorization_facts){.is_tls = settings->is_tls, .allows_plain = true};
    size_t count = maildrop->count > 0 ? maildrop->count : 1;
    transaction->fates = alloc_array(count, sizeof(*transaction->fates));
    transaction->is_retrieved = alloc_array(count, sizeof(*transaction->is_retrieved));
    transaction->left = maildrop->count;
    for (size_t i = 0; i < maildrop->count; i++)
        transaction->left_octets += maildrop->octets(maildrop->context, i);
    return transaction;
}

void transaction_close(struct transaction **transaction)
{
    if (!*transaction)
        return;
    cmd_retr_stop(*transaction);
    line_wipe(&(*transaction)->input);
    free((*transaction)->fates);
    free((*transaction)->is_retrieved);
    free(*transaction);
    *transaction = NULL;
}

void transaction_stop(struct transaction *transaction)
{
    cmd_retr_stop(transaction);
    transaction_end(transaction, "stopped");
}

void transaction_greet(struct transaction *transaction, struct buf *out)
{
    reply_ok(out, "Maildrop has %zu messages (%" PRIu64 " octets)", transaction->left, transaction->left_octets);
}

void transaction_login_failed(struct buf *out, const struct restante_error *error)
{
    reply_failure(out, error, "The maildrop cannot be opened now, try again later");
}

void transaction_login_refused(struct buf *out, const char *code, const char *text)
{
    reply_error(out, code, "%s", *text ? text : TRANSACTION_TEXT_REFUSED);
}

void transaction_end(struct transaction *transaction, const char *reason)
{
    transaction->phase = PHASE_CLOSED;
    if (!transaction->close_reason)
        transaction->close_reason = reason;
}

bool transaction_feed(struct transaction *transaction, const char *data, size_t length)
{
    if (transaction->phase != PHASE_COMMANDS)
        return true;
    return line_feed(&transaction->input, data, length);
}

size_t transaction_room(const struct transaction *transaction)
{
    return line_room(&transaction->input);
}

bool transaction_is_within_line(const struct transaction *transaction)
{
    return transaction->phase == PHASE_COMMANDS && !transaction->produce &&
           (line_kept(&transaction->input) > 0 || transaction->input.is_skipping);
}

static void transaction_handle(struct transaction *transaction, enum line_result result,
                               const struct command_argument *line, struct buf *out)
{
    struct outcome outcome;
    transaction->asking.event = RESTANTE_EVENT_COUNT;
    command_run(transaction_commands, &transaction->facts, transaction, result, line, &outcome);
    if (outcome.kind == OUTCOME_BAD && ++transaction->bad_commands >= transaction->settings.bad_commands) {
        outcome_bad(&outcome, "Too many bad commands");
        transaction_end(transaction, "bad-commands");
    }
    outcome_reply(&outcome, transaction, out);
    if (outcome.kind == OUTCOME_OK && !transaction->produce)
        transaction_tell(transaction);
}

/* One line, or as much of a long reply as there is room for. False: there is nothing to do before more input. */
static bool transaction_step(struct transaction *transaction, struct buf *out, size_t limit)
{
    struct command_argument line;
    if (transaction->produce) {
        transaction->produce(transaction, out, limit);
        return true;
    }
    enum line_result result = line_next(&transaction->input, LINE_COMMAND_MAX, &line.text, &line.length);
    if (result == LINE_NONE)
        return false;
    transaction_handle(transaction, result, &line, out);
    if (transaction->asking.delay_ms == 0)
        line_done(&transaction->input);
    return true;
}

enum transaction_event transaction_run(struct transaction *transaction, struct buf *out, size_t limit)
{
    bool was_update = transaction->phase == PHASE_UPDATE;
    if (transaction->asking.delay_ms > 0) {
        transaction->asking.delay_ms = 0;
        transaction->asking.is_settled = true;
    }
    transaction->asking.yields = false;
    for (unsigned steps = 0; transaction->phase == PHASE_COMMANDS; steps++) {
        bool has_more = transaction->produce || line_kept(&transaction->input) > 0;
        /* WHY a number of steps: commands with short answers can be as much work as long ones. */
        bool is_long = steps == TRANSACTION_STEPS || transaction->asking.yields;
        if (has_more && (buf_length(out) >= limit || is_long))
            return TRANSACTION_OUTPUT_FULL;
        if (!transaction_step(transaction, out, limit))
            return TRANSACTION_NEED_INPUT;
        if (transaction->asking.delay_ms > 0)
            return TRANSACTION_DELAYED;
    }
    line_wipe(&transaction->input);
    if (transaction->phase == PHASE_CLOSED)
        return TRANSACTION_CLOSE;
    /* Asked again while UPDATE is going on: it must not begin twice. */
    return was_update ? TRANSACTION_NEED_INPUT : TRANSACTION_QUIT;
}

const uint8_t *transaction_fates(const struct transaction *transaction)
{
    return transaction->fates;
}

const bool *transaction_retrieved(const struct transaction *transaction)
{
    return transaction->is_retrieved;
}

void transaction_updated(struct transaction *transaction, enum restante_status status,
                         const struct restante_error *error, size_t left, struct buf *out)
{
    struct outcome outcome;
    if (transaction->phase != PHASE_UPDATE)
        return;
    if (status == RESTANTE_OK)
        outcome_ok(&outcome, "Bye, %zu messages left", left);
    else
        outcome_failure(&outcome, status, error, "Some deleted messages were not removed");
    outcome_reply(&outcome, transaction, out);
    transaction_end(transaction, "quit");
}

const struct transaction_totals *transaction_totals(const struct transaction *transaction)
{
    return &transaction->totals;
}

const char *transaction_close_reason(const struct transaction *transaction)
{
    return transaction->close_reason ? transaction->close_reason : "";
}

bool transaction_is_deleted(const struct transaction *transaction, size_t index)
{
    return transaction->fates[index] == RESTANTE_DELETE;
}
