/*
 * session/session_log.c - what a session writes to the log. Runs in a worker; nursery refusals use it too. Loses lines
 * rather than time (util/log.h).
 */
#include "session/session_log.h"

#include "util/error.h"
#include "util/log.h"

static void session_log_begin(struct log_line *line, const struct session_log *log, enum restante_level level,
                              const char *event)
{
    log_begin(line, level, event);
    log_add(line, "session", log->session_id);
    log_add(line, "user", log->user);
    log_add(line, "peer", log->peer);
}

void session_log_end(const struct session_log *log, const struct session_log_end *end)
{
    struct log_line line;
    session_log_begin(&line, log, RESTANTE_INFO, "session_end");
    log_add_number(&line, "retrieved", (int64_t)end->totals.retrieved);
    log_add_number(&line, "top", (int64_t)end->totals.top);
    log_add_number(&line, "deleted", (int64_t)end->deleted);
    log_add_number(&line, "left", (int64_t)end->left);
    log_add_number(&line, "octets", (int64_t)end->totals.retrieved_octets);
    log_add_number(&line, "duration_ms", end->duration_ms);
    log_add(&line, "how", end->how);
    log_end(&line);
}

void session_log_failure(const struct session_log *log, const char *event, const struct restante_error *error)
{
    struct log_line line;
    session_log_begin(&line, log, error->status == RESTANTE_IN_USE ? RESTANTE_WARN : RESTANTE_ERROR, event);
    log_add(&line, "code", error_response_code(error->status));
    log_add(&line, "text", error->log[0] ? error->log : error->client);
    log_end(&line);
}
