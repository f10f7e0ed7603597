/*
 * mbox/mbox_commit.c - the end of a session: the marked messages go, in steps. Runs in a worker, as the mailbox owner.
 *
 * Only under the delivery locks, and only when the file still is what was scanned (mail appended since is welcome):
 * where its times cannot prove that, every message from the first removed one on is compared with its digest. Anything
 * else deletes nothing. Whoever has retrieved a message leaves no trace in the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbox/mbox.h"

static bool commit_removes(const struct mbox *mbox, const uint8_t *fates, size_t index)
{
    return index >= mbox->hidden && fates[index - mbox->hidden] == RESTANTE_DELETE;
}

static enum restante_status commit_refuse(struct mbox *mbox, struct restante_error *error, const char *why)
{
    mbox->is_suspect = true;
    return mbox->host->fail(error, RESTANTE_TEMPORARY, 0, "the mailbox was changed by another program",
                            "mbox %s of user %s: %s since it was listed: nothing is deleted", mbox->path, mbox->user,
                            why);
}

/* The next step, and that there is one. */
static enum restante_status commit_go_on(struct mbox *mbox, enum mbox_commit_step step)
{
    mbox->commit.step = step;
    return RESTANTE_AGAIN;
}

static enum restante_status commit_begin(struct mbox *mbox, const uint8_t *fates, struct restante_error *error)
{
    mbox->commit.first = 0;
    while (mbox->commit.first < mbox->list.count && !commit_removes(mbox, fates, mbox->commit.first))
        mbox->commit.first++;
    if (mbox->commit.first == mbox->list.count)
        return RESTANTE_OK;
    if (!mbox->is_writable)
        return mbox->host->fail(error, RESTANTE_TEMPORARY, EACCES, "the mailbox cannot be changed now",
                                "mbox %s of user %s cannot be written: nothing is deleted", mbox->path, mbox->user);
    return commit_go_on(mbox, MBOX_COMMIT_LOCK);
}

static enum restante_status commit_compare(void *context, const struct mbox_message *message,
                                           struct restante_error *error)
{
    struct mbox *mbox = context;
    size_t index = mbox->commit.first + mbox->commit.checked++;
    if (index >= mbox->list.count)
        return commit_refuse(mbox, error, "another program has changed it");
    const struct mbox_message *listed = &mbox->list.messages[index];
    if (message->offset != listed->offset || message->start != listed->start || message->end != listed->end ||
        memcmp(message->digest, listed->digest, MBOX_DIGEST_OCTETS) != 0)
        return commit_refuse(mbox, error, "another program has changed it");
    return RESTANTE_OK;
}

static enum restante_status commit_lock(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_stamp now;
    struct stat facts;
    enum restante_status status = mbox_lock_take(mbox, error);
    if (status != RESTANTE_OK)
        return status;
    if (!mbox_file_is_current(mbox))
        return commit_refuse(mbox, error, "another file has taken its place");
    status = mbox_file_stamp(mbox, &now, error);
    if (status != RESTANTE_OK)
        return status;
    if (now.size < mbox->stamp.size)
        return commit_refuse(mbox, error, "it has become shorter");
    if (fstat(mbox->fd, &facts) == 0) {
        mbox->commit.times[0] = facts.st_atim;
        mbox->commit.times[1] = facts.st_mtim;
    }
    if (mbox->is_proven && mbox_file_is_same(&now, &mbox->stamp))
        return commit_go_on(mbox, MBOX_COMMIT_PLAN);
    mbox->scan.found = commit_compare;
    mbox->scan.context = mbox;
    mbox->commit.checked = 0;
    if (!mbox_scan_begin(mbox, &mbox->scan, mbox->list.messages[mbox->commit.first].offset, mbox->stamp.size))
        return mbox_out_of_memory(mbox, error);
    return commit_go_on(mbox, MBOX_COMMIT_VERIFY);
}

static enum restante_status commit_verify(struct mbox *mbox, struct restante_error *error)
{
    enum restante_status status = mbox_scan_step(mbox, &mbox->scan, error);
    if (status == RESTANTE_AGAIN)
        return status;
    if (status == RESTANTE_PERMANENT) /* where a message was, there is none */
        return commit_refuse(mbox, error, "another program has changed it");
    if (status == RESTANTE_OK && mbox->commit.first + mbox->commit.checked != mbox->list.count)
        return commit_refuse(mbox, error, "another program has changed it");
    return status == RESTANTE_OK ? commit_go_on(mbox, MBOX_COMMIT_PLAN) : status;
}

/* Mail that was appended since: where it begins, behind blank lines that belong to the message before it. */
static bool commit_find_appended(const struct mbox *mbox, uint64_t size, uint64_t *offset)
{
    *offset = mbox_file_skip_blank(mbox, mbox->stamp.size, size);
    return mbox_file_begins_message(mbox, *offset);
}

/*
 * What stays of everything behind the first removed message, as stretches; the last one with what was appended, which
 * begins at `appended`.
 */
