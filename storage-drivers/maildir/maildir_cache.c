/*
 * maildir/maildir_cache.c - what a scan found, in the state directory's file "cache-maildir". Read and written in steps.
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
#define CACHE_VERSION 2
#define RECORDS_IN_PART (MAILDIR_CACHE_PART / sizeof(struct maildir_message))
#define RECORDS_BETWEEN_CLOCKS 1024
#define CACHE_COUNT_MAX (UINT64_C(1) << 26)

struct maildir_cache_header {
    uint64_t checksum; /* of the parts behind the header, then of the rest of the header */
    uint64_t magic;
    uint32_t version, record_size;
    uint64_t path_checksum; /* which maildrop this is of */
    uint64_t count, text_length;
    struct maildir_stamp stamps[MAILDIR_FOLDERS];
    uint64_t is_proven;
};

uint64_t maildir_cache_sum(const struct restante_host *host, uint64_t sum, const void *part, size_t length)
{
    uint64_t both[2] = {sum, host->checksum(part, length)};
    return host->checksum(both, sizeof(both));
}

static uint64_t maildir_cache_sum_header(const struct maildir *maildir, uint64_t sum,
                                         const struct maildir_cache_header *header)
{
    const char *behind = (const char *)header + sizeof(header->checksum);
    return maildir_cache_sum(maildir->host, sum, behind, sizeof(*header) - sizeof(header->checksum));
}

