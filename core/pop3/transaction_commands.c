/*
 * pop3/transaction_commands.c - the table of the TRANSACTION state, its small commands and message numbers. Runs in a
 * worker.
 */
#include "pop3/transaction_state.h"
#include "util/str.h"

bool transaction_find(const struct transaction *transaction, const struct command_argument *argument, size_t *index,
                      struct outcome *outcome)
{
    uint64_t number;
    if (!str_parse_u64(argument->text, argument->length, &number)) {
        outcome_bad(outcome, "Not a message number");
        return false;
    }
    if (number < 1 || number > transaction->maildrop.count) {
        outcome_error(outcome, NULL, "No such message");
        return false;
    }
    *index = (size_t)(number - 1);
    if (transaction_is_deleted(transaction, *index)) {
        outcome_error(outcome, NULL, "This message is deleted");
        return false;
    }
    return true;
}

static void transaction_print_capa(const void *session, struct buf *out)
{
    const struct transaction *transaction = session;
    const struct transaction_policy *policy = &transaction->settings.policy;
    const struct capa_announcements *announcements = &transaction->settings.announcements;
    if (policy->announce)
        announcements = policy->announce(policy->context);
    capa_print(&transaction->facts, announcements, out);
}

static void transaction_capa(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    (void)arguments;
    if (!transaction_may(session, RESTANTE_EVENT_CAPA, TRANSACTION_NO_MESSAGE, outcome))
        return;
    outcome_multiline(outcome, "Capabilities follow", transaction_print_capa);
}

static void transaction_noop(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    (void)session;
    (void)arguments;
    outcome_ok(outcome, "Still here");
}

static void transaction_quit(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct transaction *transaction = session;
    (void)arguments;
    transaction->phase = PHASE_UPDATE;
    outcome_set(outcome, OUTCOME_LATER);
}

const struct command transaction_commands[] = {
    {"STAT", cmd_stat, 0, 0, 0, NULL, NULL},
    {"LIST", cmd_list, 0, 1, 0, NULL, NULL},
    {"UIDL", cmd_uidl, 0, 1, 0, "UIDL", NULL},
    {"RETR", cmd_retr, 1, 1, 0, NULL, NULL},
    {"TOP", cmd_top, 2, 2, 0, "TOP", NULL},
    {"DELE", cmd_dele, 1, 1, 0, NULL, NULL},
    {"RSET", cmd_rset, 0, 0, 0, NULL, NULL},
    {"NOOP", transaction_noop, 0, 0, 0, NULL, NULL},
    {"CAPA", transaction_capa, 0, 0, 0, NULL, NULL},
    {"QUIT", transaction_quit, 0, 0, 0, NULL, NULL},
    {"UTF8", command_not_offered, 0, 1, COMMAND_REST, NULL, NULL},
    {"LANG", command_not_offered, 0, 1, COMMAND_REST, NULL, NULL},
    {0},
};