static size_t commit_ranges(const struct mbox *mbox, const uint8_t *fates, uint64_t size, uint64_t appended,
                            struct mbox_range *ranges)
{
    size_t count = 0;
    for (size_t i = mbox->commit.first; i < mbox->list.count; i++) {
        uint64_t offset = mbox->list.messages[i].offset, next = mbox_list_next_offset(mbox, i);
        if (commit_removes(mbox, fates, i))
            continue;
        if (count > 0 && ranges[count - 1].offset + ranges[count - 1].length == offset)
            ranges[count - 1].length += next - offset;
        else
            ranges[count++] = (struct mbox_range){.offset = offset, .length = next - offset};
    }
    if (size == mbox->stamp.size)
        return count;
    if (count > 0 && ranges[count - 1].offset + ranges[count - 1].length == mbox->stamp.size)
        ranges[count - 1].length += size - mbox->stamp.size;
    else
        ranges[count++] = (struct mbox_range){.offset = appended, .length = size - appended};
    return count;
}

static enum restante_status commit_plan(struct mbox *mbox, const uint8_t *fates, struct restante_error *error)
{
    struct mbox_stamp now;
    enum restante_status status = mbox_file_stamp(mbox, &now, error);
    if (status != RESTANTE_OK)
        return status;
    uint64_t appended = now.size;
    if (now.size > mbox->stamp.size && !commit_find_appended(mbox, now.size, &appended))
        return commit_refuse(mbox, error, "what was appended to it is no message");
    struct mbox_range *ranges = calloc(mbox->list.count - mbox->commit.first + 1, sizeof(*ranges));
    if (!ranges)
        return mbox_out_of_memory(mbox, error);
    uint64_t first = mbox->list.messages[mbox->commit.first].offset;
    size_t count = commit_ranges(mbox, fates, now.size, appended, ranges);
    if (count > 0) {
        status = mbox_journal_begin(mbox, first, now.size, ranges, count, error);
    } else if (ftruncate(mbox->fd, (off_t)first) != 0 || fsync(mbox->fd) != 0) {
        /* Nothing has to move: cutting the file is one step. */
        status = mbox->host->fail(error, RESTANTE_TEMPORARY, errno, "the mailbox cannot be changed now",
                                  "mbox %s of user %s: it cannot be cut to its new size", mbox->path, mbox->user);
    }
    free(ranges);
    if (status != RESTANTE_OK)
        return status;
    return commit_go_on(mbox, count > 0 ? MBOX_COMMIT_MOVE : MBOX_COMMIT_END);
}

/* The list as the file is now, for the cache. What was appended is not in it. */
static void commit_renew_list(struct mbox *mbox, const uint8_t *fates)
{
    uint64_t removed = 0, known = mbox->stamp.size;
    size_t count = 0;
    mbox_apply_corrections(mbox);
    for (size_t i = 0; i < mbox->list.count; i++) {
        struct mbox_message message = mbox->list.messages[i];
        uint64_t next = i + 1 < mbox->list.count ? mbox->list.messages[i + 1].offset : known;
        if (commit_removes(mbox, fates, i)) {
            removed += next - message.offset;
            continue;
        }
        message.offset -= removed;
        message.start -= removed;
        message.end -= removed;
        mbox->list.messages[count++] = message;
    }
    mbox->list.count = count;
    known -= removed;
    if (mbox_file_stamp(mbox, &mbox->stamp, NULL) != RESTANTE_OK || mbox->stamp.size != known)
        mbox_cache_drop(mbox); /* mail came in: the next session looks */
    else
        mbox_cache_save(mbox);
}

static enum restante_status commit_end(struct mbox *mbox, const uint8_t *fates, uint8_t *removals)
{
    for (size_t i = mbox->commit.first; i < mbox->list.count; i++)
        if (commit_removes(mbox, fates, i))
            removals[i - mbox->hidden] = RESTANTE_REMOVED;
    (void)futimens(mbox->fd, mbox->commit.times); /* programs compare them to tell whether there is new mail */
    commit_renew_list(mbox, fates);
    return RESTANTE_OK;
}

static enum restante_status commit_step(struct mbox *mbox, const uint8_t *fates, uint8_t *removals,
                                        struct restante_error *error)
{
    enum restante_status status;
    switch (mbox->commit.step) {
    case MBOX_COMMIT_BEGIN:
        return commit_begin(mbox, fates, error);
    case MBOX_COMMIT_LOCK:
        return commit_lock(mbox, error);
    case MBOX_COMMIT_VERIFY:
        return commit_verify(mbox, error);
    case MBOX_COMMIT_PLAN:
        mbox_scan_end(&mbox->scan);
        return commit_plan(mbox, fates, error);
    case MBOX_COMMIT_MOVE:
        status = mbox_journal_step(mbox, error);
        return status == RESTANTE_OK ? commit_go_on(mbox, MBOX_COMMIT_END) : status;
    case MBOX_COMMIT_END:
        break;
    }
    return commit_end(mbox, fates, removals);
}

enum restante_status mbox_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                 struct restante_error *error)
{
    struct mbox *mbox = maildrop;
    if (mbox->is_read_only)
        return mbox->host->fail(error, RESTANTE_INVALID, 0, NULL, "mbox %s is open for reading only", mbox->path);
    mbox_step_begin(mbox);
    enum restante_status status = commit_step(mbox, fates, removals, error);
    while (status == RESTANTE_AGAIN && !mbox_step_is_over(mbox))
        status = commit_step(mbox, fates, removals, error);
    if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
        return status;
    /* What has begun is finished by the next session; what has not is forgotten. */
    if (status != RESTANTE_OK && mbox->journal) {
        mbox->is_suspect = true;
        mbox_journal_discard(mbox);
    }
    mbox_lock_release(mbox);
    return status;
}
