/*
 * pop3/cmd_retr.c - RETR and TOP (RFC 1939 sections 5 and 7). Runs in a worker.
 *
 * The status line is written with the first octets of the message: one packet less, and a message that cannot be read
 * at all gets an honest -ERR. When reading fails later the session is closed: an end that looks like one would make
 * the client take half a message for the whole, and delete the original.
 */
#include <inttypes.h>

#include "pop3/transaction_state.h"
#include "util/str.h"

/* Stored octets read at a time. TOP mostly wants less, and so does output that is nearly full. */
#define RETR_CHUNK_OCTETS 65536
#define RETR_CHUNK_MIN_OCTETS 4096
#define TOP_CHUNK_OCTETS 8192

void cmd_retr_stop(struct transaction *transaction)
{
    if (transaction->reading.reader)
        transaction->maildrop.read_close(transaction->maildrop.context, &transaction->reading.reader);
    transaction->reading = (struct transaction_reading){0};
    transaction->produce = NULL;
}

static void cmd_retr_announce(struct transaction *transaction, struct buf *out)
{
    const struct transaction_maildrop *maildrop = &transaction->maildrop;
    struct outcome outcome;
    if (transaction->reading.is_announced)
        return;
    transaction->reading.is_announced = true;
    if (transaction->reading.is_top)
        outcome_ok(&outcome, "Top of message follows");
    else
        outcome_ok(&outcome, "%" PRIu64 " octets", maildrop->octets(maildrop->context, transaction->index));
    outcome_reply(&outcome, transaction, out);
}

static void cmd_retr_finish(struct transaction *transaction, struct buf *out)
{
    struct transaction_reading *reading = &transaction->reading;
    const struct transaction_maildrop *maildrop = &transaction->maildrop;
    size_t index = transaction->index;
    wire_end(&reading->wire, out);
    if (reading->is_top) {
        transaction->totals.top++;
    } else {
        transaction->is_retrieved[index] = true;
        transaction->fates[index] = RESTANTE_KEEP_RETRIEVED;
        transaction->totals.retrieved++;
        transaction->totals.retrieved_octets += reading->wire.count.octets;
        maildrop->retrieved(maildrop->context, index, reading->wire.count.octets);
    }
    cmd_retr_stop(transaction);
    transaction_tell(transaction);
}

static void cmd_retr_fail(struct transaction *transaction, enum restante_status status,
                          const struct restante_error *error, struct buf *out)
{
    struct outcome outcome;
    if (transaction->reading.is_announced) {
        transaction_end(transaction, "read-failed");
    } else {
        outcome_failure(&outcome, status, error, "This message cannot be read now");
        outcome_reply(&outcome, transaction, out);
    }
    cmd_retr_stop(transaction);
}

/* So many that output does not grow past its limit by more than line ends and dots double it. */
static size_t cmd_retr_capacity(const struct transaction *transaction, const struct buf *out, size_t limit)
{
    size_t capacity = transaction->reading.is_top ? TOP_CHUNK_OCTETS : RETR_CHUNK_OCTETS;
    size_t room = limit - buf_length(out);
    if (room < RETR_CHUNK_MIN_OCTETS)
        room = RETR_CHUNK_MIN_OCTETS;
    return room < capacity ? room : capacity;
}

/* Read and convert one chunk, or finish. One chunk serves all sessions: only what a message needs of it is touched. */
static void cmd_retr_step(struct transaction *transaction, struct buf *out, size_t limit)
{
    const struct transaction_maildrop *maildrop = &transaction->maildrop;
    struct transaction_reading *reading = &transaction->reading;
    struct restante_error error = {0};
    static char stored[RETR_CHUNK_OCTETS];
    size_t length = 0, capacity = cmd_retr_capacity(transaction, out, limit);
    enum restante_status status =
        maildrop->read(maildrop->context, reading->reader, stored, capacity, &length, &error);
    if (status != RESTANTE_OK || length > capacity) {
        cmd_retr_fail(transaction, status, &error, out);
        return;
    }
    cmd_retr_announce(transaction, out);
    if (length > 0)
        wire_add(&reading->wire, stored, length, out);
    if (length == 0 || reading->wire.is_full)
        cmd_retr_finish(transaction, out);
}

static void cmd_retr_produce(struct transaction *transaction, struct buf *out, size_t limit)
{
    while (transaction->produce && buf_length(out) < limit)
        cmd_retr_step(transaction, out, limit);
}

static void cmd_retr_begin(struct transaction *transaction, size_t index, struct outcome *outcome)
{
    const struct transaction_maildrop *maildrop = &transaction->maildrop;
    struct transaction_reading *reading = &transaction->reading;
    struct restante_error error = {0};
    enum restante_status status = maildrop->read_open(maildrop->context, index, &reading->reader, &error);
    if (status != RESTANTE_OK) {
        reading->reader = NULL;
        outcome_failure(outcome, status, &error, "This message cannot be read now");
        return;
    }
    reading->wire.compatibility = transaction->settings.compatibility;
    transaction->index = index;
    transaction->produce = cmd_retr_produce;
    outcome_set(outcome, OUTCOME_LATER);
}

void cmd_retr(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    size_t index;
    if (!transaction_find(transaction, &arguments->list[0], &index, outcome) ||
        !transaction_may(transaction, RESTANTE_EVENT_RETR, index, outcome))
        return;
    transaction->reading = (struct transaction_reading){0};
    cmd_retr_begin(transaction, index, outcome);
}

/* As many lines as anybody asks for, also more than a number holds. */
static bool cmd_top_lines(const struct command_argument *argument, uint64_t *lines)
{
    for (size_t i = 0; i < argument->length; i++)
        if (argument->text[i] < '0' || argument->text[i] > '9')
            return false;
    if (!str_parse_u64(argument->text, argument->length, lines))
        *lines = UINT64_MAX;
    return true;
}

void cmd_top(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    size_t index;
    uint64_t lines;
    if (!cmd_top_lines(&arguments->list[1], &lines)) {
        outcome_bad(outcome, "Not a number of lines");
        return;
    }
    if (!transaction_find(transaction, &arguments->list[0], &index, outcome) ||
        !transaction_may(transaction, RESTANTE_EVENT_TOP, index, outcome))
        return;
    transaction->reading = (struct transaction_reading){.is_top = true};
    wire_limit(&transaction->reading.wire, lines);
    cmd_retr_begin(transaction, index, outcome);
}
