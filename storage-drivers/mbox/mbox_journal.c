/*
 * mbox/mbox_journal.c - see mbox_journal.h. Runs in a worker, as the mailbox owner, with the delivery locks held.
 */
#include "mbox/mbox_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/beneath.h"
#include "mbox/mbox_journal_file.h"

#define RESUME_OCTETS ((size_t)64 * 1024) /* compared at a time */

static enum restante_status journal_fail(const struct mbox *mbox, const char *what, struct restante_error *error)
{
    return mbox->host->fail(error, RESTANTE_TEMPORARY, errno, "the mailbox cannot be changed now",
                            "mbox %s of user %s: %s", mbox->path, mbox->user, what);
}

void mbox_journal_close(struct mbox_journal **journal)
{
    struct mbox_journal *closed = *journal;
    *journal = NULL;
    if (!closed)
        return;
    beneath_close(&closed->fd);
    free(closed->ranges);
    free(closed->window);
    free(closed);
}

bool mbox_journal_is_there(const struct mbox *mbox)
{
    struct stat facts;
    return mbox->state_fd >= 0 && beneath_facts(mbox->state_fd, JOURNAL_NAME, &facts);
}

bool mbox_journal_has_begun(const struct mbox *mbox)
{
    return mbox->journal && mbox->journal->has_begun;
}

void mbox_journal_discard(struct mbox *mbox)
{
    if (mbox->journal && !mbox->journal->has_begun)
        (void)journal_file_remove(mbox);
    mbox_journal_close(&mbox->journal);
}

/* --- windows ---------------------------------------------------------------------------------------------------- */

/* Behind the newest window: which octets of the mailbox come next? */
static void journal_seek(struct mbox_journal *journal)
{
    uint64_t skip = journal->window->offset + journal->window->length - journal->header.first;
    for (journal->range = 0; journal->range < journal->header.count; journal->range++) {
        uint64_t length = journal->ranges[journal->range].length;
        if (skip < length)
            break;
        skip -= length;
    }
    journal->in_range = skip;
}

/* Fill the window that begins at `offset`, and see what it will replace. */
static bool journal_gather(const struct mbox *mbox, struct mbox_journal *journal, uint64_t offset)
{
    struct journal_window *window = journal->window;
    window->offset = offset;
    window->length = 0;
    while (window->length < journal->header.window_octets && journal->range < journal->header.count) {
        const struct mbox_range *range = &journal->ranges[journal->range];
        uint64_t room = journal->header.window_octets - window->length, left = range->length - journal->in_range;
        uint64_t length = left < room ? left : room;
        if (!mbox_file_read(mbox->fd, journal_file_octets(window) + window->length, (size_t)length,
                            range->offset + journal->in_range))
            return false;
        window->length += length;
        journal->in_range += length;
        if (journal->in_range == range->length) {
            journal->range++;
            journal->in_range = 0;
        }
    }
    return mbox_file_read(mbox->fd, journal_file_replaced(window), (size_t)window->length, offset);
}

static size_t journal_mark_length(const struct journal_header *header)
{
    uint64_t room = header->old_size - header->new_size - JOURNAL_KEPT_OCTETS;
    return room < JOURNAL_MARK_OCTETS ? (size_t)room : JOURNAL_MARK_OCTETS;
}

