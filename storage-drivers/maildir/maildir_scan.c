/*
 * maildir/maildir_scan.c - opening a maildrop, step by step: the cache, else the names, what the cache knows of them,
 * sizes and times of the rest, twins, the cache again. Runs in a worker, as the mailbox owner.
 *
 * An entry that cannot be a message is reported and skipped; only a folder that cannot be read fails the open.
 */
#include "maildir/maildir.h"

#include <string.h>

#define REPORTS_MAX 10
#define MEASURED_BETWEEN_CLOCKS 32

void maildir_scan_report(struct maildir *maildir, enum maildir_folder folder, const char *name, const char *why)
{
    if (maildir->odd_count++ < REPORTS_MAX)
        maildir->host->log(RESTANTE_WARN, "maildir of user %s: skipped %s/%s/%s: %s", maildir->user, maildir->path,
                           maildir_folder_name(folder), name, why);
}

static enum restante_status maildir_scan_load(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_stamp saved[MAILDIR_FOLDERS];
    bool is_proven;
    (void)error;
    if (!maildir_cache_load(maildir, &maildir->cached, saved, &is_proven))
        return RESTANTE_OK;
    maildir_folder_stamp(maildir, maildir->stamps);
    if (is_proven && memcmp(saved, maildir->stamps, sizeof(saved)) == 0) {
        maildir->list = maildir->cached;
        maildir->cached = (struct maildir_list){0};
        maildir->is_proven = true;
        maildir->step = MAILDIR_IS_OPEN;
    }
    return RESTANTE_OK;
}

static enum restante_status maildir_scan_list(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_listing *listing = &maildir->listing;
    listing->reports_odd = true;
    enum restante_status status = maildir_listing_step(maildir, listing, error);
    if (status != RESTANTE_OK)
        return status;
    memcpy(maildir->stamps, listing->stamps, sizeof(maildir->stamps));
    maildir->is_proven = maildir_folder_is_proven(listing->stamps, listing->began_s);
    maildir->list = listing->list;
    listing->list = (struct maildir_list){0};
    return RESTANTE_OK;
}

/* What the cache knows of a file with this name and inode is still true: mail files never change. */
static bool maildir_scan_take_cached(struct maildir *maildir, struct maildir_message *message)
{
    const struct maildir_list *cached = &maildir->cached;
    const char *name = maildir_list_name(&maildir->list, message);
    const struct maildir_message *known = maildir_list_find(cached, message->number, name, message->base_length);
    if (!known || known->inode != message->inode || known->state & MAILDIR_KEPT_STATE) {
        maildir->is_cached_equal = false;
        return false;
    }
    message->size = known->size;
    message->octets = known->octets;
    message->mtime_s = known->mtime_s;
    message->mtime_ns = known->mtime_ns;
    message->state |= MAILDIR_MEASURED;
    if (known->folder != message->folder || strcmp(maildir_list_name(cached, known), name) != 0)
        maildir->is_cached_equal = false;
    return true;
}

static enum restante_status maildir_scan_join(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_list *list = &maildir->list;
    (void)error;
    maildir->is_cached_equal = maildir->cached.block && maildir->cached.count == list->count;
    for (size_t i = 0, run = 0; i < list->count; i += run) {
        run = maildir_list_run(list, i);
        if (run == 1)
            maildir_scan_take_cached(maildir, &list->messages[i]);
        else
            maildir->is_cached_equal = false;
    }
    maildir->cursor = 0;
    return RESTANTE_OK;
}

static enum restante_status maildir_scan_measure(struct maildir *maildir, struct restante_error *error)
{
    unsigned measured = 0;
    for (; maildir->cursor < maildir->list.count; maildir->cursor++) {
        struct maildir_message *message = &maildir->list.messages[maildir->cursor];
        if (message->state & MAILDIR_MEASURED)
            continue;
        enum restante_status status = maildir_size_measure(maildir, message, error);
        if (status != RESTANTE_OK)
            return status;
        if (++measured % MEASURED_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir)) {
            maildir->cursor++;
            return RESTANTE_AGAIN;
        }
    }
    return RESTANTE_OK;
}

static enum restante_status maildir_scan_settle(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_list *list = &maildir->list;
    maildir_list_compact(list);
    enum restante_status status = maildir_twin_settle(maildir, error);
    for (size_t i = 0; status == RESTANTE_OK && i < list->count; i++) {
        struct maildir_message *message = &list->messages[i];
        const char *base = maildir_list_name(list, message);
        char uidl[RESTANTE_UIDL_MAX + 1];
        if (message->uidl_at || maildir_name_is_legal_uidl(base, message->base_length))
            continue;
        maildir_name_format_digest(maildir->host, base, message->base_length, uidl);
        if (!maildir_list_add_text(list, uidl, strlen(uidl), &message->uidl_at))
            status = maildir_out_of_memory(maildir, error);
    }
    return status;
}

static enum restante_status maildir_scan_save(struct maildir *maildir, struct restante_error *error)
{
    (void)error;
    if (maildir->odd_count > REPORTS_MAX)
        maildir->host->log(RESTANTE_WARN, "maildir of user %s: skipped %u more entries of %s", maildir->user,
                           maildir->odd_count - REPORTS_MAX, maildir->path);
    for (size_t i = 0; i < maildir->list.count; i++)
        maildir->list.messages[i].state &= MAILDIR_KEPT_STATE;
    /* An equal list is worth saving only for stamps that now prove something. */
    if (!maildir->is_read_only && (!maildir->is_cached_equal || maildir->is_proven))
        maildir_cache_save(maildir);
    maildir_list_free(&maildir->cached);
    return RESTANTE_OK;
}

enum restante_status maildir_scan_step(struct maildir *maildir, struct restante_error *error)
{
    static enum restante_status (*const steps[MAILDIR_IS_OPEN])(struct maildir *, struct restante_error *) = {
        [MAILDIR_LOAD_CACHE] = maildir_scan_load, [MAILDIR_LIST] = maildir_scan_list,
        [MAILDIR_JOIN] = maildir_scan_join,       [MAILDIR_MEASURE] = maildir_scan_measure,
        [MAILDIR_SETTLE] = maildir_scan_settle,   [MAILDIR_SAVE_CACHE] = maildir_scan_save,
    };
    enum restante_status status = RESTANTE_OK;
    while (status == RESTANTE_OK && maildir->step != MAILDIR_IS_OPEN) {
        status = steps[maildir->step](maildir, error);
        if (status != RESTANTE_OK || maildir->step == MAILDIR_IS_OPEN)
            break;
        maildir->step++;
        if (maildir->step != MAILDIR_IS_OPEN && maildir_step_is_over(maildir))
            status = RESTANTE_AGAIN;
    }
    return status;
}
