/*
 * maildir/maildir_find.c - messages whose names changed while the maildrop is open: another program moved them from
 * new/ to cur/ or set a flag. One pass over both folders brings all names up to date.
 */
#include "maildir/maildir.h"

#include <string.h>

#define FOUND_BETWEEN_CLOCKS 512

bool maildir_find_is_same(const struct maildir_message *message, const struct stat *facts)
{
    if (!S_ISREG(facts->st_mode))
        return false;
    if (facts->st_ino == message->inode)
        return true;
    return !(message->state & MAILDIR_TWIN) && (uint64_t)facts->st_size == message->size &&
           facts->st_mtim.tv_sec == message->mtime_s && (uint32_t)facts->st_mtim.tv_nsec == message->mtime_ns;
}

/* Of the files with the message's base name: the one with its inode, else the only one. */
static const struct maildir_message *maildir_find_in(const struct maildir_list *found,
                                                     const struct maildir_list *list,
                                                     const struct maildir_message *message)
{
    const struct maildir_message *first =
        maildir_list_find(found, message->number, maildir_list_name(list, message), message->base_length);
    if (!first)
        return NULL;
    size_t run = maildir_list_run(found, (size_t)(first - found->messages));
    for (size_t i = 0; i < run; i++)
        if (first[i].inode == message->inode)
            return &first[i];
    return run == 1 && !(message->state & MAILDIR_TWIN) ? first : NULL;
}

/* The name under which a message is found now. False when memory runs out. */
static bool maildir_find_take(struct maildir_list *list, const struct maildir_list *found, size_t index)
{
    const struct maildir_message *now = maildir_find_in(found, list, &list->messages[index]);
    if (!now)
        return true;
    const char *name = maildir_list_name(found, now);
    if (now->folder == list->messages[index].folder &&
        strcmp(name, maildir_list_name(list, &list->messages[index])) == 0)
        return true;
    uint32_t name_at;
    if (!maildir_list_add_text(list, name, now->name_length, &name_at))
        return false;
    /* By its index again: adding text can move the records. */
    list->messages[index].name_at = name_at;
    list->messages[index].name_length = now->name_length;
    list->messages[index].folder = now->folder;
    return true;
}

static enum restante_status maildir_find_list(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_finding *finding = &maildir->finding;
    enum restante_status status = RESTANTE_OK;
    if (!finding->is_begun)
        status = maildir_folder_open(maildir, MAILDIR_NEW, error);
    if (!finding->is_begun && status == RESTANTE_OK)
        status = maildir_folder_open(maildir, MAILDIR_CUR, error);
    finding->is_begun = true;
    if (status == RESTANTE_OK)
        status = maildir_listing_step(maildir, &finding->listing, error);
    return status;
}

enum restante_status maildir_find_step(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_finding *finding = &maildir->finding;
    enum restante_status status = RESTANTE_OK;
    if (!finding->is_listed)
        status = maildir_find_list(maildir, error);
    finding->is_listed = status == RESTANTE_OK;
    while (status == RESTANTE_OK && finding->cursor < maildir->list.count) {
        if (!maildir_find_take(&maildir->list, &finding->listing.list, finding->cursor++))
            status = maildir_out_of_memory(maildir, error);
        else if (finding->cursor % FOUND_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            status = RESTANTE_AGAIN;
    }
    if (status == RESTANTE_OK)
        memcpy(maildir->found_stamps, finding->listing.stamps, sizeof(maildir->found_stamps));
    if (status != RESTANTE_AGAIN)
        maildir_find_end(maildir);
    return status;
}

enum restante_status maildir_find_now(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_stamp stamps[MAILDIR_FOLDERS];
    enum restante_status status;
    maildir_folder_stamp(maildir, stamps);
    if (memcmp(stamps, maildir->found_stamps, sizeof(stamps)) == 0)
        return RESTANTE_OK;
    do
        status = maildir_find_step(maildir, error);
    while (status == RESTANTE_AGAIN);
    return status;
}

void maildir_find_end(struct maildir *maildir)
{
    maildir_listing_end(&maildir->finding.listing);
    maildir->finding = (struct maildir_finding){0};
}
