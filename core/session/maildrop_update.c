/*
 * session/maildrop_update.c - UPDATE (RFC 1939 section 6), and what rules remove however the session ends: journal, the
 * storage driver's commit, ledger, in this order. Runs in a worker, as the mailbox owner.
 *
 * A removal is done before the ledger forgets the message, so that a crash in between leaves a line about nothing,
 * never a message that nothing is known of. A mark that did not get into the ledger leaves the message where it was.
 */
#include <stdio.h>

#include "session/maildrop_state.h"
#include "util/error.h"
#include "util/log.h"

enum { MAILDROP_RECORDS_PER_STEP = 4096 };

/* --- commit ---------------------------------------------------------------------------------------------------- */

/* Believe what was removed, not what was said about it. */
static size_t maildrop_update_count(struct maildrop *maildrop)
{
    struct maildrop_progress *progress = &maildrop->progress;
    size_t missed = 0;
    for (size_t i = 0; i < maildrop->count; i++) {
        enum maildrop_act act = maildrop_plan_act(maildrop, i);
        if (!maildrop_plan_is_removal(act))
            continue;
        bool is_gone = progress->removals[i] == RESTANTE_REMOVED;
        if (!maildrop_plan_is_rule(act)) {
            maildrop->counts.removed += is_gone;
            missed += !is_gone;
            continue;
        }
        progress->rules_missed += !is_gone;
        maildrop->counts.expired += is_gone;
        maildrop->counts.expired_octets += is_gone ? maildrop->octets[i] : 0;
        progress->shown_gone += is_gone && act == MAILDROP_EXPIRE_AT_QUIT;
    }
    return missed;
}

static void maildrop_update_log_missed(const struct maildrop *maildrop, const struct maildrop_update *update,
                                       const struct restante_error *error)
{
    struct restante_session_facts nobody;
    struct log_line line;
    const struct restante_session_facts *session = maildrop_session(update->session, &nobody);
    log_begin(&line, RESTANTE_WARN, "expire_failed");
    log_add(&line, "session", session->session_id);
    log_add(&line, "user", maildrop->user);
    log_add(&line, "peer", session->peer);
    log_add_number(&line, "messages", (int64_t)maildrop->progress.rules_missed);
    log_add(&line, "text", error->log[0] ? error->log : "the storage driver left them; the next session tries again");
    log_end(&line);
}

/* What the client is told. That a rule could not remove something is not its concern. */
static void maildrop_update_judge(struct maildrop *maildrop, const struct maildrop_update *update,
                                  enum restante_status status, const struct restante_error *error)
{
    struct maildrop_progress *progress = &maildrop->progress;
    size_t missed = progress->deletes_missed = maildrop_update_count(maildrop);
    progress->status = status;
    progress->error = *error;
    if (progress->rules_missed > 0)
        maildrop_update_log_missed(maildrop, update, error);
    if (missed == 0 && (progress->rules > 0 || status == RESTANTE_OK))
        progress->status = RESTANTE_OK;
    else if (status == RESTANTE_OK)
        progress->status = error_set(&progress->error, RESTANTE_TEMPORARY, 0, "some deleted messages not removed",
                                     "%s of %s: the %s driver left %zu messages that were to be removed",
                                     maildrop->path, maildrop->user, maildrop->driver_name, missed);
}

static enum restante_status maildrop_update_commit(struct maildrop *maildrop, const struct maildrop_update *update)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct restante_error error = {0};
    if (!update->has_quit && progress->rules == 0)
        return RESTANTE_OK;
    enum restante_status status =
        maildrop->storage->commit(maildrop->opened, progress->fates, progress->removals, &error);
    if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
        return status;
    maildrop_update_judge(maildrop, update, status, &error);
    return RESTANTE_OK;
}

/* --- ledger ---------------------------------------------------------------------------------------------------- */

static void maildrop_update_mark(struct maildrop *maildrop, size_t index, enum maildrop_act act, int64_t now_s)
{
    char rule[LEDGER_RULE_MAX + 1];
    struct maildrop_why why;
    const char *uidl = maildrop_uidl(maildrop, index);
    maildrop_plan_why(maildrop, index, &why);
    snprintf(rule, sizeof(rule), "%s%s%s%s%s", why.policy, why.rule[0] ? ", " : "", why.rule, why.reason[0] ? ": " : "",
             why.reason);
    if (act == MAILDROP_HIDE)
        ledger_put_hidden(maildrop->ledger, uidl, now_s, rule);
    else
        ledger_put_set_aside(maildrop->ledger, uidl, now_s, act == MAILDROP_HOLD ? now_s : why.until_s, rule);
}

