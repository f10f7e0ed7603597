/*
 * session/task_expire.c - `restante expire`: what policies want to be removed is removed, as at the end of a session of
 * the user's own, or only counted. Hold, brake, clock guard, journal: everything that stands between a rule and a
 * message in a session stands there here too.
 */
#include <stdlib.h>

#include "session/task_session.h"
#include "util/alloc.h"

enum { EXPIRE_COUNTED_PER_STEP = 8192 };

struct expire {
    struct task_session session;
    bool is_counted;
    size_t counted;                /* messages that were looked at */
    uint64_t going, going_octets;  /* that are to be removed */
    uint64_t stopped;              /* that rules want to remove, and may not */
};

static enum restante_status expire_count(struct task *task, struct expire *expire)
{
    const struct maildrop *maildrop = task->maildrop;
    size_t count = maildrop_listed(maildrop), end = expire->counted + EXPIRE_COUNTED_PER_STEP;
    struct maildrop_outlook outlook;
    for (; expire->counted < count && expire->counted < end; expire->counted++) {
        uint64_t octets = maildrop_listed_octets(maildrop, expire->counted);
        maildrop_outlook(maildrop, expire->counted, &outlook);
        task->counts.messages++;
        task->counts.octets += octets;
        expire->going += outlook.is_going;
        expire->going_octets += outlook.is_going ? octets : 0;
        expire->stopped += outlook.decision == RESTANTE_EXPIRE && !outlook.is_going;
    }
    expire->is_counted = expire->counted == count;
    return RESTANTE_AGAIN;
}

static void expire_tell_stopped(struct task *task, const struct expire *expire)
{
    task->counts.left_alone = expire->stopped;
    if (expire->stopped == 0)
        return;
    if (maildrop_counts(task->maildrop)->is_braked)
        task_note(task, "the brake holds: rules would remove %llu of %llu messages at once, so they remove none; if that "
                        "is right: restante expire --user %s --force",
                  (unsigned long long)expire->stopped, (unsigned long long)task->counts.messages, task->user);
    else
        task_note(task, "rules would remove %llu messages, and were stopped: what the log says of the clock, the ledger "
                        "or a policy that failed has to be put right first",
                  (unsigned long long)expire->stopped);
}

static enum restante_status expire_update(struct task *task, struct expire *expire, struct restante_error *error)
{
    const struct maildrop_update update = {.session = &expire->session.facts};
    task->is_unbreakable = true;
    enum restante_status status = maildrop_update(task->maildrop, &update, error);
    if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
        return status;
    maildrop_drop_old_entries(task->maildrop);
    const struct maildrop_counts *counts = maildrop_counts(task->maildrop);
    task->counts.done = counts->expired;
    task->counts.done_octets = counts->expired_octets;
    task->counts.failed = expire->going > counts->expired ? expire->going - counts->expired : 0;
    if (task->counts.failed > 0)
        task_note(task, "%llu messages that were to be removed are still there: the log says why",
                  (unsigned long long)task->counts.failed);
    return status;
}

static enum restante_status expire_step(struct task *task, struct restante_error *error)
{
    struct expire *expire = task->state;
    if (!expire) {
        task->state = expire = alloc_zeroed(sizeof(*expire));
        task_session_begin(&expire->session, task, "expire");
    }
    if (!expire->is_counted) {
        enum restante_status status = task_session_open(&expire->session, task, error);
        return status == RESTANTE_OK ? expire_count(task, expire) : status;
    }
    if (!task->is_unbreakable)
        expire_tell_stopped(task, expire);
    if (!task->order.is_dry_run)
        return expire_update(task, expire, error);
    task->counts.done = expire->going;
    task->counts.done_octets = expire->going_octets;
    return RESTANTE_OK;
}

static void expire_end(struct task *task)
{
    struct expire *expire = task->state;
    if (expire)
        task_session_end(&expire->session);
    free(expire);
}

const struct task_operation task_expire = {.makes_state = true, .step = expire_step, .end = expire_end};
