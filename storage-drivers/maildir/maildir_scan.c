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
#define MESSAGES_BETWEEN_CLOCKS 1024 /* where none is more than a few steps in memory */

/* Count a message that was dealt with; true when it is the turn of others. */
static bool maildir_scan_pauses(struct maildir *maildir)
{
    return ++maildir->cursor % MESSAGES_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir);
}

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
    enum restante_status status = maildir_cache_load(maildir, saved, &is_proven);
    if (status != RESTANTE_OK)
        return status == RESTANTE_AGAIN ? status : RESTANTE_OK;
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
    maildir->is_cached_equal = maildir->cached.block && maildir->cached.count == maildir->list.count;
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
    for (size_t joined = 0; maildir->cursor < list->count;) {
        size_t run = maildir_list_run(list, maildir->cursor);
        if (run == 1)
            maildir_scan_take_cached(maildir, &list->messages[maildir->cursor]);
        else
            maildir->is_cached_equal = false;
        maildir->cursor += run;
        if (++joined % MESSAGES_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    return RESTANTE_OK;
}

static enum restante_status maildir_scan_measure(struct maildir *maildir, struct restante_error *error)
{
    unsigned measured = 0;
    while (maildir->cursor < maildir->list.count) {
        struct maildir_message *message = &maildir->list.messages[maildir->cursor];
        if (!(message->state & MAILDIR_MEASURED)) {
            enum restante_status status = maildir_size_measure(maildir, message, error);
            if (status != RESTANTE_OK)
                return status;
            measured++;
        }
        bool is_time = measured == MEASURED_BETWEEN_CLOCKS;
        if (maildir_scan_pauses(maildir) || (is_time && maildir_step_is_over(maildir)))
            return RESTANTE_AGAIN;
        if (is_time)
            measured = 0;
    }
    return RESTANTE_OK;
}

/* Close the gaps that messages leave which are none after all. */
static enum restante_status maildir_scan_drop(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_list *list = &maildir->list;
    (void)error;
    while (maildir->cursor < list->count) {
        struct maildir_message *message = &list->messages[maildir->cursor];
        if (!(message->state & MAILDIR_GONE)) {
            if (maildir->kept != maildir->cursor)
                list->messages[maildir->kept] = *message;
            maildir->kept++;
        }
        if (maildir_scan_pauses(maildir))
            return RESTANTE_AGAIN;
    }
    list->count = maildir->kept;
    return RESTANTE_OK;
}

static enum restante_status maildir_scan_drop_aliases(struct maildir *maildir, struct restante_error *error)
{
    return maildir->has_twins ? maildir_scan_drop(maildir, error) : RESTANTE_OK;
}

static enum restante_status maildir_scan_sort_twins(struct maildir *maildir, struct restante_error *error)
{
    return maildir->has_twins ? maildir_sort_step(maildir, &maildir->list, &maildir->sort, error) : RESTANTE_OK;
}

static enum restante_status maildir_scan_name_uidls(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_list *list = &maildir->list;
    while (maildir->cursor < list->count) {
        struct maildir_message *message = &list->messages[maildir->cursor];
        const char *base = maildir_list_name(list, message);
        char uidl[RESTANTE_UIDL_MAX + 1];
        message->state &= MAILDIR_KEPT_STATE;
        if (!message->uidl_at && !maildir_name_is_legal_uidl(base, message->base_length)) {
            maildir_name_format_digest(maildir->host, base, message->base_length, uidl);
            if (!maildir_list_add_text(list, uidl, strlen(uidl), &message->uidl_at))
                return maildir_out_of_memory(maildir, error);
        }
        if (maildir_scan_pauses(maildir))
            return RESTANTE_AGAIN;
    }
    if (maildir->odd_count > REPORTS_MAX)
        maildir->host->log(RESTANTE_WARN, "maildir of user %s: skipped %u more entries of %s", maildir->user,
                           maildir->odd_count - REPORTS_MAX, maildir->path);
    return RESTANTE_OK;
}

static enum restante_status maildir_scan_save(struct maildir *maildir, struct restante_error *error)
{
    (void)error;
    /* An equal list is worth saving only for stamps that now prove something. */
    bool is_worth_it = !maildir->is_read_only && (!maildir->is_cached_equal || maildir->is_proven);
    if (is_worth_it && maildir_cache_save(maildir) == RESTANTE_AGAIN)
        return RESTANTE_AGAIN;
    maildir_list_free(&maildir->cached);
    return RESTANTE_OK;
}

enum restante_status maildir_scan_step(struct maildir *maildir, struct restante_error *error)
{
    static enum restante_status (*const steps[MAILDIR_IS_OPEN])(struct maildir *, struct restante_error *) = {
        [MAILDIR_LOAD_CACHE] = maildir_scan_load,
        [MAILDIR_LIST] = maildir_scan_list,
        [MAILDIR_JOIN] = maildir_scan_join,
        [MAILDIR_MEASURE] = maildir_scan_measure,
        [MAILDIR_DROP_GONE] = maildir_scan_drop,
        [MAILDIR_FIND_TWINS] = maildir_twin_find,
        [MAILDIR_RENAME_TWINS] = maildir_twin_rename,
        [MAILDIR_DROP_ALIASES] = maildir_scan_drop_aliases,
        [MAILDIR_SORT_TWINS] = maildir_scan_sort_twins,
        [MAILDIR_NAME_UIDLS] = maildir_scan_name_uidls,
        [MAILDIR_SAVE_CACHE] = maildir_scan_save,
    };
    enum restante_status status = RESTANTE_OK;
    while (status == RESTANTE_OK && maildir->step != MAILDIR_IS_OPEN) {
        status = steps[maildir->step](maildir, error);
        if (status != RESTANTE_OK || maildir->step == MAILDIR_IS_OPEN)
            break;
        maildir->step++;
        maildir->cursor = maildir->kept = 0;
        if (maildir->step != MAILDIR_IS_OPEN && maildir_step_is_over(maildir))
            status = RESTANTE_AGAIN;
    }
    return status;
}