static void maildrop_update_record_one(struct maildrop *maildrop, size_t index, int64_t now_s)
{
    const struct maildrop_progress *progress = &maildrop->progress;
    enum maildrop_act act = maildrop_plan_act(maildrop, index);
    if (maildrop_plan_is_removal(act) && progress->removals[index] == RESTANTE_REMOVED) {
        ledger_put_removed(maildrop->ledger, maildrop_uidl(maildrop, index));
        return;
    }
    /* WHY: what was fetched in 1970 would be old as soon as the clock is right. */
    if (progress->acts[index] & MAILDROP_RETRIEVED && progress->has_time)
        ledger_put_retrieved(maildrop->ledger, maildrop_uidl(maildrop, index), now_s);
    if (act == MAILDROP_SET_ASIDE || act == MAILDROP_HIDE || act == MAILDROP_HOLD)
        maildrop_update_mark(maildrop, index, act, now_s);
}

/* The mail is as it is now. */
static enum restante_status maildrop_update_record(struct maildrop *maildrop, const struct maildrop_update *update)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct restante_session_facts nobody;
    int64_t now_s = maildrop_session(update->session, &nobody)->now_s;
    if (progress->at == 0)
        ledger_expect(maildrop->ledger, progress->retrieved + progress->marked);
    size_t end = maildrop_step_end(progress->at, maildrop->count, MAILDROP_RECORDS_PER_STEP);
    for (; progress->at < end; progress->at++)
        maildrop_update_record_one(maildrop, progress->at, now_s);
    return end < maildrop->count ? RESTANTE_AGAIN : RESTANTE_OK;
}

/* Without marks a failure only makes us remember less. */
static enum restante_status maildrop_update_save(struct maildrop *maildrop)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct maildrop_counts *counts = &maildrop->counts;
    struct restante_error error = {0};
    enum restante_status status = maildrop_save(maildrop, &error);
    if (status == RESTANTE_AGAIN)
        return RESTANTE_AGAIN;
    counts->left = maildrop->view.count - counts->removed - progress->shown_gone;
    if (status != RESTANTE_OK && progress->marked > 0) {
        progress->has_lost_marks = true;
        if (progress->status == RESTANTE_OK)
            progress->error = error;
        progress->status = progress->status == RESTANTE_OK ? RESTANTE_TEMPORARY : progress->status;
        progress->error.status = progress->status;
        return RESTANTE_OK;
    }
    counts->left -= progress->marked;
    for (size_t i = 0; progress->marked > 0 && i < maildrop->count; i++) {
        enum maildrop_act act = maildrop_plan_act(maildrop, i);
        counts->hidden += act == MAILDROP_HIDE;
        counts->set_aside += act == MAILDROP_SET_ASIDE || act == MAILDROP_HOLD;
    }
    return RESTANTE_OK;
}

/* --- in their order -------------------------------------------------------------------------------------------- */

static enum restante_status maildrop_update_step(struct maildrop *maildrop, const struct maildrop_update *update)
{
    struct restante_session_facts nobody;
    const struct restante_session_facts *session = maildrop_session(update->session, &nobody);
    switch (maildrop->progress.phase) {
    case MAILDROP_ASK_QUIT:
        return maildrop_plan_ask(maildrop, update);
    case MAILDROP_PLAN:
        return maildrop_plan(maildrop, update);
    case MAILDROP_TELL:
        return maildrop_tell(maildrop, session);
    case MAILDROP_COMMIT:
        return maildrop_update_commit(maildrop, update);
    case MAILDROP_RECORD:
        return maildrop_update_record(maildrop, update);
    case MAILDROP_SAVE:
        return maildrop_update_save(maildrop);
    case MAILDROP_TELL_MISSED:
        return maildrop_tell_missed(maildrop, session);
    case MAILDROP_UPDATED:
        break;
    }
    return RESTANTE_OK;
}

enum restante_status maildrop_update(struct maildrop *maildrop, const struct maildrop_update *update,
                                     struct restante_error *error)
{
    struct maildrop_progress *progress = &maildrop->progress;
    if (maildrop->is_read_only)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "%s is open for reading only", maildrop->path);
    if (!update->has_quit && maildrop_is_plain(maildrop) && progress->phase < MAILDROP_SAVE)
        progress->phase = MAILDROP_SAVE;
    while (progress->phase != MAILDROP_UPDATED) {
        enum restante_status status = maildrop_update_step(maildrop, update);
        if (status == RESTANTE_AGAIN && progress->phase == MAILDROP_ASK_QUIT && maildrop->count <= MAILDROP_SMALL)
            continue;
        if (status != RESTANTE_OK)
            return status;
        progress->phase++;
        progress->at = 0;
    }
    *error = progress->error;
    return progress->status;
}

const struct maildrop_counts *maildrop_counts(const struct maildrop *maildrop)
{
    return &maildrop->counts;
}

bool maildrop_is_gone(const struct maildrop *maildrop, size_t index)
{
    const struct maildrop_progress *progress = &maildrop->progress;
    return progress->removals && progress->removals[index] == RESTANTE_REMOVED;
}
