/*
 * maildir/maildir_find.c - messages whose names changed while the maildrop is open: another program moved them from
 * new/ to cur/ or set a flag. One pass over both folders brings all names up to date.
 */
#include "maildir/maildir.h"

#include <string.h>

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

static bool maildir_find_take(struct maildir *maildir, const struct maildir_list *found)
{
    struct maildir_list *list = &maildir->list;
    for (size_t i = 0; i < list->count; i++) {
        const struct maildir_message *now = maildir_find_in(found, list, &list->messages[i]);
        if (!now)
            continue;
        const char *name = maildir_list_name(found, now);
        if (now->folder == list->messages[i].folder &&
            strcmp(name, maildir_list_name(list, &list->messages[i])) == 0)
            continue;
        uint32_t name_at;
        if (!maildir_list_add_text(list, name, now->name_length, &name_at))
            return false;
        list->messages[i].name_at = name_at;
        list->messages[i].name_length = now->name_length;
        list->messages[i].folder = now->folder;
    }
    return true;
}

enum restante_status maildir_find_all(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_listing listing = {0};
    enum restante_status status = maildir_folder_open(maildir, MAILDIR_NEW, error);
    if (status == RESTANTE_OK)
        status = maildir_folder_open(maildir, MAILDIR_CUR, error);
    /* WHY in one go: rare, and a step that cannot stop half way leaves nothing to resume. */
    while (status == RESTANTE_OK || status == RESTANTE_AGAIN) {
        status = maildir_listing_step(maildir, &listing, error);
        if (status == RESTANTE_OK)
            break;
    }
    if (status == RESTANTE_OK && !maildir_find_take(maildir, &listing.list))
        status = maildir_out_of_memory(maildir, error);
    maildir_listing_end(&listing);
    return status;
}
