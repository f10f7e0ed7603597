/*
 * mbox/mbox_scan.c - a stretch of the file, read into messages: once, in order, in constant memory. Runs in a worker,
 * as the mailbox owner, with the delivery locks held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mbox/mbox.h"

bool mbox_scan_begin(struct mbox *mbox, struct mbox_scan *scan, uint64_t offset, uint64_t end)
{
    scan->split = (struct mbox_split){0};
    scan->unquote = (struct mbox_quote){.quoting = mbox->driver->quoting};
    scan->has_message = false;
    scan->offset = offset;
    scan->end = end;
    scan->kept = 0;
    if (!scan->buffer)
        scan->buffer = malloc(MBOX_BUFFER_OCTETS);
    if (!scan->plain)
        scan->plain = malloc(MBOX_BUFFER_OCTETS + MBOX_QUOTE_EXTRA);
    return scan->buffer && scan->plain;
}

void mbox_scan_end(struct mbox_scan *scan)
{
    mbox_digest_free(&scan->digest);
    free(scan->buffer);
    free(scan->plain);
    scan->buffer = scan->plain = NULL;
}

/* An old server's UIDL, where the setting says that this mail is old enough to believe it. */
static void scan_take_x_uidl(const struct mbox *mbox, struct mbox_scan *scan)
{
    const struct mbox_digest *digest = &scan->digest;
    const char *text = digest->x_uidl + strspn(digest->x_uidl, ": \t");
    size_t length = digest->x_uidl_length ? strcspn(text, " \t\r\n") : 0;
    int64_t when_s = mbox_digest_from_time_s(digest);
    if (length == 0 || length > RESTANTE_UIDL_MAX || when_s == 0 || when_s >= mbox->driver->x_uidl_before_s)
        return;
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return;
    memcpy(scan->message.text, text, length);
    scan->message.text[length] = '\0';
    scan->message.state |= MBOX_X_UIDL;
}

/* What has been read is a whole message. */
static enum restante_status scan_finish(const struct mbox *mbox, struct mbox_scan *scan, struct restante_error *error)
{
    if (!scan->has_message)
        return RESTANTE_OK;
    scan->has_message = false;
    size_t plain = mbox_quote_end(&scan->unquote, scan->plain);
    mbox->host->count_octets(&scan->octets, scan->plain, plain);
    mbox->host->count_end(&scan->octets);
    scan->message.octets = scan->octets.octets;
    mbox_digest_end(&scan->digest, scan->message.digest);
    if (scan->message.offset == 0 && mbox_digest_is_internal(&scan->digest))
        scan->message.state |= MBOX_INTERNAL;
    if (mbox->driver->x_uidl_before_s)
        scan_take_x_uidl(mbox, scan);
    return scan->found(scan->context, &scan->message, error);
}

static enum restante_status scan_begin_message(const struct mbox *mbox, struct mbox_scan *scan, uint64_t offset,
                                               struct restante_error *error)
{
    enum restante_status status = scan_finish(mbox, scan, error);
    if (status != RESTANTE_OK)
        return status;
    scan->message = (struct mbox_message){.offset = offset, .start = offset, .end = offset};
    scan->octets = (struct restante_octet_count){0};
    scan->unquote = (struct mbox_quote){.quoting = mbox->driver->quoting};
    scan->has_message = true;
    return mbox_digest_begin(&scan->digest) ? RESTANTE_OK : mbox_out_of_memory(mbox, error);
}

static void scan_take(const struct mbox *mbox, struct mbox_scan *scan, enum mbox_split_kind kind, const char *octets,
                      size_t length)
{
    if (kind == MBOX_SPLIT_BLANK)
        return;
    mbox_digest_add(&scan->digest, octets, length);
    scan->message.end += length;
    if (kind == MBOX_SPLIT_FROM_LINE) {
        scan->message.start += length;
        return;
    }
    size_t plain = mbox_quote_take(&scan->unquote, octets, length, scan->plain);
    mbox->host->count_octets(&scan->octets, scan->plain, plain);
}

/* What is in the buffer, of which the first octet is at `offset` of the file. *used: how much of it is dealt with. */
static enum restante_status scan_buffer(const struct mbox *mbox, struct mbox_scan *scan, uint64_t offset,
                                        size_t length, bool is_last, size_t *used, struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    *used = 0;
    while (status == RESTANTE_OK) {
        size_t part;
        enum mbox_split_kind kind =
            mbox_split_next(&scan->split, scan->buffer + *used, length - *used, is_last, &part);
        if (kind == MBOX_SPLIT_MORE)
            break;
        if (kind == MBOX_SPLIT_NO_MBOX)
            return mbox->host->fail(error, RESTANTE_PERMANENT, 0, NULL,
                                    "mbox %s of user %s: at octet %llu there is no line \"From \": it is no mbox, or "
                                    "another program has damaged it; it is left alone",
                                    mbox->path, mbox->user, (unsigned long long)(offset + *used));
        if (kind == MBOX_SPLIT_BEGIN)
            status = scan_begin_message(mbox, scan, offset + *used, error);
        else
            scan_take(mbox, scan, kind, scan->buffer + *used, part);
        *used += part;
    }
    return status;
}

enum restante_status mbox_scan_step(struct mbox *mbox, struct mbox_scan *scan, struct restante_error *error)
{
    for (;;) {
        size_t room = MBOX_BUFFER_OCTETS - scan->kept, used;
        uint64_t left = scan->end - scan->offset;
        size_t wanted = left < room ? (size_t)left : room;
        if (wanted > 0 && !mbox_file_read(mbox->fd, scan->buffer + scan->kept, wanted, scan->offset))
            return mbox->host->fail(error, RESTANTE_TEMPORARY, errno, NULL,
                                    "mbox %s of user %s: cannot be read at octet %llu%s", mbox->path, mbox->user,
                                    (unsigned long long)scan->offset, errno ? "" : ": it ends there");
        size_t length = scan->kept + wanted;
        uint64_t first = scan->offset - scan->kept;
        bool is_last = wanted == left;
        scan->offset += wanted;
        enum restante_status status = scan_buffer(mbox, scan, first, length, is_last, &used, error);
        if (status != RESTANTE_OK)
            return status;
        if (is_last)
            return scan_finish(mbox, scan, error);
        scan->kept = length - used;
        memmove(scan->buffer, scan->buffer + used, scan->kept);
        if (mbox_step_is_over(mbox))
            return RESTANTE_AGAIN;
    }
}
