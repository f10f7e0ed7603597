/*
 * maildir/maildir_maildrop.c - an open maildrop: made, asked, closed. Runs in a worker, as the mailbox owner.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/beneath.h"

#define STEP_MS 5

void maildir_step_begin(struct maildir *maildir)
{
    maildir->step_ends_ms = maildir->host->monotonic_ms() + STEP_MS;
}

bool maildir_step_is_over(const struct maildir *maildir)
{
    return maildir->host->monotonic_ms() >= maildir->step_ends_ms;
}

enum restante_status maildir_out_of_memory(const struct maildir *maildir, struct restante_error *error)
{
    return maildir->host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "maildir %s of user %s", maildir->path,
                               maildir->user);
}

bool maildir_make_buffer(struct maildir *maildir)
{
    if (!maildir->buffer)
        maildir->buffer = malloc(MAILDIR_BUFFER_OCTETS);
    return maildir->buffer != NULL;
}

static struct maildir *maildir_make(const struct maildir_driver *driver,
                                    const struct restante_maildrop_request *request)
{
    struct maildir *maildir = calloc(1, sizeof(*maildir));
    if (!maildir)
        return NULL;
    maildir->driver = driver;
    maildir->host = driver->host;
    maildir->opened_s = driver->host->now_s();
    maildir->state_fd = request->state_fd;
    maildir->is_read_only = request->is_read_only;
    maildir->root = maildir->folders[MAILDIR_NEW] = maildir->folders[MAILDIR_CUR] = maildir->sizing.fd = -1;
    maildir->loading.fd = maildir->saving.fd = -1;
    maildir->path = strdup(request->path);
    maildir->user = strdup(request->user ? request->user : "");
    if (!maildir->path || !maildir->user) {
        void *maildrop = maildir;
        maildir_close(&maildrop);
        return NULL;
    }
    return maildir;
}

static enum restante_status maildir_begin(struct maildir *maildir, struct restante_error *error)
{
    enum restante_status status = maildir_folder_open_root(maildir, error);
    if (status == RESTANTE_OK)
        status = maildir_folder_open(maildir, MAILDIR_NEW, error);
    if (status == RESTANTE_OK)
        status = maildir_folder_open(maildir, MAILDIR_CUR, error);
    if (maildir->root < 0)
        maildir->step = MAILDIR_IS_OPEN; /* does not exist: empty */
    return status;
}

enum restante_status maildir_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                                  struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    struct maildir *maildir = *maildrop;
    if (!maildir) {
        const struct maildir_driver *made_by = driver;
        maildir = maildir_make(made_by, request);
        if (!maildir)
            return made_by->host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "maildir %s", request->path);
        *maildrop = maildir;
        status = maildir_begin(maildir, error);
    }
    maildir_step_begin(maildir);
    if (status == RESTANTE_OK)
        status = maildir_scan_step(maildir, error);
    if (status != RESTANTE_OK && status != RESTANTE_AGAIN)
        maildir_close(maildrop);
    return status;
}

size_t maildir_count(const void *maildrop)
{
    const struct maildir *maildir = maildrop;
    return maildir->list.count;
}

/* Delivered: the later of the name's time and the file's; unknown or in the future means "keep". */
static int64_t maildir_delivered_s(const struct maildir *maildir, const struct maildir_message *message)
{
    int64_t delivered_s = message->number > INT64_MAX ? INT64_MAX : (int64_t)message->number;
    if (message->mtime_s > delivered_s)
        delivered_s = message->mtime_s;
    return delivered_s > maildir->opened_s || delivered_s < 0 ? 0 : delivered_s;
}

enum restante_status maildir_stat(const void *maildrop, size_t index, struct restante_message *facts,
                                  struct restante_error *error)
{
    const struct maildir *maildir = maildrop;
    if (index >= maildir->list.count)
        return maildir->host->fail(error, RESTANTE_INVALID, 0, NULL, "maildir %s has no message %zu", maildir->path,
                                   index);
    const struct maildir_message *message = &maildir->list.messages[index];
    const char *uidl = maildir_list_name(&maildir->list, message);
    size_t length = message->base_length;
    if (message->uidl_at) {
        uidl = maildir->list.text + message->uidl_at;
        length = strnlen(uidl, RESTANTE_UIDL_MAX);
    }
    memcpy(facts->uidl, uidl, length);
    facts->uidl[length] = '\0';
    facts->octets = message->octets;
    facts->delivered_s = maildir_delivered_s(maildir, message);
    return RESTANTE_OK;
}

/* Sizes are fixed while the maildrop is open: corrections wait until it closes, for the cache. */
void maildir_correct(void *maildrop, size_t index, uint64_t octets)
{
    struct maildir *maildir = maildrop;
    if (index >= maildir->list.count)
        return;
    if (maildir->corrections_count == maildir->corrections_capacity) {
        size_t capacity = maildir->corrections_capacity * 2 + 16;
        struct maildir_correction *grown = realloc(maildir->corrections, capacity * sizeof(*grown));
        if (!grown)
            return;
        maildir->corrections = grown;
        maildir->corrections_capacity = capacity;
    }
    maildir->corrections[maildir->corrections_count++] =
        (struct maildir_correction){.index = index, .octets = octets};
}

static void maildir_save_corrections(struct maildir *maildir)
{
    if (maildir->corrections_count == 0 || maildir->is_read_only)
        return;
    for (size_t i = 0; i < maildir->corrections_count; i++)
        maildir->list.messages[maildir->corrections[i].index].octets = maildir->corrections[i].octets;
    /* WHY in one go: close takes no steps, and a size that was wrong is rare. */
    maildir_step_begin(maildir);
    while (maildir_cache_save(maildir) == RESTANTE_AGAIN)
        continue;
}

void maildir_close(void **maildrop)
{
    struct maildir *maildir = *maildrop;
    if (!maildir)
        return;
    if (maildir->step == MAILDIR_IS_OPEN)
        maildir_save_corrections(maildir);
    maildir_listing_end(&maildir->listing);
    maildir_find_end(maildir);
    maildir_cache_end(maildir);
    maildir_sort_end(&maildir->sort);
    beneath_close(&maildir->sizing.fd);
    beneath_close(&maildir->folders[MAILDIR_NEW]);
    beneath_close(&maildir->folders[MAILDIR_CUR]);
    beneath_close(&maildir->root);
    maildir_list_free(&maildir->list);
    maildir_list_free(&maildir->cached);
    free(maildir->corrections);
    free(maildir->buffer);
    free(maildir->path);
    free(maildir->user);
    free(maildir);
    *maildrop = NULL;
}
