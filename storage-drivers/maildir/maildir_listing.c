/*
 * maildir/maildir_listing.c - the names in new/ and cur/, each folder read once, in steps.
 *
 * new/ is read first, so that a message that moves to cur/ meanwhile is seen at least once. When a folder changed
 * while it was read (readdir may then miss a renamed file), both are read again, a bounded number of times.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/beneath.h"

#define REPEATS_MAX 3
#define ENTRIES_BETWEEN_CLOCKS 512

static enum restante_status maildir_listing_open(struct maildir *maildir, struct maildir_listing *listing,
                                                 struct restante_error *error)
{
    if (listing->folder == MAILDIR_NEW) {
        maildir_folder_stamp(maildir, listing->stamps);
        listing->began_s = maildir->host->now_s();
    }
    if (maildir->folders[listing->folder] < 0)
        return RESTANTE_END;
    int fd = openat(maildir->folders[listing->folder], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        listing->stream = fdopendir(fd);
    if (listing->stream)
        return RESTANTE_OK;
    int why = errno;
    beneath_close(&fd);
    return maildir->host->fail(error, RESTANTE_TEMPORARY, why, NULL, "cannot list %s/%s of user %s", maildir->path,
                               maildir_folder_name(listing->folder), maildir->user);
}

static const char *maildir_listing_type_fault(unsigned char type)
{
    switch (type) {
    case DT_REG:
    case DT_UNKNOWN: /* this file system does not say: stat will */
        return NULL;
    case DT_DIR:
        return "a folder";
    case DT_LNK:
        return "a symbolic link";
    case DT_FIFO:
        return "a FIFO";
    default:
        return "not a regular file";
    }
}

static bool maildir_listing_take(struct maildir *maildir, struct maildir_listing *listing, const struct dirent *entry)
{
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return true;
    const char *why = maildir_listing_type_fault(entry->d_type);
    if (!why)
        why = maildir_name_fault(entry->d_name);
    if (!why) {
        size_t before = listing->list.count;
        if (!maildir_list_add(&listing->list, entry->d_name, listing->folder, entry->d_ino))
            return false;
        /* A file system that does not tell types gets no benefit of the cache: its files are looked at. */
        if (entry->d_type == DT_UNKNOWN)
            listing->list.messages[before].inode = 0;
    } else if (listing->reports_odd && listing->repeats == 0) {
        maildir_scan_report(maildir, listing->folder, entry->d_name, why);
    }
    return true;
}

/* Entries of the open folder; RESTANTE_END after its last one. */
static enum restante_status maildir_listing_entries(struct maildir *maildir, struct maildir_listing *listing,
                                                    struct restante_error *error)
{
    for (unsigned taken = 1;; taken++) {
        errno = 0;
        const struct dirent *entry = readdir(listing->stream);
        if (!entry && errno != 0)
            return maildir->host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "cannot list %s/%s of user %s",
                                       maildir->path, maildir_folder_name(listing->folder), maildir->user);
        if (!entry)
            break;
        if (!maildir_listing_take(maildir, listing, entry))
            return maildir_out_of_memory(maildir, error);
        if (taken % ENTRIES_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    closedir(listing->stream);
    listing->stream = NULL;
    return RESTANTE_END;
}

static void maildir_listing_restart(struct maildir_listing *listing)
{
    listing->folder = MAILDIR_NEW;
    listing->list.count = 0;
    listing->list.text_length = 0;
}

enum restante_status maildir_listing_step(struct maildir *maildir, struct maildir_listing *listing,
                                          struct restante_error *error)
{
    while (listing->folder < MAILDIR_FOLDERS) {
        enum restante_status status = RESTANTE_OK;
        if (!listing->stream)
            status = maildir_listing_open(maildir, listing, error);
        if (status == RESTANTE_OK)
            status = maildir_listing_entries(maildir, listing, error);
        if (status != RESTANTE_END)
            return status;
        listing->folder++;
        if (listing->folder == MAILDIR_FOLDERS && listing->repeats < REPEATS_MAX) {
            struct maildir_stamp after[MAILDIR_FOLDERS];
            maildir_folder_stamp(maildir, after);
            if (memcmp(after, listing->stamps, sizeof(after)) != 0) {
                listing->repeats++;
                maildir_listing_restart(listing);
            }
        }
    }
    return maildir_sort_step(maildir, &listing->list, &listing->sort, error);
}

void maildir_listing_end(struct maildir_listing *listing)
{
    if (listing->stream)
        closedir(listing->stream);
    listing->stream = NULL;
    maildir_sort_end(&listing->sort);
    maildir_list_free(&listing->list);
}
