/*
 * pop3/transaction_state.h - what the files of the TRANSACTION state share; nobody else includes it.
 */
#ifndef POP3_TRANSACTION_STATE_H
#define POP3_TRANSACTION_STATE_H

#include "pop3/command.h"
#include "pop3/transaction.h"
#include "pop3/wire.h"

/* Where a policy gives no text. */
#define TRANSACTION_TEXT_REFUSED "Not allowed here"

enum transaction_phase {
    PHASE_COMMANDS = 0,
    PHASE_UPDATE, /* the session carries out the fates */
    PHASE_CLOSED,
};

/* Adds to `out` until it holds `limit`; sets `produce` to NULL when there is no more to add. */
typedef void (*transaction_producer)(struct transaction *transaction, struct buf *out, size_t limit);

/* RETR or TOP going on. */
struct transaction_reading {
    void *reader; /* NULL: none */
    struct wire wire;
    bool is_top, is_announced; /* the status line has been written */
};

/* What the policies are asked and told about the command that is being carried out. */
struct transaction_asking {
    enum restante_event event; /* RESTANTE_EVENT_COUNT: about nothing */
    size_t index;
    bool yields;       /* others are to have their turn before the next command */
    bool is_settled;   /* the line was delayed and has waited: it is allowed */
    uint32_t delay_ms; /* the line waits; 0: it does not */
    struct transaction_verdict verdict;
};

struct transaction {
    struct transaction_settings settings;
    struct transaction_maildrop maildrop;
    struct authorization_facts facts; /* for CAPA */
    enum transaction_phase phase;
    struct line_input input;
    transaction_producer produce;
    size_t index; /* LIST, UIDL: the next message; RETR, TOP: the message */
    struct transaction_reading reading;
    struct transaction_asking asking;
    uint8_t *fates;     /* enum restante_fate, one per message */
    bool *is_retrieved; /* what RSET goes back to */
    size_t left;        /* messages not marked for deletion, and their octets */
    uint64_t left_octets;
    struct transaction_totals totals;
    uint32_t bad_commands;
    const char *close_reason;
};

bool transaction_is_deleted(const struct transaction *transaction, size_t index);
/* The message an argument names; false with the outcome filled when there is none, or it is deleted. */
bool transaction_find(const struct transaction *transaction, const struct command_argument *argument, size_t *index,
                      struct outcome *outcome);
/*
 * A command, its arguments and its message are good: may it be carried out? False with the outcome filled; when it is
 * delayed, the handler is called again for the same line. To be asked by a handler once, before it does anything.
 */
bool transaction_may(struct transaction *transaction, enum restante_event event, size_t index,
                     struct outcome *outcome);
/* The command that was allowed last has been carried out; once for each. */
void transaction_tell(struct transaction *transaction);
/* Nothing more is handled; the first reason stays. */
void transaction_end(struct transaction *transaction, const char *reason);

void cmd_stat(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_list(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_uidl(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_retr(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_top(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_dele(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_rset(void *session, const struct command_arguments *arguments, struct outcome *outcome);
/* Give up a RETR or TOP that is going on. */
void cmd_retr_stop(struct transaction *transaction);

#endif
