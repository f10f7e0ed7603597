/*
 * maildir/maildir_size.c - a message's size, time and octets on the wire, exact and as cheap as can be: from the
 * cache, from a plausible ",W=" in the name, else by reading the file, in steps and in constant memory.
 *
 * What vanished or cannot be read is no message: MAILDIR_GONE, never a failure.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/beneath.h"

#define SEQUENTIAL_OCTETS ((int64_t)512 * 1024)

static void maildir_size_skip(struct maildir *maildir, struct maildir_message *message, int why)
{
    message->state |= MAILDIR_GONE;
    /* A message that somebody removed or moved in this moment is nothing odd; the next session sees it. */
    if (why != ENOENT)
        maildir_scan_report(maildir, (enum maildir_folder)message->folder,
                            maildir_list_name(&maildir->list, message),
                            why == EINVAL || why == ELOOP ? "not a regular file" : strerror(why));
}

static void maildir_size_take_facts(struct maildir_message *message, const struct stat *facts)
{
    message->inode = facts->st_ino;
    message->size = (uint64_t)facts->st_size;
    message->mtime_s = facts->st_mtim.tv_sec;
    message->mtime_ns = (uint32_t)facts->st_mtim.tv_nsec;
}

/* A file that was copied or restored has another inode, but the size and time that the cache knows. */
static bool maildir_size_from_cache(const struct maildir *maildir, struct maildir_message *message)
{
    const struct maildir_message *known =
        maildir_list_find(&maildir->cached, message->number, maildir_list_name(&maildir->list, message),
                          message->base_length);
    if (!known || known->size != message->size || known->mtime_s != message->mtime_s ||
        known->mtime_ns != message->mtime_ns || known->state & MAILDIR_KEPT_STATE)
        return false;
    message->octets = known->octets;
    return true;
}

/* Believe W when S equals the file's size and S <= W <= 2S. */
static bool maildir_size_from_name(const struct maildir *maildir, struct maildir_message *message,
                                   const struct stat *facts)
{
    const char *base = maildir_list_name(&maildir->list, message);
    uint64_t stored, wire;
    bool is_readable = facts->st_uid == geteuid() && facts->st_mode & S_IRUSR;
    /* WHY: when in doubt whether we may read the file, reading it for its size tells. */
    if (!is_readable || message->size == 0 || !maildir_name_field(base, message->base_length, 'S', &stored) ||
        !maildir_name_field(base, message->base_length, 'W', &wire))
        return false;
    if (stored != message->size || wire < stored || wire - stored > stored)
        return false;
    message->octets = wire;
    return true;
}

static bool maildir_size_begin(struct maildir *maildir, struct maildir_message *message)
{
    struct stat facts;
    int folder = maildir->folders[message->folder];
    maildir->sizing.fd = beneath_open_file(folder, maildir_list_name(&maildir->list, message), &facts);
    if (maildir->sizing.fd < 0) {
        maildir_size_skip(maildir, message, errno);
        return false;
    }
    maildir_size_take_facts(message, &facts);
    maildir->sizing.count = (struct restante_octet_count){0};
    if (facts.st_size > SEQUENTIAL_OCTETS)
        (void)posix_fadvise(maildir->sizing.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

static enum restante_status maildir_size_read(struct maildir *maildir, struct maildir_message *message)
{
    struct maildir_sizing *sizing = &maildir->sizing;
    for (;;) {
        ssize_t got = beneath_read(sizing->fd, maildir->buffer, MAILDIR_BUFFER_OCTETS);
        if (got < 0) {
            maildir_size_skip(maildir, message, errno);
            break;
        }
        if (got == 0) {
            maildir->host->count_end(&sizing->count);
            message->octets = sizing->count.octets;
            break;
        }
        maildir->host->count_octets(&sizing->count, maildir->buffer, (size_t)got);
        if ((size_t)got == MAILDIR_BUFFER_OCTETS && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    beneath_close(&sizing->fd);
    return RESTANTE_OK;
}

enum restante_status maildir_size_measure(struct maildir *maildir, struct maildir_message *message,
                                          struct restante_error *error)
{
    if (maildir->sizing.fd < 0) {
        struct stat facts;
        int folder = maildir->folders[message->folder];
        int why = beneath_facts(folder, maildir_list_name(&maildir->list, message), &facts) ? 0 : errno;
        if (why == 0 && !S_ISREG(facts.st_mode))
            why = EINVAL;
        if (why != 0) {
            maildir_size_skip(maildir, message, why);
            return RESTANTE_OK;
        }
        maildir_size_take_facts(message, &facts);
        if (maildir_size_from_cache(maildir, message) || maildir_size_from_name(maildir, message, &facts))
            return RESTANTE_OK;
        if (!maildir_make_buffer(maildir))
            return maildir_out_of_memory(maildir, error);
        if (!maildir_size_begin(maildir, message))
            return RESTANTE_OK;
    }
    return maildir_size_read(maildir, message);
}