/* How much of the records or, behind them, of the text is the part that follows `done` octets. */
static size_t maildir_cache_part(size_t done, size_t records_octets, size_t length)
{
    size_t left = (done < records_octets ? records_octets : length) - done;
    return left < MAILDIR_CACHE_PART ? left : MAILDIR_CACHE_PART;
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

/* --- reading --------------------------------------------------------------------------------------------------- */

/* At least the first `length` octets of the file are to be in the block; a small file comes at once. */
static bool maildir_cache_fetch(struct maildir_loading *loading, size_t length)
{
    size_t wanted = loading->length - loading->read;
    if (wanted > MAILDIR_CACHE_PART)
        wanted = MAILDIR_CACHE_PART;
    for (wanted += loading->read; loading->read < length;) {
        ssize_t got = beneath_read(loading->fd, loading->block + loading->read, wanted - loading->read);
        if (got <= 0)
            return false;
        loading->read += (size_t)got;
    }
    return true;
}

/* RESTANTE_END: there is none; RESTANTE_INVALID: there is something else. */
static enum restante_status maildir_cache_begin(struct maildir *maildir)
{
    struct maildir_loading *loading = &maildir->loading;
    struct stat facts;
    loading->fd = maildir->state_fd < 0 ? -1 : beneath_open_file(maildir->state_fd, CACHE_NAME, &facts);
    if (loading->fd < 0)
        return RESTANTE_END;
    loading->length = (size_t)facts.st_size;
    if (facts.st_size < (off_t)sizeof(struct maildir_cache_header) || facts.st_size >= INT32_MAX * INT64_C(8))
        return RESTANTE_INVALID;
    loading->block = malloc(loading->length);
    loading->done = sizeof(struct maildir_cache_header);
    if (!loading->block)
        return RESTANTE_END;
    bool is_right = maildir_cache_fetch(loading, loading->done) &&
                    maildir_cache_is_header_valid(maildir, (const void *)loading->block, loading->length);
    return is_right ? RESTANTE_OK : RESTANTE_INVALID;
}

static enum restante_status maildir_cache_read(struct maildir *maildir)
{
    struct maildir_loading *loading = &maildir->loading;
    const struct maildir_cache_header *header = (const void *)loading->block;
    size_t records_end = sizeof(*header) + header->count * sizeof(struct maildir_message);
    while (loading->done < loading->length) {
        size_t part = maildir_cache_part(loading->done, records_end, loading->length);
        if (!maildir_cache_fetch(loading, loading->done + part))
            return RESTANTE_INVALID;
        loading->sum = maildir_cache_sum(maildir->host, loading->sum, loading->block + loading->done, part);
        loading->done += part;
        if (maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    if (header->checksum != maildir_cache_sum_header(maildir, loading->sum, header))
        return RESTANTE_INVALID;
    loading->is_read = true;
    maildir->cached = (struct maildir_list){
        .block = loading->block,
        .messages = (void *)(loading->block + sizeof(*header)),
        .count = header->count,
        .capacity = header->count,
        .text = loading->block + records_end,
        .text_length = header->text_length,
        .text_capacity = header->text_length,
    };
    loading->block = NULL;
    return RESTANTE_OK;
}

static enum restante_status maildir_cache_check(struct maildir *maildir)
{
    const struct maildir_list *cached = &maildir->cached;
    while (maildir->cursor < cached->count) {
        if (!maildir_cache_is_record_valid(cached, &cached->messages[maildir->cursor]))
            return RESTANTE_INVALID;
        if (++maildir->cursor % RECORDS_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    return RESTANTE_OK;
}

enum restante_status maildir_cache_load(struct maildir *maildir, struct maildir_stamp stamps[MAILDIR_FOLDERS],
                                        bool *is_proven)
{
    enum restante_status status = RESTANTE_OK;
    if (maildir->loading.done == 0)
        status = maildir_cache_begin(maildir);
    if (status == RESTANTE_OK && !maildir->loading.is_read)
        status = maildir_cache_read(maildir);
    if (status == RESTANTE_OK)
        status = maildir_cache_check(maildir);
    if (status == RESTANTE_AGAIN)
        return status;
    maildir_cache_end(maildir);
    if (status == RESTANTE_OK) {
        const struct maildir_cache_header *header = maildir->cached.block;
        memcpy(stamps, header->stamps, sizeof(header->stamps));
        *is_proven = header->is_proven != 0;
        return RESTANTE_OK;
    }
    maildir_list_free(&maildir->cached);
    if (status == RESTANTE_INVALID)
        maildir->host->log(RESTANTE_INFO, "maildir of user %s: the cache of %s is damaged or of another version: it "
                           "is made again", maildir->user, maildir->path);
    return RESTANTE_END;
}

/* --- writing --------------------------------------------------------------------------------------------------- */

static bool maildir_cache_write_part(struct maildir *maildir, const void *part, size_t length)
{
    struct maildir_saving *saving = &maildir->saving;
    saving->sum = maildir_cache_sum(maildir->host, saving->sum, part, length);
    return beneath_write_all(saving->fd, part, length);
}

static bool maildir_cache_write_header(struct maildir *maildir, size_t text_length)
{
    struct maildir_cache_header header = {
        .magic = CACHE_MAGIC,
        .version = CACHE_VERSION,
        .record_size = sizeof(struct maildir_message),
        .path_checksum = maildir->host->checksum(maildir->path, strlen(maildir->path)),
        .count = maildir->list.count,
        .text_length = text_length,
        .stamps = {maildir->stamps[MAILDIR_NEW], maildir->stamps[MAILDIR_CUR]},
        .is_proven = maildir->is_proven,
    };
    header.checksum = maildir_cache_sum_header(maildir, maildir->saving.sum, &header);
    return lseek(maildir->saving.fd, 0, SEEK_SET) == 0 &&
           beneath_write_all(maildir->saving.fd, &header, sizeof(header));
}

/* Records and text behind the place of the header, then the header. RESTANTE_INVALID: cannot be written, see errno. */
static enum restante_status maildir_cache_write(struct maildir *maildir)
{
    struct maildir_saving *saving = &maildir->saving;
    const struct maildir_list *list = &maildir->list;
    const char *text = list->text_length ? list->text : "";
    size_t text_length = list->text_length ? list->text_length : 1;
    while (saving->records < list->count || saving->text_octets < text_length) {
        size_t records = list->count - saving->records, octets = text_length - saving->text_octets;
        bool is_written;
        if (records > 0) {
            records = records < RECORDS_IN_PART ? records : RECORDS_IN_PART;
            is_written = maildir_cache_write_part(maildir, &list->messages[saving->records],
                                                  records * sizeof(*list->messages));
            saving->records += records;
        } else {
            octets = octets < MAILDIR_CACHE_PART ? octets : MAILDIR_CACHE_PART;
            is_written = maildir_cache_write_part(maildir, text + saving->text_octets, octets);
            saving->text_octets += octets;
        }
        if (!is_written)
            return RESTANTE_INVALID;
        if (maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    bool is_written = maildir_cache_write_header(maildir, text_length) &&
                      renameat(maildir->state_fd, CACHE_TEMPORARY, maildir->state_fd, CACHE_NAME) == 0;
    return is_written ? RESTANTE_OK : RESTANTE_INVALID;
}

enum restante_status maildir_cache_save(struct maildir *maildir)
{
    struct maildir_saving *saving = &maildir->saving;
    enum restante_status status = RESTANTE_OK;
    if (maildir->state_fd < 0 || maildir->list.count > CACHE_COUNT_MAX)
        return RESTANTE_OK;
    if (!saving->is_begun) {
        saving->is_begun = true;
        saving->fd = beneath_open(maildir->state_fd, CACHE_TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (saving->fd < 0 || lseek(saving->fd, sizeof(struct maildir_cache_header), SEEK_SET) < 0)
            status = RESTANTE_INVALID;
    }
    if (status == RESTANTE_OK)
        status = maildir_cache_write(maildir);
    if (status == RESTANTE_AGAIN)
        return status;
    if (status == RESTANTE_INVALID) {
        maildir->host->log(RESTANTE_WARN, "maildir of user %s: cannot write the cache of %s: %s", maildir->user,
                           maildir->path, strerror(errno));
        (void)beneath_unlink(maildir->state_fd, CACHE_TEMPORARY);
    }
    maildir_cache_end(maildir);
    return RESTANTE_OK;
}

void maildir_cache_end(struct maildir *maildir)
{
    beneath_close(&maildir->loading.fd);
    beneath_close(&maildir->saving.fd);
    free(maildir->loading.block);
    maildir->loading = (struct maildir_loading){.fd = -1};
    maildir->saving = (struct maildir_saving){.fd = -1};
}
