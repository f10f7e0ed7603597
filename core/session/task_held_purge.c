/*
 * session/task_held_purge.c - `restante held purge`: what is set aside or hidden is removed now, by the name of
 * "admin". As a client's DELE: journal, commit, ledger, and a hold keeps it. Rules remove nothing beside it.
 *
 * The marks are taken away in memory alone, so that the messages can be deleted as any other; until everything is
 * written those on disk stand. What then is still there gets its mark back.
 */
#include <stdlib.h>
#include <string.h>

#include "session/task_held.h"
#include "session/task_session.h"
#include "util/alloc.h"

enum purge_phase { PURGE_FIND = 0, PURGE_DECIDE, PURGE_UPDATE, PURGE_SAVE };

struct held_purge {
    enum purge_phase phase;
    struct task_session session;
    struct held_list held;
    uint8_t *fates;  /* the client's numbering */
    bool *retrieved; /* none of them */
};

static enum restante_status purge_find(struct task *task, struct held_purge *purge, struct restante_error *error)
{
    enum restante_status status = task_session_list(&purge->session, task, error);
    if (status == RESTANTE_OK)
        status = held_find(&purge->held, task);
    if (status != RESTANTE_OK)
        return status;
    held_tell_missing(&purge->held, task);
    if (purge->held.count == 0)
        return RESTANTE_OK;
    for (size_t i = 0; i < purge->held.count; i++)
        held_unmark(&purge->held.list[i], task);
    purge->phase = PURGE_DECIDE;
    return RESTANTE_AGAIN;
}

/* Both are in the order of the maildrop. What a policy holds or hides is not among the shown, or is kept by update. */
static void purge_mark_fates(const struct task *task, struct held_purge *purge)
{
    const struct transaction_maildrop *view = maildrop_view(task->maildrop);
    size_t next = 0;
    purge->fates = alloc_array(view->count + 1, sizeof(*purge->fates));
    purge->retrieved = alloc_array(view->count + 1, sizeof(*purge->retrieved));
    for (size_t i = 0; i < view->count && next < purge->held.count; i++) {
        const char *uidl = view->uidl(view->context, i);
        for (size_t at = next; at < purge->held.count; at++) {
            if (strcmp(uidl, maildrop_listed_uidl(task->maildrop, purge->held.list[at].index)) != 0)
                continue;
            purge->fates[i] = RESTANTE_DELETE;
            next = at + 1;
            break;
        }
    }
}

static enum restante_status purge_decide(struct task *task, struct held_purge *purge, struct restante_error *error)
{
    enum restante_status status = task_session_open(&purge->session, task, error);
    if (status != RESTANTE_OK)
        return status;
    purge_mark_fates(task, purge);
    purge->phase = PURGE_UPDATE;
    task->is_unbreakable = true;
    return RESTANTE_AGAIN;
}

/* Failed for some: they are counted one by one. */
static enum restante_status purge_update(struct task *task, struct held_purge *purge, struct restante_error *error)
{
    const struct maildrop_update update = {
        .client = {.fates = purge->fates, .retrieved = purge->retrieved}, .has_quit = true, .session = &purge->session.facts};
    enum restante_status status = maildrop_update(task->maildrop, &update, error);
    if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
        return status;
    if (status != RESTANTE_OK)
        task_note(task, "%s", error->log);
    uint64_t missed = 0;
    for (size_t i = 0; i < purge->held.count; i++) {
        const struct held *one = &purge->held.list[i];
        if (maildrop_is_gone(task->maildrop, one->index)) {
            task->counts.done++;
            task->counts.done_octets += maildrop_listed_octets(task->maildrop, one->index);
        } else {
            missed++;
            held_mark(one, task);
        }
    }
    task->counts.failed += missed;
    if (missed > 0 && status == RESTANTE_OK)
        task_note(task, "%llu messages are kept by a policy", (unsigned long long)missed);
    purge->phase = PURGE_SAVE;
    return RESTANTE_AGAIN;
}

static enum restante_status held_purge_step(struct task *task, struct restante_error *error)
{
    struct held_purge *purge = task->state;
    if (!purge) {
        task->state = purge = alloc_zeroed(sizeof(*purge));
        task_session_begin(&purge->session, task, "admin");
    }
    switch (purge->phase) {
    case PURGE_FIND:
        return purge_find(task, purge, error);
    case PURGE_DECIDE:
        return purge_decide(task, purge, error);
    case PURGE_UPDATE:
        return purge_update(task, purge, error);
    default:
        return maildrop_save(task->maildrop, error);
    }
}

static void held_purge_end(struct task *task)
{
    struct held_purge *purge = task->state;
    if (!purge)
        return;
    task_session_end(&purge->session);
    held_free(&purge->held);
    free(purge->fates);
    free(purge->retrieved);
    free(purge);
}

const struct task_operation task_held_purge = {.is_by_hand = true, .step = held_purge_step, .end = held_purge_end};