/* A text that nobody delivers: however short it is cut, it begins neither as a "From " line nor as a blank one. */
static bool journal_make_mark(char mark[JOURNAL_MARK_OCTETS])
{
    uint8_t random[JOURNAL_MARK_OCTETS];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    for (size_t i = 0; i < JOURNAL_MARK_OCTETS; i++)
        mark[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-"[random[i] & 63];
    mark[0] = '#';
    return true;
}

/* --- checksums of what does not move until its turn ------------------------------------------------------------- */

/* Of the last octets before `end`, at most `length`. */
static bool journal_ending(const struct mbox *mbox, uint64_t end, uint64_t length, uint64_t *checksum)
{
    char octets[JOURNAL_ENDING_OCTETS];
    size_t used = length < sizeof(octets) ? (size_t)length : sizeof(octets);
    if (!mbox_file_read(mbox->fd, octets, used, end - used))
        return false;
    *checksum = mbox->host->checksum(octets, used);
    return true;
}

/* Of the file: nothing of it is ever written to before the cut. */
static bool journal_file_ending(const struct mbox *mbox, const struct journal_header *header, uint64_t *checksum)
{
    uint64_t untouched = header->old_size - header->new_size - journal_mark_length(header);
    return journal_ending(mbox, header->old_size, untouched, checksum);
}

static bool journal_make_endings(const struct mbox *mbox, struct mbox_journal *journal)
{
    for (uint64_t i = 0; i < journal->header.count; i++) {
        struct mbox_range *range = &journal->ranges[i];
        if (!journal_ending(mbox, range->offset + range->length, range->length, &range->ending))
            return false;
    }
    return journal_file_ending(mbox, &journal->header, &journal->header.ending);
}

/* --- a new plan ------------------------------------------------------------------------------------------------- */

static struct mbox_journal *journal_make(const struct mbox *mbox, uint64_t first, uint64_t old_size,
                                         const struct mbox_range *ranges, size_t count)
{
    struct mbox_stamp stamp;
    struct mbox_journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        return NULL;
    journal->fd = -1;
    journal->header = (struct journal_header){
        .path_checksum = mbox->host->checksum(mbox->path, strlen(mbox->path)),
        .first = first,
        .old_size = old_size,
        .new_size = first,
        .window_octets = mbox->driver->window_octets,
        .count = count,
    };
    for (size_t i = 0; i < count; i++)
        journal->header.new_size += ranges[i].length;
    uint64_t total = journal->header.new_size - first;
    if (total < journal->header.window_octets)
        journal->header.window_octets = total;
    journal->ranges = calloc(count, sizeof(*ranges));
    journal->window = malloc(journal_file_window_size(journal->header.window_octets));
    if (journal->ranges)
        memcpy(journal->ranges, ranges, count * sizeof(*ranges));
    bool is_made = journal->ranges && journal->window && mbox_file_stamp(mbox, &stamp, NULL) == RESTANTE_OK &&
                   journal_make_mark(journal->header.mark) && journal_make_endings(mbox, journal) &&
                   getrandom(&journal->header.id, sizeof(journal->header.id), 0) == (ssize_t)sizeof(uint64_t);
    if (!is_made) {
        mbox_journal_close(&journal);
        return NULL;
    }
    journal->header.device = stamp.device;
    journal->header.inode = stamp.inode;
    journal->header.mtime_s = stamp.mtime_s;
    journal->header.mtime_ns = stamp.mtime_ns;
    memset(journal->window, 0, sizeof(*journal->window));
    return journal;
}

/* Octets that were never written have no place on the disk yet: better to lack room now than in the middle. */
static bool journal_reserve(const struct mbox *mbox, const struct journal_header *header)
{
    if (fallocate(mbox->fd, 0, (off_t)header->first, (off_t)(header->new_size - header->first)) == 0)
        return true;
    return errno == EOPNOTSUPP || errno == ENOSYS;
}

enum restante_status mbox_journal_begin(struct mbox *mbox, uint64_t first, uint64_t old_size,
                                        const struct mbox_range *ranges, size_t count, struct restante_error *error)
{
    if (mbox->state_fd < 0)
        return mbox->host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                                "mbox %s of user %s: without a state directory there is no place for the journal",
                                mbox->path, mbox->user);
    struct mbox_journal *journal = journal_make(mbox, first, old_size, ranges, count);
    if (!journal)
        return mbox_out_of_memory(mbox, error);
    enum restante_status status = RESTANTE_OK;
    if (!journal_reserve(mbox, &journal->header) || !journal_gather(mbox, journal, first))
        status = journal_fail(mbox, "it cannot be read, or there is no room for it", error);
    if (status == RESTANTE_OK)
        status = journal_file_make(mbox, journal, error);
    if (status != RESTANTE_OK) {
        if (!mbox->journal) /* the first plan: as if it had never been there */
            (void)journal_file_remove(mbox);
        mbox_journal_close(&journal);
        return status;
    }
    journal->is_pending = true;
    journal->has_begun = mbox->journal != NULL;
    mbox_journal_close(&mbox->journal);
    mbox->journal = journal;
    return RESTANTE_OK;
}

/* --- steps ------------------------------------------------------------------------------------------------------ */

static enum restante_status journal_apply(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_journal *journal = mbox->journal;
    const struct journal_window *window = journal->window;
    size_t written;
    bool is_written =
        mbox_file_put(mbox->fd, journal_file_octets(journal->window), (size_t)window->length, window->offset, &written);
    journal->has_begun = journal->has_begun || written > 0;
    if (!is_written)
        return journal_fail(mbox, "it cannot be written", error);
    if (fdatasync(mbox->fd) != 0)
        return journal_fail(mbox, "it cannot be made durable", error);
    journal->is_pending = false;
    return RESTANTE_OK;
}

