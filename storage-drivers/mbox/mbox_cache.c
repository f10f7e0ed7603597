/*
 * mbox/mbox_cache.c - what a scan found, in the state directory's file "cache-mbox". Runs in a worker, as the mailbox
 * owner.
 *
 * Checksummed, not synced, replaced by rename. It is believed for a file that has the same identity, size and times;
 * of one that has grown, the part that it describes is believed when the octets at both of its ends are the same.
 * Should that be wrong, nothing worse happens than an error: messages are compared with their digests when they are
 * read and before they are moved.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/beneath.h"
#include "mbox/mbox.h"

#define CACHE_NAME "cache-mbox"
#define CACHE_TEMPORARY "cache-mbox.tmp"
#define CACHE_MAGIC UINT64_C(0x3158424d54534552) /* also tells the byte order */
#define CACHE_VERSION 1
#define CACHE_COUNT_MAX (UINT64_C(1) << 26)
#define CACHE_END_OCTETS 4096 /* looked at, at either end */

struct cache_header {
    uint64_t checksum; /* of everything that follows it */
    uint64_t magic;
    uint32_t version, record_size;
    uint64_t path_checksum;
    int64_t x_uidl_before_s; /* settings that the records depend on */
    uint64_t quoting;
    struct mbox_stamp stamp;
    uint64_t first_checksum, last_checksum;
    uint64_t count;
};

/* Checksums of the first and the last octets of a file of `size`. */
static bool cache_look_at_ends(const struct mbox *mbox, uint64_t size, uint64_t *first, uint64_t *last)
{
    char octets[CACHE_END_OCTETS];
    size_t length = size < sizeof(octets) ? (size_t)size : sizeof(octets);
    if (!mbox_file_read(mbox->fd, octets, length, 0))
        return false;
    *first = mbox->host->checksum(octets, length);
    if (!mbox_file_read(mbox->fd, octets, length, size - length))
        return false;
    *last = mbox->host->checksum(octets, length);
    return true;
}

static uint64_t cache_checksum(const struct mbox *mbox, const char *block, size_t length)
{
    return mbox->host->checksum(block + sizeof(uint64_t), length - sizeof(uint64_t));
}

static bool cache_is_header_valid(const struct mbox *mbox, const struct cache_header *header, size_t length)
{
    return header->magic == CACHE_MAGIC && header->version == CACHE_VERSION &&
           header->record_size == sizeof(struct mbox_message) && header->count <= CACHE_COUNT_MAX &&
           length == sizeof(*header) + header->count * sizeof(struct mbox_message) &&
           header->path_checksum == mbox->host->checksum(mbox->path, strlen(mbox->path)) &&
           header->x_uidl_before_s == mbox->driver->x_uidl_before_s &&
           header->quoting == (uint64_t)mbox->driver->quoting;
}

static bool cache_is_uidl(const char *text)
{
    size_t length = 0;
    while (length <= RESTANTE_UIDL_MAX && text[length] >= 0x21 && text[length] <= 0x7e)
        length++;
    return length >= 1 && length <= RESTANTE_UIDL_MAX && text[length] == '\0';
}

/* TRUST: the owner can write the cache. Places must lie one behind the other, within the file. */
static bool cache_are_records_valid(const struct cache_header *header, const struct mbox_message *messages)
{
    uint64_t before = 0;
    for (uint64_t i = 0; i < header->count; i++) {
        const struct mbox_message *message = &messages[i];
        if (message->offset < before || (i == 0 && message->offset != 0) || message->start <= message->offset ||
            message->end < message->start || message->end > header->stamp.size ||
            message->state & ~(MBOX_X_UIDL | MBOX_INTERNAL) ||
            (message->state & MBOX_X_UIDL && !cache_is_uidl(message->text)))
            return false;
        before = message->end;
    }
    return true;
}

static char *cache_read(const struct mbox *mbox, size_t *length)
{
    struct stat facts;
    char *block = NULL;
    int fd = beneath_open_file(mbox->state_fd, CACHE_NAME, &facts);
    if (fd < 0)
        return NULL;
    *length = (size_t)facts.st_size;
    /* TRUST: no more memory for it than for what the mailbox can hold; the least message is a "From ". */
    uint64_t most = (mbox->stamp.size / 5 + 1) * sizeof(struct mbox_message) + sizeof(struct cache_header);
    if (facts.st_size >= (off_t)sizeof(struct cache_header) && (uint64_t)facts.st_size <= most)
        block = malloc(*length);
    if (block && !mbox_file_read(fd, block, *length, 0)) {
        free(block);
        block = NULL;
    }
    beneath_close(&fd);
    return block;
}

