/*
 * ledger/journal.c - entries appended to a journal. Runs in a worker, as the mailbox owner, under the session lock, so
 * that nobody else writes these files.
 *
 * Between two syncs everything goes into one file. Failing: what was written since the last sync is cut off again, and
 * where that fails too, the next entry begins on a line of its own and readers pass over what is broken.
 */
#include "ledger/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/journal_files.h"
#include "ledger/journal_line.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"

#define JOURNAL_PENDING_OCTETS ((size_t)1 << 20) /* in memory */
#define JOURNAL_FILE_OCTETS ((uint64_t)4 << 20)  /* a longer one is followed by another */
#define JOURNAL_FILES_MAX 64                     /* however young they are */
#define JOURNAL_FILES_PER_TIME 12                /* so many, about, in the time that entries are kept for */
#define JOURNAL_FILE_MIN_S 86400

struct journal {
    int state_fd; /* the caller's */
    int64_t keep_s;
    bool is_listed;
    struct journal_files files; /* with the one being written last */
    int fd;                     /* -1: none yet */
    bool is_new;                /* its name is not durable */
    uint64_t durable, written;  /* octets of it: synced; so far */
    int64_t last_s;             /* when the latest entry was made */
    struct buf pending;
    struct restante_error failure; /* since the last sync; of status OK: none */
};

struct journal *journal_open(int state_fd, int64_t keep_s)
{
    struct journal *journal = alloc_zeroed(sizeof(*journal));
    journal->state_fd = state_fd;
    journal->keep_s = keep_s;
    journal->fd = -1;
    return journal;
}

/* --- which file ------------------------------------------------------------------------------------------------- */

static bool journal_is_old(const struct journal *journal, struct journal_file file, int64_t now_s)
{
    int64_t span_s = journal->keep_s / JOURNAL_FILES_PER_TIME;
    if (span_s < JOURNAL_FILE_MIN_S)
        span_s = JOURNAL_FILE_MIN_S;
    /* Begun in a future that did not come: a clock was wrong. */
    return now_s > file.begun_s ? now_s - file.begun_s > span_s : file.begun_s - now_s > span_s;
}

/* The file that entries go to, if it is one that more should go to. */
static enum restante_status journal_continue(struct journal *journal, struct restante_error *error)
{
    if (journal->files.count == 0)
        return RESTANTE_OK;
    struct journal_file last = journal->files.files[journal->files.count - 1];
    if (journal_is_old(journal, last, journal->last_s))
        return RESTANTE_OK;
    enum restante_status status =
        journal_file_open(journal->state_fd, last, false, &journal->fd, &journal->durable, error);
    if (status == RESTANTE_OK && journal->durable >= JOURNAL_FILE_OCTETS)
        fd_close(&journal->fd);
    journal->written = journal->durable;
    journal->is_new = false;
    return status;
}

static enum restante_status journal_begin_file(struct journal *journal, struct restante_error *error)
{
    struct journal_file next = {.number = 1, .begun_s = journal->last_s < 0 ? 0 : journal->last_s};
    if (journal->files.count > 0)
        next.number = journal->files.files[journal->files.count - 1].number + 1;
    enum restante_status status = journal_file_create(journal->state_fd, next, &journal->fd, error);
    if (status != RESTANTE_OK)
        return status;
    journal_files_add(&journal->files, next);
    journal->durable = journal->written = 0;
    journal->is_new = true;
    return RESTANTE_OK;
}

/* An unfinished line that a crash has left is ended: no entry may become a part of it. */
static enum restante_status journal_end_line(struct journal *journal, struct restante_error *error)
{
    char last;
    if (journal->written == 0)
        return RESTANTE_OK;
    if (pread(journal->fd, &last, 1, (off_t)journal->written - 1) != 1)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot read the journal");
    if (last == '\n')
        return RESTANTE_OK;
    if (pwrite(journal->fd, "\n", 1, (off_t)journal->written) != 1)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot write the journal");
    journal->written++;
    return RESTANTE_OK;
}

