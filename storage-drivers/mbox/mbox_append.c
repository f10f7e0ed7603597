/*
 * mbox/mbox_append.c - delivery: written behind the last message under the delivery locks, made durable, cut off again
 * when anything fails. Runs in a worker, as the mailbox owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/beneath.h"
#include "mbox/mbox.h"

#define APPEND_OCTETS ((size_t)32 * 1024)
#define APPEND_RETRY_NS 50000000L

struct append {
    struct mbox *mbox;
    uint64_t begin, end; /* of what is new in the file */
    struct mbox_quote quote;
    struct mbox_digest digest;
    char last; /* the last octet of the message; 0: it is empty */
    char given[APPEND_OCTETS], stored[2 * APPEND_OCTETS + MBOX_QUOTE_EXTRA];
};

static enum restante_status append_fail(const struct mbox *mbox, struct restante_error *error)
{
    return mbox->host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "cannot deliver into mbox %s of user %s",
                            mbox->path, mbox->user);
}

static enum restante_status append_make_file(struct mbox *mbox, struct restante_error *error)
{
    int fd = beneath_open(mbox->folder, mbox->name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno != EEXIST)
        return append_fail(mbox, error);
    beneath_close(&fd);
    return mbox_file_open(mbox, error);
}

/* The file, and its locks; a delivery has nobody else to serve, so it may wait here. */
static enum restante_status append_lock(struct mbox *mbox, struct restante_error *error)
{
    const struct timespec pause = {.tv_nsec = APPEND_RETRY_NS};
    for (;;) {
        enum restante_status status = mbox->fd < 0 ? append_make_file(mbox, error) : RESTANTE_OK;
        if (status != RESTANTE_OK)
            return status;
        while ((status = mbox_lock_take(mbox, error)) == RESTANTE_WAIT)
            nanosleep(&pause, NULL);
        if (status != RESTANTE_OK || mbox_file_is_current(mbox))
            return status;
        mbox_lock_release(mbox);
        beneath_close(&mbox->fd);
    }
}

static bool append_put(struct append *append, const char *octets, size_t length)
{
    bool is_put = mbox_file_write(append->mbox->fd, octets, length, append->end);
    append->end += length;
    return is_put;
}

/* A message begins behind a blank line: add what the file's end lacks of one. */
static bool append_separate(struct append *append)
{
    char end[2] = "\n\n";
    size_t length = append->begin < 2 ? (size_t)append->begin : 2;
    if (length > 0 && !mbox_file_read(append->mbox->fd, end + 2 - length, length, append->begin - length))
        return false;
    if (append->begin == 0)
        return true;
    if (end[1] != '\n')
        return append_put(append, "\n\n", 2);
    return end[0] == '\n' || append_put(append, "\n", 1);
}

static bool append_from_line(struct append *append, int64_t delivered_s)
{
    char line[80], when[40];
    time_t at = delivered_s > 0 ? (time_t)delivered_s : (time_t)append->mbox->host->now_s();
    struct tm parts;
    if (!gmtime_r(&at, &parts) || strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &parts) == 0)
        return false;
    int length = snprintf(line, sizeof(line), "From MAILER-DAEMON %s\n", when);
    mbox_digest_add(&append->digest, line, (size_t)length);
    return append_put(append, line, (size_t)length);
}

static bool append_text(struct append *append, size_t stored)
{
    mbox_digest_add(&append->digest, append->stored, stored);
    if (stored > 0)
        append->last = append->stored[stored - 1];
    return append_put(append, append->stored, stored);
}

static enum restante_status append_copy(struct append *append, restante_source source, void *context,
                                        struct restante_error *error)
{
    for (;;) {
        size_t length = 0;
        enum restante_status status = source(context, append->given, sizeof(append->given), &length, error);
        if (status != RESTANTE_OK)
            return status;
        if (length == 0)
            break;
        if (!append_text(append, mbox_quote_add(&append->quote, append->given, length, append->stored)))
            return append_fail(append->mbox, error);
    }
    if (!append_text(append, mbox_quote_end(&append->quote, append->stored)))
        return append_fail(append->mbox, error);
    /* The line end that the last line lacks; a lone CR there is a part of the text. */
    if (append->last && append->last != '\n') {
        size_t length = append->last == '\r' ? 2 : 1;
        memcpy(append->stored, &"\r\n"[2 - length], length);
        if (!append_text(append, length))
            return append_fail(append->mbox, error);
    }
    return append_put(append, "\n", 1) ? RESTANTE_OK : append_fail(append->mbox, error);
}

static enum restante_status append_write(struct append *append, restante_source source, void *context,
                                         int64_t delivered_s, struct restante_error *error)
{
    if (!append_separate(append) || !append_from_line(append, delivered_s))
        return append_fail(append->mbox, error);
    enum restante_status status = append_copy(append, source, context, error);
    if (status == RESTANTE_OK && fsync(append->mbox->fd) != 0)
        status = append_fail(append->mbox, error);
    if (status == RESTANTE_OK && append->begin == 0 && !beneath_sync_folder(append->mbox->folder))
        status = append_fail(append->mbox, error);
    return status;
}

static enum restante_status append_run(struct append *append, restante_source source, void *context,
                                       int64_t delivered_s, char uidl[RESTANTE_UIDL_MAX + 1],
                                       struct restante_error *error)
{
    struct mbox *mbox = append->mbox;
    struct mbox_message message = {0};
    struct mbox_stamp stamp;
    enum restante_status status = append_lock(mbox, error);
    if (status != RESTANTE_OK)
        return status;
    status = mbox_file_stamp(mbox, &stamp, error);
    append->begin = append->end = stamp.size;
    if (status == RESTANTE_OK)
        status = append_write(append, source, context, delivered_s, error);
    if (status != RESTANTE_OK) {
        if (append->end > append->begin && ftruncate(mbox->fd, (off_t)append->begin) != 0)
            mbox->host->log(RESTANTE_ERROR, "mbox %s of user %s: a part of a message that could not be delivered is "
                            "left at its end: %s", mbox->path, mbox->user, strerror(errno));
        mbox_lock_release(mbox);
        return status;
    }
    mbox_lock_release(mbox);
    mbox_digest_end(&append->digest, message.digest);
    message.copy = mbox_uidl_next_copy(mbox, message.digest);
    mbox_uidl_format(&message, uidl);
    return mbox_list_add(&mbox->appended, &message) ? RESTANTE_OK : mbox_out_of_memory(mbox, error);
}

enum restante_status mbox_append(void *maildrop, restante_source source, void *context, int64_t delivered_s,
                                 char uidl[RESTANTE_UIDL_MAX + 1], struct restante_error *error)
{
    struct mbox *mbox = maildrop;
    if (mbox->is_read_only)
        return mbox->host->fail(error, RESTANTE_INVALID, 0, NULL, "mbox %s is open for reading only", mbox->path);
    struct append *append = malloc(sizeof(*append));
    if (!append)
        return mbox_out_of_memory(mbox, error);
    append->mbox = mbox;
    append->quote = (struct mbox_quote){.quoting = mbox->driver->quoting};
    append->digest.body = NULL;
    append->last = '\0';
    enum restante_status status = mbox_digest_begin(&append->digest)
                                      ? append_run(append, source, context, delivered_s, uidl, error)
                                      : mbox_out_of_memory(mbox, error);
    mbox_digest_free(&append->digest);
    free(append);
    return status;
}
