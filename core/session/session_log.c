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

static void session_log_add_some(struct log_line *line, const char *key, size_t number)
{
    if (number > 0)
        log_add_number(line, key, (int64_t)number);
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
    session_log_add_some(&line, "expired", end->expired);
    session_log_add_some(&line, "set_aside", end->set_aside);
    session_log_add_some(&line, "hidden", end->hidden);
    session_log_add_some(&line, "refused", end->refused);
    log_end(&line);
}

static void session_log_add_rule(struct log_line *line, const struct policy_entry *by, const char *hook,
                                 const char *rule)
{
    log_add(line, "policy", by->terms.name);
    log_add(line, "hook", hook);
    log_add(line, "rule", rule);
}

static void session_log_add_text(struct log_line *line, const char *key, const char *value)
{
    if (*value)
        log_add(line, key, value);
}

void session_log_answer_line(const struct session_log *log, const struct session_log_answer *said)
{
    const struct policy_answer *answer = said->answer;
    bool is_delayed = answer->verdict.delay_ms > 0;
    struct log_line line;
    session_log_begin(&line, log, RESTANTE_INFO, is_delayed ? "policy_delayed" : "policy_refused");
    if (is_delayed)
        session_log_add_rule(&line, answer->delayed_by, said->hook, answer->delay_rule);
    else
        session_log_add_rule(&line, answer->by, said->hook, answer->verdict.rule);
    if (said->number > 0) {
        log_add_number(&line, "message", (int64_t)said->number);
        log_add(&line, "uidl", said->uidl);
    }
    if (is_delayed) {
        log_add_number(&line, "delay_ms", answer->verdict.delay_ms);
    } else {
        log_add(&line, "answer", answer->verdict.decision == RESTANTE_DISCONNECT ? "disconnect" : "refuse");
        session_log_add_text(&line, "code", answer->verdict.code);
        log_add(&line, "text", answer->verdict.text);
        session_log_add_text(&line, "reason", answer->verdict.reason);
    }
    if (said->is_last)
        log_add(&line, "further", "not-logged");
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