static enum restante_status journal_take_file(struct journal *journal, struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    if (journal->fd >= 0 && journal->durable >= JOURNAL_FILE_OCTETS && journal->written == journal->durable)
        fd_close(&journal->fd);
    if (journal->fd >= 0)
        return RESTANTE_OK;
    if (!journal->is_listed)
        status = journal_files_list(journal->state_fd, &journal->files, error);
    journal->is_listed = status == RESTANTE_OK;
    if (status == RESTANTE_OK)
        status = journal_continue(journal, error);
    if (status == RESTANTE_OK && journal->fd < 0)
        status = journal_begin_file(journal, error);
    return status == RESTANTE_OK ? journal_end_line(journal, error) : status;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static enum restante_status journal_write(struct journal *journal, struct restante_error *error)
{
    enum restante_status status = journal_take_file(journal, error);
    while (status == RESTANTE_OK && buf_length(&journal->pending) > 0) {
        ssize_t written = pwrite(journal->fd, buf_head(&journal->pending), buf_length(&journal->pending),
                                 (off_t)journal->written);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot write the journal");
        journal->written += (uint64_t)written;
        buf_consume(&journal->pending, (size_t)written);
    }
    return status;
}

void journal_put(struct journal *journal, const struct journal_entry *entry)
{
    if (journal->failure.status != RESTANTE_OK)
        return;
    journal->last_s = entry->when_s;
    journal_line_format(&journal->pending, entry);
    if (buf_length(&journal->pending) >= JOURNAL_PENDING_OCTETS)
        journal->failure.status = journal_write(journal, &journal->failure);
}

/* Nothing that was put since the last sync is to be found. */
static void journal_take_back(struct journal *journal)
{
    buf_clear(&journal->pending);
    if (journal->fd < 0)
        return;
    if (journal->is_new) {
        /* Empty, in case that it cannot be removed. */
        if (ftruncate(journal->fd, 0) < 0)
            log_warn("the journal keeps entries of what was not done: %s", journal->failure.log);
        (void)journal_file_remove(journal->state_fd, journal->files.files[--journal->files.count]);
    } else if (ftruncate(journal->fd, (off_t)journal->durable) < 0) {
        log_warn("the journal keeps entries of what was not done: %s", journal->failure.log);
    }
    fd_close(&journal->fd);
    journal->is_listed = false;
    journal->durable = journal->written = 0;
}

/* Entries of before this time are too old. */
static int64_t journal_limit_s(int64_t keep_s, int64_t now_s)
{
    return now_s > keep_s ? now_s - keep_s : 0;
}

enum restante_status journal_sync(struct journal *journal, struct restante_error *error)
{
    struct restante_error *failure = &journal->failure;
    if (failure->status == RESTANTE_OK && buf_length(&journal->pending) == 0 && journal->written == journal->durable)
        return RESTANTE_OK;
    if (failure->status == RESTANTE_OK)
        failure->status = journal_write(journal, failure);
    if (failure->status == RESTANTE_OK && fdatasync(journal->fd) < 0)
        error_set(failure, RESTANTE_TEMPORARY, errno, NULL, "cannot write the journal");
    if (failure->status == RESTANTE_OK && journal->is_new && fsync(journal->state_fd) < 0)
        error_set(failure, RESTANTE_TEMPORARY, errno, NULL, "cannot make the name of a journal durable");
    if (failure->status != RESTANTE_OK) {
        enum restante_status status = failure->status;
        journal_take_back(journal);
        if (error)
            *error = *failure;
        *failure = (struct restante_error){0};
        return status;
    }
    journal->durable = journal->written;
    journal->is_new = false;
    journal_files_drop(journal->state_fd, &journal->files, journal_limit_s(journal->keep_s, journal->last_s),
                       JOURNAL_FILES_MAX);
    return RESTANTE_OK;
}

static bool journal_is_young(void *context, const struct journal_entry *entry)
{
    bool *is_young = context;
    (void)entry;
    *is_young = true;
    return false;
}

enum restante_status journal_drop_old(int state_fd, int64_t keep_s, int64_t now_s, struct restante_error *error)
{
    struct journal_files files = {0};
    bool is_young = false;
    int64_t limit_s = keep_s > 0 ? journal_limit_s(keep_s, now_s) : INT64_MAX;
    enum restante_status status = journal_files_list(state_fd, &files, error);
    if (status == RESTANTE_OK && files.count > 0)
        status = journal_read(state_fd, limit_s, journal_is_young, &is_young, NULL, error);
    /* The last file is dropped only where nothing young is in any. */
    if (status == RESTANTE_OK)
        journal_files_drop(state_fd, &files, limit_s, is_young ? JOURNAL_FILES_MAX : 0);
    journal_files_free(&files);
    return status;
}

void journal_close(struct journal **journal)
{
    struct journal *closed = *journal;
    *journal = NULL;
    if (!closed)
        return;
    if (closed->written != closed->durable || closed->is_new)
        journal_take_back(closed);
    fd_close(&closed->fd);
    buf_free(&closed->pending);
    journal_files_free(&closed->files);
    free(closed);
}
