/*
 * mbox/mbox_maildrop.c - an open mailbox: made, asked, closed. Runs in a worker, as the mailbox owner.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/beneath.h"
#include "mbox/mbox.h"

#define STEP_MS 5

void mbox_step_begin(struct mbox *mbox)
{
    mbox->step_ends_ms = mbox->host->monotonic_ms() + STEP_MS;
}

bool mbox_step_is_over(const struct mbox *mbox)
{
    return mbox->host->monotonic_ms() >= mbox->step_ends_ms;
}

enum restante_status mbox_out_of_memory(const struct mbox *mbox, struct restante_error *error)
{
    return mbox->host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "mbox %s of user %s", mbox->path, mbox->user);
}

static struct mbox *open_make(const struct mbox_driver *driver, const struct restante_maildrop_request *request)
{
    struct mbox *mbox = calloc(1, sizeof(*mbox));
    if (!mbox)
        return NULL;
    mbox->driver = driver;
    mbox->host = driver->host;
    mbox->state_fd = request->state_fd;
    mbox->ledger = request->ledger;
    mbox->is_read_only = request->is_read_only;
    mbox->folder = mbox->fd = mbox->dotlock = -1;
    mbox->path = strdup(request->path);
    mbox->user = strdup(request->user ? request->user : "");
    if (!mbox->path || !mbox->user) {
        void *maildrop = mbox;
        mbox_close(&maildrop);
        return NULL;
    }
    return mbox;
}

/* --- the steps -------------------------------------------------------------------------------------------------- */

static enum restante_status open_find(struct mbox *mbox, struct restante_error *error)
{
    enum restante_status status = mbox_file_open(mbox, error);
    if (status != RESTANTE_OK)
        return status;
    mbox->step = mbox->fd < 0 ? MBOX_IS_OPEN : MBOX_LOCK; /* no file: no mail */
    return mbox->fd < 0 ? RESTANTE_OK : RESTANTE_AGAIN;
}

static enum restante_status open_lock(struct mbox *mbox, struct restante_error *error)
{
    enum restante_status status = mbox_lock_take(mbox, error);
    if (status != RESTANTE_OK)
        return status;
    if (!mbox_file_is_current(mbox)) { /* somebody has put another file in its place while we waited */
        mbox_lock_release(mbox);
        mbox->step = MBOX_FIND;
    } else {
        mbox->step = MBOX_RECOVER;
    }
    return RESTANTE_AGAIN;
}

/* A removal that was interrupted is finished before anything else is seen of the file. */
static enum restante_status open_recover(struct mbox *mbox, struct restante_error *error)
{
    enum restante_status status = RESTANTE_END;
    if (!mbox->journal && mbox_journal_is_there(mbox)) {
        if (!mbox->is_writable)
            return mbox->host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                                    "mbox %s of user %s: a removal was interrupted and has to be finished first: "
                                    "that happens when its user logs in and may write it",
                                    mbox->path, mbox->user);
        status = mbox_journal_resume(mbox, error);
        if (status != RESTANTE_OK && status != RESTANTE_END)
            return status;
    }
    if (mbox->journal) {
        status = mbox_journal_step(mbox, error);
        if (status != RESTANTE_OK)
            return status;
        mbox->host->log(RESTANTE_WARN, "mbox %s of user %s: finished a removal that had been interrupted", mbox->path,
                        mbox->user);
    }
    mbox->step = MBOX_BEGIN_SCAN;
    return RESTANTE_AGAIN;
}

static enum restante_status open_found(void *context, const struct mbox_message *message, struct restante_error *error)
{
    struct mbox *mbox = context;
    return mbox_list_add(&mbox->list, message) ? RESTANTE_OK : mbox_out_of_memory(mbox, error);
}

static enum restante_status open_begin_scan(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_stamp known;
    uint64_t offset = 0;
    enum restante_status status = mbox_file_stamp(mbox, &mbox->stamp, error);
    if (status != RESTANTE_OK)
        return status;
    mbox->is_proven = mbox_file_is_quiet(&mbox->stamp, mbox->host->now_s());
    if (mbox_cache_load(mbox, &known)) {
        mbox->is_cached_equal = mbox_file_is_same(&known, &mbox->stamp);
        if (mbox->is_cached_equal) {
            mbox->step = MBOX_NAME;
            return RESTANTE_AGAIN;
        }
        /* Of a file that has grown the last message is looked at again: it may go on. */
        if (mbox->list.count > 0)
            offset = mbox->list.messages[--mbox->list.count].offset;
    }
    if (mbox->stamp.size == 0) {
        mbox->step = MBOX_NAME;
        return RESTANTE_AGAIN;
    }
    mbox->scan.found = open_found;
    mbox->scan.context = mbox;
    mbox->step = MBOX_SCAN;
    return mbox_scan_begin(mbox, &mbox->scan, offset, mbox->stamp.size) ? RESTANTE_AGAIN
                                                                          : mbox_out_of_memory(mbox, error);
}

