/*
 * session/session_log.h - what a session writes to the log.
 */
#ifndef SESSION_SESSION_LOG_H
#define SESSION_SESSION_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

#include "policy/answer.h"
#include "pop3/transaction.h"

/* Who the lines are about. */
struct session_log {
    const char *session_id, *user, *peer;
};

struct session_log_end {
    struct transaction_totals totals;
    size_t deleted; /* really removed */
    size_t left;
    size_t expired, set_aside, hidden; /* by policies: logged where there are any */
    size_t refused;                    /* commands, by policies; as well */
    int64_t duration_ms;
    const char *how; /* quit, disconnect, timeout, shutdown, error, protocol, policy */
};

/* event=session_end */
void session_log_end(const struct session_log *log, const struct session_log_end *end);
/* What policies have answered to a question. */
struct session_log_answer {
    const char *hook;
    size_t number; /* of the message, as the client counts; 0: about none */
    const char *uidl;
    const struct policy_answer *answer;
    bool is_last; /* no more of this session are logged */
};

/* event=policy_refused or event=policy_delayed */
void session_log_answer_line(const struct session_log *log, const struct session_log_answer *said);
/* Something failed: `event` is what, the error says why. A busy maildrop is no more than a warning. */
void session_log_failure(const struct session_log *log, const char *event, const struct restante_error *error);

#endif
