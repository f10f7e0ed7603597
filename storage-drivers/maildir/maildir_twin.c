/*
 * maildir/maildir_twin.c - base names that occur more than once.
 *
 * One file under two names (a program died between link and unlink, or is in between) is one message; both names go
 * with it. Two files are two messages. One keeps the base name; each other gets a base name of its own, which is its
 * UIDL, derived from its facts: at once in the answer and, unless only inspecting, on disk. So the UIDL stays what it
 * is when the first one is removed, and nothing ever passes for mail that a client has fetched already.
 */
#include "maildir/maildir.h"

#include <stdio.h>
#include <string.h>

#include "common/beneath.h"

#define MESSAGES_BETWEEN_CLOCKS 1024

/* Names of one file: keep the one in cur/, the later place. */
static void maildir_twin_fold(struct maildir_message *run, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count && !(run[i].state & MAILDIR_GONE); j++) {
            if (run[j].state & MAILDIR_GONE || run[i].inode != run[j].inode)
                continue;
            bool is_later_better = run[i].folder == MAILDIR_NEW && run[j].folder == MAILDIR_CUR;
            struct maildir_message *kept = is_later_better ? &run[j] : &run[i];
            struct maildir_message *dropped = is_later_better ? &run[i] : &run[j];
            kept->state |= MAILDIR_ALIAS;
            dropped->state |= MAILDIR_GONE;
        }
    }
}

static bool maildir_twin_is_older(const struct maildir_message *a, const struct maildir_message *b)
{
    if (a->mtime_s != b->mtime_s)
        return a->mtime_s < b->mtime_s;
    if (a->mtime_ns != b->mtime_ns)
        return a->mtime_ns < b->mtime_ns;
    return a->inode < b->inode;
}

/* The one that had the base name before, if the cache remembers it, else the oldest. */
static struct maildir_message *maildir_twin_first(const struct maildir *maildir, struct maildir_message *run,
                                                  size_t count)
{
    const char *base = maildir_list_name(&maildir->list, run);
    const struct maildir_message *known =
        maildir_list_find(&maildir->cached, run->number, base, run->base_length);
    struct maildir_message *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (run[i].state & MAILDIR_GONE)
            continue;
        if (known && known->inode == run[i].inode)
            return &run[i];
        if (!first || maildir_twin_is_older(&run[i], first))
            first = &run[i];
    }
    return first;
}

/* By a file, or by one of the twins before it; those of other base names cannot be equal. */
static bool maildir_twin_is_taken(const struct maildir *maildir, const struct maildir_message *run, size_t index,
                                  const char *twin)
{
    const struct maildir_list *list = &maildir->list;
    if (maildir_list_find(list, run->number, twin, strlen(twin)))
        return true;
    for (size_t i = 0; i < index; i++)
        if (run[i].uidl_at && strcmp(list->text + run[i].uidl_at, twin) == 0)
            return true;
    return false;
}

static bool maildir_twin_name(struct maildir *maildir, struct maildir_message *run, size_t index)
{
    struct maildir_list *list = &maildir->list;
    char twin[RESTANTE_UIDL_MAX + 1];
    uint64_t attempt = 0;
    do
        maildir_name_format_twin(maildir->host, maildir_list_name(list, run), &run[index], attempt++, twin);
    while (maildir_twin_is_taken(maildir, run, index, twin));
    run[index].state |= MAILDIR_TWIN;
    return maildir_list_add_text(list, twin, strlen(twin), &run[index].uidl_at);
}

/* Give the file the base name that the answer already uses. Failing costs nothing: next time, then. */
static bool maildir_twin_rename_one(struct maildir *maildir, struct maildir_message *message)
{
    struct maildir_list *list = &maildir->list;
    const char *name = maildir_list_name(list, message);
    const char *twin = list->text + message->uidl_at;
    char renamed[MAILDIR_NAME_MAX + RESTANTE_UIDL_MAX + 2];
    int folder = maildir->folders[message->folder];
    size_t length = (size_t)snprintf(renamed, sizeof(renamed), "%s%s", twin, name + message->base_length);
    if (length > MAILDIR_NAME_MAX || !beneath_rename(folder, name, folder, renamed))
        return true;
    maildir->host->log(RESTANTE_WARN, "maildir of user %s: two files in %s had the base name of %s: one is now %s",
                       maildir->user, maildir->path, name, renamed);
    if (!maildir_list_add_text(list, renamed, length, &message->name_at))
        return false;
    message->name_length = (uint16_t)length;
    message->base_length = (uint16_t)maildir_name_base_length(renamed);
    message->uidl_at = 0;
    message->state &= (uint8_t)~MAILDIR_TWIN;
    return true;
}

static bool maildir_twin_separate(struct maildir *maildir, struct maildir_message *run, size_t count)
{
    struct maildir_message *first = maildir_twin_first(maildir, run, count);
    for (size_t i = 0; i < count; i++) {
        if (&run[i] == first || run[i].state & MAILDIR_GONE)
            continue;
        first->state |= MAILDIR_TWIN;
        if (!maildir_twin_name(maildir, run, i))
            return false;
    }
    return true;
}

enum restante_status maildir_twin_find(struct maildir *maildir, struct restante_error *error)
{
    struct maildir_list *list = &maildir->list;
    size_t runs = 0;
    while (maildir->cursor < list->count) {
        size_t run = maildir_list_run(list, maildir->cursor);
        struct maildir_message *first = &list->messages[maildir->cursor];
        maildir->cursor += run;
        if (run > 1) {
            maildir->has_twins = true;
            maildir_twin_fold(first, run);
            if (!maildir_twin_separate(maildir, first, run))
                return maildir_out_of_memory(maildir, error);
        }
        if (++runs % MESSAGES_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    return RESTANTE_OK;
}

/* After all names are decided: renaming changes the order that looking up relies on. */
enum restante_status maildir_twin_rename(struct maildir *maildir, struct restante_error *error)
{
    if (!maildir->has_twins || maildir->is_read_only)
        return RESTANTE_OK;
    while (maildir->cursor < maildir->list.count) {
        struct maildir_message *message = &maildir->list.messages[maildir->cursor++];
        bool is_twin = message->state & MAILDIR_TWIN && message->uidl_at && !(message->state & MAILDIR_GONE);
        if (is_twin && !maildir_twin_rename_one(maildir, message))
            return maildir_out_of_memory(maildir, error);
        if ((is_twin || maildir->cursor % MESSAGES_BETWEEN_CLOCKS == 0) && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    return RESTANTE_OK;
}
