/*
 * session/task_held_restore.c - `restante held restore`: the mark is taken away, and the message is back where it was,
 * under its old unique-id. Journal, then ledger.
 */
#include <stdlib.h>

#include "ledger/journal.h"
#include "session/task_held.h"
#include "session/task_session.h"
#include "util/alloc.h"
#include "util/clock.h"

struct held_restoring {
    struct task_session session;
    bool is_found, is_told;
    struct held_list held;
};

static void restore_tell(struct task *task, const struct held *one, struct journal *journal)
{
    const struct journal_entry entry = {
        .when_s = clock_now_s(),
        .act = JOURNAL_RESTORED,
        .user = task->user,
        .peer = "admin",
        .session = "admin",
        .uidl = maildrop_listed_uidl(task->maildrop, one->index),
        .octets = maildrop_listed_octets(task->maildrop, one->index),
        .reason = one->set_aside_s ? one->set_aside_rule : one->hidden_rule,
    };
    journal_put(journal, &entry);
}

/* What is restored is not lost: a journal that cannot be written is no reason against it. */
static void restore_take_marks(struct task *task, struct held_restoring *restoring)
{
    struct restante_error error = {0};
    int64_t keep_s = task->settings->rules.journal_keep_s;
    struct journal *journal = keep_s > 0 ? journal_open(task->state_fd, INT64_MAX) : NULL;
    for (size_t i = 0; i < restoring->held.count; i++) {
        const struct held *one = &restoring->held.list[i];
        if (journal)
            restore_tell(task, one, journal);
        held_unmark(one, task);
        task->counts.done++;
        task->counts.done_octets += maildrop_listed_octets(task->maildrop, one->index);
    }
    if (journal && restoring->held.count > 0 && journal_sync(journal, &error) != RESTANTE_OK)
        task_note(task, "%s", error.log);
    journal_close(&journal);
}

static enum restante_status held_restore_step(struct task *task, struct restante_error *error)
{
    struct held_restoring *restoring = task->state;
    if (!restoring)
        task->state = restoring = alloc_zeroed(sizeof(*restoring));
    enum restante_status status = task_session_list(&restoring->session, task, error);
    if (status == RESTANTE_OK && !restoring->is_found) {
        status = held_find(&restoring->held, task);
        restoring->is_found = status == RESTANTE_OK;
    }
    if (status != RESTANTE_OK)
        return status;
    if (!restoring->is_told) {
        held_tell_missing(&restoring->held, task);
        restore_take_marks(task, restoring);
        restoring->is_told = task->is_unbreakable = true;
    }
    return maildrop_save(task->maildrop, error);
}

static void held_restore_end(struct task *task)
{
    struct held_restoring *restoring = task->state;
    if (restoring)
        held_free(&restoring->held);
    free(restoring);
}

const struct task_operation task_held_restore = {.step = held_restore_step, .end = held_restore_end};