static enum restante_status journal_next_window(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_journal *journal = mbox->journal;
    uint64_t offset = journal->window->offset + journal->window->length;
    if (!journal_gather(mbox, journal, offset))
        return journal_fail(mbox, "it cannot be read", error);
    journal->window->sequence++;
    enum restante_status status = journal_file_put_window(mbox, journal, error);
    journal->is_pending = status == RESTANTE_OK;
    return status;
}

/* Everything has moved: mark what is behind it, then say so in the journal. */
static enum restante_status journal_mark(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_journal *journal = mbox->journal;
    const struct journal_header *header = &journal->header;
    if (!mbox_file_write(mbox->fd, header->mark, journal_mark_length(header), header->new_size) ||
        fdatasync(mbox->fd) != 0)
        return journal_fail(mbox, "it cannot be written", error);
    journal->window->sequence++;
    journal->window->offset = header->new_size;
    journal->window->length = 0;
    return journal_file_put_window(mbox, journal, error);
}

static enum restante_status journal_cut(struct mbox *mbox, struct restante_error *error)
{
    const struct journal_header *header = &mbox->journal->header;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {.tv_sec = header->mtime_s, .tv_nsec = header->mtime_ns}};
    if (ftruncate(mbox->fd, (off_t)header->new_size) != 0)
        return journal_fail(mbox, "it cannot be cut to its new size", error);
    (void)futimens(mbox->fd, times);
    if (fsync(mbox->fd) != 0)
        return journal_fail(mbox, "it cannot be cut to its new size", error);
    if (!journal_file_remove(mbox))
        return journal_fail(mbox, "the journal cannot be removed from the state directory", error);
    mbox_journal_close(&mbox->journal);
    return RESTANTE_OK;
}

/* Does the last message stay? */
static bool journal_keeps_end(const struct mbox_journal *journal)
{
    const struct mbox_range *last = &journal->ranges[journal->header.count - 1];
    return last->offset + last->length == journal->header.old_size;
}

/* Mail that came behind the old end moves down too, by a plan of its own. */
static enum restante_status journal_settle(struct mbox *mbox, struct restante_error *error)
{
    const struct journal_header *header = &mbox->journal->header;
    struct mbox_stamp stamp;
    enum restante_status status = mbox_file_stamp(mbox, &stamp, error);
    if (status != RESTANTE_OK)
        return status;
    uint64_t begin = header->old_size;
    if (stamp.size > begin && !journal_keeps_end(mbox->journal))
        begin = mbox_file_skip_blank(mbox, begin, stamp.size);
    if (stamp.size <= begin)
        return journal_cut(mbox, error);
    struct mbox_range appended = {.offset = begin, .length = stamp.size - begin};
    status = mbox_journal_begin(mbox, header->new_size, stamp.size, &appended, 1, error);
    return status == RESTANTE_OK ? RESTANTE_AGAIN : status;
}

enum restante_status mbox_journal_step(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_journal *journal = mbox->journal;
    enum restante_status status;
    if (journal->is_pending)
        status = journal_apply(mbox, error);
    else if (journal->window->length == 0)
        return journal_settle(mbox, error);
    else if (journal->window->offset + journal->window->length < journal->header.new_size)
        status = journal_next_window(mbox, error);
    else
        status = journal_mark(mbox, error);
    return status == RESTANTE_OK ? RESTANTE_AGAIN : status;
}

/* --- after a crash ---------------------------------------------------------------------------------------------- */

static bool resume_matches(const struct mbox *mbox, uint64_t offset, const char *octets, uint64_t length)
{
    char found[RESUME_OCTETS];
    while (length > 0) {
        size_t part = length < sizeof(found) ? (size_t)length : sizeof(found);
        if (!mbox_file_read(mbox->fd, found, part, offset) || memcmp(found, octets, part) != 0)
            return false;
        offset += part;
        octets += part;
        length -= part;
    }
    return true;
}

