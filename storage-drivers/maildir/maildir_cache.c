/*
 * maildir/maildir_cache.c - what a scan found, in the state directory's file "cache-maildir".
 *
 * A header, the records of the list and its text; checksummed, not synced, replaced by rename. Whatever is wrong with
 * it, it is not there: the scan makes a new one. TRUST: the mailbox owner can write it, so offsets are checked; names
 * in it are opened as any other name, beneath their folder.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/beneath.h"

#define CACHE_NAME "cache-maildir"
#define CACHE_TEMPORARY "cache-maildir.tmp"
#define CACHE_MAGIC UINT64_C(0x314944414d545352) /* also tells the byte order */
#define CACHE_VERSION 1
#define CACHE_COUNT_MAX (UINT64_C(1) << 26)

struct maildir_cache_header {
    uint64_t checksum; /* of everything that follows it */
    uint64_t magic;
    uint32_t version, record_size;
    uint64_t path_checksum; /* which maildrop this is of */
    uint64_t count, text_length;
    struct maildir_stamp stamps[MAILDIR_FOLDERS];
    uint64_t is_proven;
};

static uint64_t maildir_cache_checksum(const struct maildir *maildir, const char *block, size_t length)
{
    size_t skipped = sizeof(uint64_t);
    return maildir->host->checksum(block + skipped, length - skipped);
}

static bool maildir_cache_is_header_valid(const struct maildir *maildir, const struct maildir_cache_header *header,
                                          size_t length)
{
    if (header->magic != CACHE_MAGIC || header->version != CACHE_VERSION ||
        header->record_size != sizeof(struct maildir_message) || header->count > CACHE_COUNT_MAX ||
        header->text_length > UINT32_MAX || header->text_length == 0)
        return false;
    return length == sizeof(*header) + header->count * sizeof(struct maildir_message) + header->text_length &&
           header->path_checksum == maildir->host->checksum(maildir->path, strlen(maildir->path));
}

/* Text at `at` is whole and `length` long. */
static bool maildir_cache_is_text(const struct maildir_list *list, uint32_t at, size_t length)
{
    return at > 0 && at < list->text_length && length < list->text_length - at && list->text[at + length] == '\0' &&
           !memchr(list->text + at, '\0', length);
}

static bool maildir_cache_is_record_valid(const struct maildir_list *list, const struct maildir_message *message)
{
    if (message->folder >= MAILDIR_FOLDERS || message->name_length > MAILDIR_NAME_MAX ||
        message->base_length > message->name_length || message->state & ~MAILDIR_KEPT_STATE ||
        !maildir_cache_is_text(list, message->name_at, message->name_length))
        return false;
    if (message->uidl_at == 0)
        return maildir_name_is_legal_uidl(maildir_list_name(list, message), message->base_length);
    if (message->uidl_at >= list->text_length)
        return false;
    size_t length = strnlen(list->text + message->uidl_at, list->text_length - message->uidl_at);
    return maildir_name_is_uidl(list->text + message->uidl_at, length) &&
           maildir_cache_is_text(list, message->uidl_at, length);
}

static char *maildir_cache_read(int state_fd, size_t *length)
{
    struct stat facts;
    char *block = NULL;
    int fd = beneath_open_file(state_fd, CACHE_NAME, &facts);
    if (fd < 0)
        return NULL;
    *length = (size_t)facts.st_size;
    if (facts.st_size >= (off_t)sizeof(struct maildir_cache_header) && facts.st_size < INT32_MAX * INT64_C(8))
        block = malloc(*length);
    size_t done = 0;
    while (block && done < *length) {
        ssize_t got = beneath_read(fd, block + done, *length - done);
        if (got <= 0) {
            free(block);
            block = NULL;
            break;
        }
        done += (size_t)got;
    }
    beneath_close(&fd);
    return block;
}

static bool maildir_cache_parse(const struct maildir *maildir, char *block, size_t length, struct maildir_list *list)
{
    const struct maildir_cache_header *header = (const void *)block;
    if (!maildir_cache_is_header_valid(maildir, header, length) ||
        header->checksum != maildir_cache_checksum(maildir, block, length))
        return false;
    list->block = block;
    list->messages = (void *)(block + sizeof(*header));
    list->count = list->capacity = header->count;
    list->text = block + sizeof(*header) + header->count * sizeof(*list->messages);
    list->text_length = list->text_capacity = header->text_length;
    for (size_t i = 0; i < list->count; i++)
        if (!maildir_cache_is_record_valid(list, &list->messages[i]))
            return false;
    return true;
}

bool maildir_cache_load(const struct maildir *maildir, struct maildir_list *cached,
                        struct maildir_stamp stamps[MAILDIR_FOLDERS], bool *is_proven)
{
    size_t length;
    char *block = maildir->state_fd < 0 ? NULL : maildir_cache_read(maildir->state_fd, &length);
    if (!block)
        return false;
    if (!maildir_cache_parse(maildir, block, length, cached)) {
        maildir->host->log(RESTANTE_INFO, "maildir of user %s: the cache of %s is damaged or of another version: it "
                           "is made again", maildir->user, maildir->path);
        *cached = (struct maildir_list){0};
        free(block);
        return false;
    }
    const struct maildir_cache_header *header = (const void *)block;
    memcpy(stamps, header->stamps, sizeof(header->stamps));
    *is_proven = header->is_proven != 0;
    return true;
}

static char *maildir_cache_format(const struct maildir *maildir, size_t *length)
{
    const struct maildir_list *list = &maildir->list;
    struct maildir_cache_header header = {
        .magic = CACHE_MAGIC,
        .version = CACHE_VERSION,
        .record_size = sizeof(struct maildir_message),
        .path_checksum = maildir->host->checksum(maildir->path, strlen(maildir->path)),
        .count = list->count,
        .text_length = list->text_length ? list->text_length : 1,
        .stamps = {maildir->stamps[MAILDIR_NEW], maildir->stamps[MAILDIR_CUR]},
        .is_proven = maildir->is_proven,
    };
    size_t records = list->count * sizeof(*list->messages);
    *length = sizeof(header) + records + header.text_length;
    char *block = calloc(1, *length);
    if (!block)
        return NULL;
    if (records > 0)
        memcpy(block + sizeof(header), list->messages, records);
    if (list->text_length > 0)
        memcpy(block + sizeof(header) + records, list->text, list->text_length);
    struct maildir_message *saved = (void *)(block + sizeof(header));
    for (size_t i = 0; i < list->count; i++)
        saved[i].state &= MAILDIR_KEPT_STATE;
    memcpy(block, &header, sizeof(header));
    header.checksum = maildir_cache_checksum(maildir, block, *length);
    memcpy(block, &header, sizeof(header));
    return block;
}

void maildir_cache_save(const struct maildir *maildir)
{
    size_t length;
    if (maildir->state_fd < 0 || maildir->list.count > CACHE_COUNT_MAX)
        return;
    char *block = maildir_cache_format(maildir, &length);
    if (!block)
        return;
    int fd = beneath_open(maildir->state_fd, CACHE_TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool is_written = fd >= 0 && beneath_write_all(fd, block, length);
    free(block);
    beneath_close(&fd);
    if (is_written && renameat(maildir->state_fd, CACHE_TEMPORARY, maildir->state_fd, CACHE_NAME) == 0)
        return;
    const char *why = strerror(errno);
    maildir->host->log(RESTANTE_WARN, "maildir of user %s: cannot write the cache of %s: %s", maildir->user,
                       maildir->path, why);
    (void)beneath_unlink(maildir->state_fd, CACHE_TEMPORARY);
}
