/*
 * session/session_log.h - what a session writes to the log.
 */
#ifndef SESSION_SESSION_LOG_H
#define SESSION_SESSION_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

#include "pop3/transaction.h"

/* Who the lines are about. */
struct session_log {
    const char *session_id, *user, *peer;
};

struct session_log_end {
    struct transaction_totals totals;
    size_t deleted; /* really removed */
    size_t left;
    int64_t duration_ms;
    const char *how; /* quit, disconnect, timeout, shutdown, error, protocol */
};

/* event=session_end */
void session_log_end(const struct session_log *log, const struct session_log_end *end);
/* Something failed: `event` is what, the error says why. A busy maildrop is no more than a warning. */
void session_log_failure(const struct session_log *log, const char *event, const struct restante_error *error);

#endif