static bool cache_take(struct mbox *mbox, const char *block, size_t length, struct mbox_stamp *stamp)
{
    struct cache_header header;
    memcpy(&header, block, sizeof(header));
    const struct mbox_message *messages = (const void *)(block + sizeof(header));
    uint64_t first, last;
    if (!cache_is_header_valid(mbox, &header, length) || header.checksum != cache_checksum(mbox, block, length) ||
        !cache_are_records_valid(&header, messages)) {
        mbox->host->log(RESTANTE_INFO, "mbox of user %s: the cache of %s is damaged or of other settings: it is made "
                        "again", mbox->user, mbox->path);
        return false;
    }
    if (header.stamp.device != mbox->stamp.device || header.stamp.inode != mbox->stamp.inode ||
        header.stamp.size > mbox->stamp.size)
        return false;
    if (!mbox_file_is_same(&header.stamp, &mbox->stamp) &&
        (header.stamp.size == mbox->stamp.size ||
         !cache_look_at_ends(mbox, header.stamp.size, &first, &last) || first != header.first_checksum ||
         last != header.last_checksum))
        return false;
    for (uint64_t i = 0; i < header.count; i++)
        if (!mbox_list_add(&mbox->list, &messages[i]))
            return false;
    *stamp = header.stamp;
    return true;
}

bool mbox_cache_load(struct mbox *mbox, struct mbox_stamp *stamp)
{
    size_t length;
    char *block = mbox->state_fd < 0 ? NULL : cache_read(mbox, &length);
    if (!block)
        return false;
    bool is_taken = cache_take(mbox, block, length, stamp);
    free(block);
    if (!is_taken)
        mbox->list.count = 0;
    return is_taken;
}

static char *cache_format(const struct mbox *mbox, size_t *length)
{
    struct cache_header header = {
        .magic = CACHE_MAGIC,
        .version = CACHE_VERSION,
        .record_size = sizeof(struct mbox_message),
        .path_checksum = mbox->host->checksum(mbox->path, strlen(mbox->path)),
        .x_uidl_before_s = mbox->driver->x_uidl_before_s,
        .quoting = (uint64_t)mbox->driver->quoting,
        .stamp = mbox->stamp,
        .count = mbox->list.count,
    };
    if (!cache_look_at_ends(mbox, mbox->stamp.size, &header.first_checksum, &header.last_checksum))
        return NULL;
    size_t records = mbox->list.count * sizeof(struct mbox_message);
    *length = sizeof(header) + records;
    char *block = calloc(1, *length);
    if (!block)
        return NULL;
    memcpy(block, &header, sizeof(header));
    if (records > 0)
        memcpy(block + sizeof(header), mbox->list.messages, records);
    header.checksum = cache_checksum(mbox, block, *length);
    memcpy(block, &header, sizeof(header));
    return block;
}

void mbox_cache_save(struct mbox *mbox)
{
    size_t length;
    if (mbox->state_fd < 0 || mbox->fd < 0 || mbox->is_read_only || mbox->list.count > CACHE_COUNT_MAX)
        return;
    char *block = cache_format(mbox, &length);
    if (!block)
        return;
    int fd = beneath_open(mbox->state_fd, CACHE_TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool is_written = fd >= 0 && beneath_write_all(fd, block, length);
    free(block);
    beneath_close(&fd);
    if (is_written && renameat(mbox->state_fd, CACHE_TEMPORARY, mbox->state_fd, CACHE_NAME) == 0)
        return;
    mbox->host->log(RESTANTE_WARN, "mbox of user %s: cannot write the cache of %s: %s", mbox->user, mbox->path,
                    strerror(errno));
    (void)beneath_unlink(mbox->state_fd, CACHE_TEMPORARY);
}

void mbox_cache_drop(const struct mbox *mbox)
{
    if (mbox->state_fd >= 0 && !mbox->is_read_only)
        (void)beneath_unlink(mbox->state_fd, CACHE_NAME);
}
