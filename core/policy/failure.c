/*
 * policy/failure.c - see failure.h. Runs in a worker.
 */
#include "policy/failure.h"

#include "util/log.h"

void policy_failure_log(const struct policy_entry *entry, const struct restante_facts *facts, const char *hook,
                        const char *answer, const struct restante_error *error)
{
    const struct restante_session_facts *session = facts->session;
    struct log_line line;
    log_begin(&line, RESTANTE_ERROR, "policy_failed");
    log_add(&line, "session", session ? session->session_id : "");
    log_add(&line, "user", session ? session->user : "");
    log_add(&line, "peer", session ? session->peer : "");
    log_add(&line, "policy", entry->terms.name);
    log_add(&line, "hook", hook);
    if (facts->message)
        log_add_number(&line, "message", (int64_t)facts->message->number);
    log_add(&line, "answer", answer);
    log_add(&line, "text", error->log[0] ? error->log : error->client);
    log_end(&line);
}