static enum restante_status open_scan(struct mbox *mbox, struct restante_error *error)
{
    bool is_behind_cache = mbox->list.count > 0 && !mbox->scan.split.has_begun;
    enum restante_status status = mbox_scan_step(mbox, &mbox->scan, error);
    if (status == RESTANTE_OK)
        mbox->step = MBOX_NAME;
    if (status == RESTANTE_PERMANENT && is_behind_cache) {
        /* What the cache says is not so: from the start, without it. */
        mbox->list.count = 0;
        mbox_cache_drop(mbox);
        mbox->step = MBOX_BEGIN_SCAN;
        status = RESTANTE_AGAIN;
    }
    return status == RESTANTE_OK ? RESTANTE_AGAIN : status;
}

static enum restante_status open_name(struct mbox *mbox, struct restante_error *error)
{
    mbox_scan_end(&mbox->scan);
    mbox->hidden = mbox->list.count > 0 && mbox->list.messages[0].state & MBOX_INTERNAL ? 1 : 0;
    if (!mbox->is_cached_equal)
        mbox_cache_save(mbox);
    mbox_lock_release(mbox);
    enum restante_status status = mbox_uidl_assign(mbox, error);
    if (status == RESTANTE_OK)
        mbox->step = MBOX_IS_OPEN;
    return status;
}

static enum restante_status open_step(struct mbox *mbox, struct restante_error *error)
{
    switch (mbox->step) {
    case MBOX_FIND:
        return open_find(mbox, error);
    case MBOX_LOCK:
        return open_lock(mbox, error);
    case MBOX_RECOVER:
        return open_recover(mbox, error);
    case MBOX_BEGIN_SCAN:
        return open_begin_scan(mbox, error);
    case MBOX_SCAN:
        return open_scan(mbox, error);
    case MBOX_NAME:
        return open_name(mbox, error);
    case MBOX_IS_OPEN:
        break;
    }
    return RESTANTE_OK;
}

enum restante_status mbox_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                               struct restante_error *error)
{
    const struct mbox_driver *made_by = driver;
    if (!*maildrop)
        *maildrop = open_make(made_by, request);
    struct mbox *mbox = *maildrop;
    if (!mbox)
        return made_by->host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "mbox %s", request->path);
    mbox_step_begin(mbox);
    enum restante_status status = open_step(mbox, error);
    while (status == RESTANTE_AGAIN && !mbox_step_is_over(mbox))
        status = open_step(mbox, error);
    if (status != RESTANTE_OK && status != RESTANTE_AGAIN && status != RESTANTE_WAIT)
        mbox_close(maildrop);
    return status;
}

/* --- open ------------------------------------------------------------------------------------------------------- */

size_t mbox_count(const void *maildrop)
{
    const struct mbox *mbox = maildrop;
    return mbox->list.count - mbox->hidden;
}

enum restante_status mbox_stat(const void *maildrop, size_t index, struct restante_message *facts,
                               struct restante_error *error)
{
    const struct mbox *mbox = maildrop;
    if (index >= mbox_count(mbox))
        return mbox->host->fail(error, RESTANTE_INVALID, 0, NULL, "mbox %s has no message %zu", mbox->path, index);
    const struct mbox_message *message = &mbox->list.messages[index + mbox->hidden];
    int64_t now_s = mbox->host->now_s();
    mbox_uidl_format(message, facts->uidl);
    facts->octets = message->octets;
    /* The file tells nobody when a message came: it is as old as we have known it. */
    facts->delivered_s = mbox->host->ledger_first_seen_s(mbox->ledger, facts->uidl);
    if (facts->delivered_s > now_s)
        facts->delivered_s = 0;
    return RESTANTE_OK;
}

/* Sizes are fixed while the maildrop is open. */
void mbox_correct(void *maildrop, size_t index, uint64_t octets)
{
    struct mbox *mbox = maildrop;
    if (index >= mbox_count(mbox) || mbox->is_read_only)
        return;
    if (mbox->corrections_count == mbox->corrections_capacity) {
        size_t capacity = mbox->corrections_capacity * 2 + 16;
        struct mbox_correction *grown = realloc(mbox->corrections, capacity * sizeof(*grown));
        if (!grown)
            return;
        mbox->corrections = grown;
        mbox->corrections_capacity = capacity;
    }
    mbox->corrections[mbox->corrections_count++] =
        (struct mbox_correction){.index = index + mbox->hidden, .octets = octets};
}

void mbox_apply_corrections(struct mbox *mbox)
{
    for (size_t i = 0; i < mbox->corrections_count; i++)
        mbox->list.messages[mbox->corrections[i].index].octets = mbox->corrections[i].octets;
    mbox->corrections_count = 0;
}

void mbox_close(void **maildrop)
{
    struct mbox *mbox = *maildrop;
    if (!mbox)
        return;
    mbox_lock_release(mbox);
    if (mbox->is_suspect) {
        mbox_cache_drop(mbox);
    } else if (mbox->step == MBOX_IS_OPEN && mbox->corrections_count > 0) {
        mbox_apply_corrections(mbox);
        mbox_cache_save(mbox);
    }
    mbox_scan_end(&mbox->scan);
    mbox_journal_close(&mbox->journal);
    beneath_close(&mbox->fd);
    beneath_close(&mbox->folder);
    mbox_list_free(&mbox->list);
    mbox_list_free(&mbox->appended);
    free(mbox->corrections);
    free(mbox->path);
    free(mbox->user);
    free(mbox);
    *maildrop = NULL;
}
