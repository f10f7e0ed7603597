/*
 * session/maildrop_tell.c - the journal of what a session does to messages. Runs in a worker, as the mailbox owner.
 *
 * Told before it is done, so that there is no removal without a line. What then was not done is told behind. After a
 * crash in between there is a line too many, and the message.
 */
#include "session/maildrop_state.h"
#include "util/clock.h"
#include "util/log.h"

enum { MAILDROP_LINES_PER_STEP = 64, MAILDROP_LOOKS_PER_STEP = 8192 };

static bool maildrop_tell_is_wanted(const struct maildrop *maildrop)
{
    const struct maildrop_progress *progress = &maildrop->progress;
    return maildrop->rules && maildrop->rules->journal_keep_s > 0 &&
           progress->deletes + progress->rules + progress->marked > 0;
}

static struct journal *maildrop_tell_open(const struct maildrop *maildrop)
{
    /* A clock that cannot be trusted does not say which entries are old. */
    bool is_sane = clock_guard_is_sane(&maildrop->rules->clock_guard, clock_now_s());
    return journal_open(maildrop->state_fd, is_sane ? maildrop->rules->journal_keep_s : INT64_MAX);
}

static enum journal_act maildrop_tell_act(enum maildrop_act act)
{
    if (maildrop_plan_is_removal(act))
        return JOURNAL_REMOVED;
    return act == MAILDROP_HIDE ? JOURNAL_HIDDEN : JOURNAL_SET_ASIDE;
}

static void maildrop_tell_put(struct maildrop *maildrop, const struct restante_session_facts *session, size_t index,
                              enum journal_act act, const char *message_id)
{
    struct maildrop_why why;
    int64_t now_s = clock_now_s();
    maildrop_plan_why(maildrop, index, &why);
    struct journal_entry entry = {
        .when_s = now_s,
        .act = act,
        .user = maildrop->user,
        .peer = session->peer,
        .session = session->session_id,
        .uidl = maildrop_uidl(maildrop, index),
        .octets = maildrop->octets[index],
        .message_id = message_id,
        .policy = why.policy,
        .rule = why.rule,
        .reason = why.reason,
        .until_s = act == JOURNAL_SET_ASIDE ? why.until_s : 0,
    };
    if (act == JOURNAL_SET_ASIDE && entry.until_s == 0)
        entry.until_s = now_s; /* for as long as it is held */
    journal_put(maildrop->progress.journal, &entry);
}

static void maildrop_tell_failed(const struct maildrop *maildrop, const struct restante_session_facts *session,
                                 const struct restante_error *error, const char *consequence)
{
    struct log_line line;
    log_begin(&line, RESTANTE_WARN, "journal_failed");
    log_add(&line, "session", session->session_id);
    log_add(&line, "user", maildrop->user);
    log_add(&line, "peer", session->peer);
    log_add(&line, "answer", consequence);
    log_add(&line, "text", error->log);
    log_end(&line);
}

/* --- before ---------------------------------------------------------------------------------------------------- */

static void maildrop_tell_one(struct maildrop *maildrop, const struct restante_session_facts *session, size_t index)
{
    char message_id[POLICY_HEADER_VALUE_MAX + 1];
    struct restante_error error = {0};
    struct policy_mail mail = maildrop_facts_mail(maildrop);
    if (policy_header_find(&mail, index, "Message-ID", message_id, &error) != RESTANTE_OK)
        message_id[0] = '\0';
    maildrop_tell_put(maildrop, session, index, maildrop_tell_act(maildrop_plan_act(maildrop, index)), message_id);
}

enum restante_status maildrop_tell(struct maildrop *maildrop, const struct restante_session_facts *session)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct restante_error error = {0};
    if (!maildrop_tell_is_wanted(maildrop))
        return RESTANTE_OK;
    if (!progress->journal)
        progress->journal = maildrop_tell_open(maildrop);
    size_t end = maildrop_step_end(progress->at, maildrop->count, MAILDROP_LOOKS_PER_STEP);
    for (unsigned lines = 0; progress->at < end && lines < MAILDROP_LINES_PER_STEP; progress->at++) {
        if (maildrop_plan_act(maildrop, progress->at) == MAILDROP_KEEP)
            continue;
        maildrop_tell_one(maildrop, session, progress->at);
        lines++;
    }
    if (progress->at < maildrop->count)
        return RESTANTE_AGAIN;
    if (journal_sync(progress->journal, &error) == RESTANTE_OK) {
        progress->is_told = true;
        return RESTANTE_OK;
    }
    maildrop_tell_failed(maildrop, session, &error, "rules remove nothing");
    maildrop_plan_drop_rules(maildrop, MAILDROP_HAS_NO_JOURNAL);
    return RESTANTE_OK;
}

/* --- behind ---------------------------------------------------------------------------------------------------- */

static bool maildrop_tell_is_missed(const struct maildrop *maildrop, size_t index)
{
    enum maildrop_act act = maildrop_plan_act(maildrop, index);
    if (act == MAILDROP_KEEP)
        return false;
    return maildrop_plan_is_removal(act) ? maildrop->progress.removals[index] != RESTANTE_REMOVED
                                         : maildrop->progress.has_lost_marks;
}

enum restante_status maildrop_tell_missed(struct maildrop *maildrop, const struct restante_session_facts *session)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct restante_error error = {0};
    if (!progress->is_told || (progress->deletes_missed + progress->rules_missed == 0 && !progress->has_lost_marks))
        return RESTANTE_OK;
    size_t end = maildrop_step_end(progress->at, maildrop->count, MAILDROP_LOOKS_PER_STEP);
    for (; progress->at < end; progress->at++)
        if (maildrop_tell_is_missed(maildrop, progress->at))
            maildrop_tell_put(maildrop, session, progress->at, JOURNAL_NOT_REMOVED, NULL);
    if (progress->at < maildrop->count)
        return RESTANTE_AGAIN;
    if (journal_sync(progress->journal, &error) != RESTANTE_OK)
        maildrop_tell_failed(maildrop, session, &error, "it tells of removals that did not happen");
    return RESTANTE_OK;
}

void maildrop_drop_old_entries(const struct maildrop *maildrop)
{
    struct restante_error error = {0};
    int64_t now_s = clock_now_s();
    if (!maildrop->rules || maildrop->is_read_only || !clock_guard_is_sane(&maildrop->rules->clock_guard, now_s))
        return;
    if (journal_drop_old(maildrop->state_fd, maildrop->rules->journal_keep_s, now_s, &error) != RESTANTE_OK)
        log_warn("%s of %s: %s; its journal keeps old entries", maildrop->path, maildrop->user, error.log);
}
