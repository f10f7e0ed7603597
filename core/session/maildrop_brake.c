/*
 * session/maildrop_brake.c - whether rules may remove what they want to. Runs in a worker. Whatever speaks against it:
 * the mail stays, and the log says what to do.
 */
#include <stdlib.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"

static void maildrop_brake_log_begin(struct log_line *line, const struct maildrop *maildrop,
                                     const struct restante_session_facts *session, enum restante_level level,
                                     const char *event)
{
    log_begin(line, level, event);
    log_add(line, "session", session->session_id);
    log_add(line, "user", maildrop->user);
    log_add(line, "peer", session->peer);
}

/* Once a session. */
static void maildrop_brake_warn(struct maildrop *maildrop, const struct restante_session_facts *session,
                                const struct maildrop_weight *weight, const char *why)
{
    struct log_line line;
    if (maildrop->has_warned)
        return;
    maildrop->has_warned = true;
    maildrop_brake_log_begin(&line, maildrop, session, RESTANTE_WARN, "expiry_stopped");
    log_add_number(&line, "messages", (int64_t)(weight->expire + weight->going));
    log_add(&line, "text", why);
    log_end(&line);
}

static void maildrop_brake_error(const struct maildrop *maildrop, const struct restante_session_facts *session,
                                 const struct maildrop_weight *weight)
{
    struct log_line line;
    maildrop_brake_log_begin(&line, maildrop, session, RESTANTE_ERROR, "brake");
    log_add_number(&line, "expire", (int64_t)weight->expire);
    log_add_number(&line, "messages", (int64_t)maildrop->count);
    log_add(&line, "policy", weight->first.policy);
    log_add(&line, "rule", weight->first.rule);
    char *text = alloc_format("rules would remove too much of this maildrop at once and remove nothing: if they are "
                              "right, restante expire --user %s --force",
                              maildrop->user);
    log_add(&line, "text", text);
    free(text);
    log_end(&line);
}

bool maildrop_brake_knows_time(const struct maildrop *maildrop)
{
    /* What is only looked at may say more than would be done, not less. */
    return !maildrop->rules || (maildrop->is_forced && maildrop->is_read_only) ||
           clock_guard_is_sane(&maildrop->rules->clock_guard, clock_now_s());
}

static bool maildrop_brake_is_too_much(const struct maildrop *maildrop, size_t expire)
{
    const struct maildrop_brake *brake = &maildrop->rules->brake;
    return expire > brake->messages && (uint64_t)expire * 100 > (uint64_t)maildrop->count * brake->percent;
}

enum maildrop_stop maildrop_brake(struct maildrop *maildrop, const struct restante_session_facts *session,
                                  const struct maildrop_weight *weight)
{
    if (weight->expire == 0 && weight->going == 0)
        return MAILDROP_GOES;
    if (!maildrop->rules || maildrop->is_by_hand)
        return MAILDROP_HAS_NO_RULES;
    if (ledger_is_damaged(maildrop->ledger)) {
        maildrop_brake_warn(maildrop, session, weight,
                            "the ledger of this maildrop was damaged once: rules remove nothing here");
        return MAILDROP_IS_DAMAGED;
    }
    if (maildrop->has_failed_policy)
        return MAILDROP_IS_UNSURE;
    if (!maildrop_brake_knows_time(maildrop)) {
        maildrop_brake_warn(maildrop, session, weight,
                            "the clock cannot be trusted: rules remove nothing before restante expire --all --force");
        return MAILDROP_HAS_NO_TIME;
    }
    if (!maildrop->is_forced && maildrop_brake_is_too_much(maildrop, weight->expire)) {
        maildrop_brake_error(maildrop, session, weight);
        maildrop->counts.is_braked = true;
        return MAILDROP_IS_BRAKED;
    }
    return MAILDROP_GOES;
}
