/*
 * session/maildrop_update.c - UPDATE (RFC 1939 section 6): the storage driver's commit, then the ledger. Runs in a worker,
 * as the mailbox owner.
 */
#include <stdlib.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"

enum { MAILDROP_RECORDS_PER_STEP = 4096 };

/* What the client wants of the messages that it was shown; all others are kept. */
static void maildrop_update_begin(struct maildrop *maildrop, const uint8_t *fates)
{
    struct maildrop_progress *progress = &maildrop->progress;
    progress->fates = alloc_array(maildrop->count + 1, sizeof(*progress->fates));
    progress->removals = alloc_array(maildrop->count + 1, sizeof(*progress->removals));
    for (size_t i = 0; i < maildrop->view.count; i++)
        progress->fates[maildrop_index(maildrop, i)] = fates[i];
}

/* The mail is as it is now; whatever fails here only makes us remember less. */
static enum restante_status maildrop_update_record(struct maildrop *maildrop)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct restante_error error = {0};
    int64_t now_s = clock_now_s();
    size_t end = maildrop->count;
    if (end - progress->recorded > MAILDROP_RECORDS_PER_STEP)
        end = progress->recorded + MAILDROP_RECORDS_PER_STEP;
    for (; progress->recorded < end; progress->recorded++) {
        size_t i = progress->recorded;
        if (progress->fates[i] == RESTANTE_DELETE && progress->removals[i] == RESTANTE_REMOVED)
            ledger_put_removed(maildrop->ledger, maildrop_uidl(maildrop, i));
        else if (progress->fates[i] == RESTANTE_KEEP_RETRIEVED)
            ledger_put_retrieved(maildrop->ledger, maildrop_uidl(maildrop, i), now_s);
    }
    return end < maildrop->count ? RESTANTE_AGAIN : maildrop_save(maildrop, &error);
}

static size_t maildrop_update_retrieved(const struct maildrop *maildrop)
{
    size_t count = 0;
    for (size_t i = 0; i < maildrop->count; i++)
        count += maildrop->progress.fates[i] == RESTANTE_KEEP_RETRIEVED;
    return count;
}

/* Believe what was removed, not what was said about it. */
static enum restante_status maildrop_update_judge(struct maildrop *maildrop, enum restante_status status,
                                                  struct restante_error *error)
{
    const struct maildrop_progress *progress = &maildrop->progress;
    size_t missed = 0;
    for (size_t i = 0; i < maildrop->count; i++) {
        if (progress->fates[i] != RESTANTE_DELETE)
            continue;
        if (progress->removals[i] == RESTANTE_REMOVED)
            maildrop->removed++;
        else
            missed++;
    }
    if (status != RESTANTE_OK || missed == 0)
        return status;
    return error_set(error, RESTANTE_TEMPORARY, 0, "some deleted messages not removed",
                     "%s of %s: the %s driver left %zu messages that were to be removed", maildrop->path,
                     maildrop->user, maildrop->driver_name, missed);
}

enum restante_status maildrop_update(struct maildrop *maildrop, const struct maildrop_update *update,
                                     struct restante_error *error)
{
    struct maildrop_progress *progress = &maildrop->progress;
    if (!update->has_quit)
        return RESTANTE_OK;
    if (maildrop->is_read_only)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "%s is open for reading only", maildrop->path);
    if (!progress->fates)
        maildrop_update_begin(maildrop, update->fates);
    if (!progress->is_committed) {
        enum restante_status status =
            maildrop->storage->commit(maildrop->opened, progress->fates, progress->removals, error);
        if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
            return status;
        progress->committed = maildrop_update_judge(maildrop, status, error);
        progress->error = *error;
        progress->is_committed = true;
        ledger_expect(maildrop->ledger, maildrop_update_retrieved(maildrop));
    }
    if (maildrop_update_record(maildrop) == RESTANTE_AGAIN)
        return RESTANTE_AGAIN;
    *error = progress->error;
    return progress->committed;
}

size_t maildrop_removed(const struct maildrop *maildrop)
{
    return maildrop->removed;
}

size_t maildrop_left(const struct maildrop *maildrop)
{
    return maildrop->view.count - maildrop->removed;
}