/* The stretches that have not moved yet, and the end of the file, are where they were. */
static bool resume_sources_are_there(const struct mbox *mbox, const struct mbox_journal *journal)
{
    uint64_t written = journal->window->offset + journal->window->length, ending;
    for (uint64_t i = journal->range; i < journal->header.count; i++) {
        const struct mbox_range *range = &journal->ranges[i];
        uint64_t length = range->length < JOURNAL_ENDING_OCTETS ? range->length : JOURNAL_ENDING_OCTETS;
        if (range->offset + range->length - length >= written &&
            (!journal_ending(mbox, range->offset + range->length, length, &ending) || ending != range->ending))
            return false;
        if (i > journal->range && !mbox_file_begins_message(mbox, range->offset))
            return false;
    }
    return journal_file_ending(mbox, &journal->header, &ending) && ending == journal->header.ending;
}

/* Does every octet there stand for before or after the newest window was written, wholly or in part? */
static bool resume_is_before_or_after(const struct mbox *mbox, struct journal_window *window)
{
    char found[RESUME_OCTETS];
    const char *after = journal_file_octets(window), *before = journal_file_replaced(window);
    for (uint64_t at = 0; at < window->length;) {
        size_t part = window->length - at < sizeof(found) ? (size_t)(window->length - at) : sizeof(found);
        if (!mbox_file_read(mbox->fd, found, part, window->offset + at))
            return false;
        for (size_t i = 0; i < part; i++)
            if (found[i] != before[at + i] && found[i] != after[at + i])
                return false;
        at += part;
    }
    return true;
}

/* The newest whole window; and whether it and the one before it are what stands in the mailbox. */
static const char *resume_windows(const struct mbox *mbox, struct mbox_journal *journal)
{
    struct journal_window *other = malloc(journal_file_window_size(journal->header.window_octets));
    if (!other)
        return "there is no memory for it";
    bool has_first = journal_file_read_window(mbox, journal, 0, journal->window);
    bool has_second = journal_file_read_window(mbox, journal, 1, other);
    const char *why = has_first || has_second ? NULL : "it holds no whole window";
    if (has_second && (!has_first || other->sequence > journal->window->sequence)) {
        struct journal_window *newest = other;
        other = journal->window;
        journal->window = newest;
    }
    if (has_first && has_second && other->sequence + 1 == journal->window->sequence &&
        !resume_matches(mbox, other->offset, journal_file_octets(other), other->length))
        why = "another program has changed the mailbox since";
    free(other);
    if (!why && !resume_is_before_or_after(mbox, journal->window))
        why = "another program has changed the mailbox since";
    return why;
}

/* NULL: it can be followed, from where it was left. */
static const char *resume_check(const struct mbox *mbox, struct mbox_journal *journal, bool *is_done)
{
    const struct journal_header *header = &journal->header;
    struct mbox_stamp stamp;
    const char *why = journal_file_read(mbox, journal);
    if (why)
        return why;
    if (mbox_file_stamp(mbox, &stamp, NULL) != RESTANTE_OK || header->device != stamp.device ||
        header->inode != stamp.inode || header->path_checksum != mbox->host->checksum(mbox->path, strlen(mbox->path)))
        return "the mailbox is another file now";
    why = resume_windows(mbox, journal);
    if (why)
        return why;
    if (journal->window->length == 0) {
        size_t length = journal_mark_length(header);
        *is_done = stamp.size < header->new_size + length || !resume_matches(mbox, header->new_size, header->mark, length);
        if (*is_done)
            return NULL;
    }
    journal_seek(journal);
    if (stamp.size < header->old_size || !resume_sources_are_there(mbox, journal))
        return "another program has changed the mailbox since";
    return NULL;
}

enum restante_status mbox_journal_resume(struct mbox *mbox, struct restante_error *error)
{
    struct mbox_journal *journal = calloc(1, sizeof(*journal));
    bool is_done = false;
    if (!journal)
        return mbox_out_of_memory(mbox, error);
    journal->fd = beneath_open(mbox->state_fd, JOURNAL_NAME, O_RDWR, 0);
    if (journal->fd < 0) {
        enum restante_status status = errno == ENOENT
                                          ? RESTANTE_END
                                          : journal_fail(mbox, "the journal of an interrupted removal cannot be opened",
                                                         error);
        mbox_journal_close(&journal);
        return status;
    }
    const char *why = resume_check(mbox, journal, &is_done);
    if (!why && !is_done) {
        journal->is_pending = journal->window->length > 0;
        journal->has_begun = true;
        mbox->journal = journal;
        return RESTANTE_OK;
    }
    mbox_journal_close(&journal);
    if (why)
        journal_file_put_aside(mbox, why);
    else if (!journal_file_remove(mbox))
        return journal_fail(mbox, "the journal cannot be removed from the state directory", error);
    return RESTANTE_END;
}
