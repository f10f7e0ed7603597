/*
 * maildir/maildir_read.c - the stored bytes of one message. Runs in a worker, as the mailbox owner.
 *
 * A message that is not where it was is looked for once under its other names; one that is gone is RESTANTE_TEMPORARY.
 * So is one whose file becomes shorter or longer while it is read: an end that looks like one would make the client take
 * a part for the whole, and delete it.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/beneath.h"

#define SEQUENTIAL_OCTETS ((int64_t)512 * 1024)

struct maildir_reader {
    int fd;
    const struct maildir *maildir;
    size_t index;
    uint64_t left; /* of the octets that it had when it was opened */
};

/* -1 with errno; ENOENT also when something else has its name now. */
static int maildir_read_try(const struct maildir *maildir, size_t index, uint64_t *octets)
{
    const struct maildir_message *message = &maildir->list.messages[index];
    struct stat facts;
    if (maildir->folders[message->folder] < 0) {
        errno = ENOENT;
        return -1;
    }
    int fd = beneath_open_file(maildir->folders[message->folder], maildir_list_name(&maildir->list, message), &facts);
    if (fd < 0)
        return -1;
    *octets = (uint64_t)facts.st_size;
    if (!maildir_find_is_same(message, &facts)) {
        beneath_close(&fd);
        errno = ENOENT;
    } else if (facts.st_size > SEQUENTIAL_OCTETS) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return fd;
}

enum restante_status maildir_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error)
{
    struct maildir *maildir = maildrop;
    const struct restante_host *host = maildir->host;
    if (index >= maildir->list.count)
        return host->fail(error, RESTANTE_INVALID, 0, NULL, "maildir %s has no message %zu", maildir->path, index);
    uint64_t octets = 0;
    int fd = maildir_read_try(maildir, index, &octets);
    if (fd < 0 && errno == ENOENT) {
        maildir_step_begin(maildir);
        enum restante_status status = maildir_find_now(maildir, error);
        if (status != RESTANTE_OK)
            return status;
        fd = maildir_read_try(maildir, index, &octets);
    }
    const struct maildir_message *message = &maildir->list.messages[index];
    if (fd < 0)
        return host->fail(error, RESTANTE_TEMPORARY, errno, errno == ENOENT ? "this message is gone" : NULL,
                          "cannot read %s/%s/%s of user %s", maildir->path,
                          maildir_folder_name((enum maildir_folder)message->folder),
                          maildir_list_name(&maildir->list, message), maildir->user);
    struct maildir_reader *made = malloc(sizeof(*made));
    if (!made) {
        beneath_close(&fd);
        return maildir_out_of_memory(maildir, error);
    }
    *made = (struct maildir_reader){.fd = fd, .maildir = maildir, .index = index, .left = octets};
    *reader = made;
    return RESTANTE_OK;
}

enum restante_status maildir_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                  struct restante_error *error)
{
    struct maildir_reader *open = reader;
    const struct maildir *maildir = open->maildir;
    const char *name = maildir_list_name(&maildir->list, &maildir->list.messages[open->index]);
    ssize_t got = beneath_read(open->fd, buffer, capacity);
    if (got < 0)
        return maildir->host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "cannot read on in %s of %s, user %s",
                                   name, maildir->path, maildir->user);
    if ((uint64_t)got > open->left || (got == 0 && open->left > 0))
        return maildir->host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                                   "%s of %s, user %s, became %s while it was read", name, maildir->path,
                                   maildir->user, got > 0 ? "longer" : "shorter");
    open->left -= (uint64_t)got;
    *length = (size_t)got;
    return RESTANTE_OK;
}

void maildir_read_close(void **reader)
{
    struct maildir_reader *open = *reader;
    if (!open)
        return;
    beneath_close(&open->fd);
    free(open);
    *reader = NULL;
}
