/*
 * mbox/mbox_file.c - the mailbox file below its folder. Runs in a worker, as the mailbox owner.
 *
 * The folder may be one that others write too (/var/mail): the name is opened without following a link, and what is
 * no regular file of this user with this one name is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/beneath.h"
#include "mbox/mbox.h"

#define QUIET_S 2 /* file times are coarse; a change in the same moment must not hide behind an equal one */

static enum restante_status file_fail(const struct mbox *mbox, struct restante_error *error,
                                      enum restante_status status, int why, const char *what)
{
    return mbox->host->fail(error, status, why, NULL, "mbox %s of user %s: %s", mbox->path, mbox->user, what);
}

static enum restante_status file_open_folder(struct mbox *mbox, struct restante_error *error)
{
    char *slash = strrchr(mbox->path, '/');
    if (!slash || !slash[1])
        return file_fail(mbox, error, RESTANTE_INVALID, 0, "the path names no file");
    mbox->name = slash + 1;
    if (slash == mbox->path) {
        mbox->folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else {
        *slash = '\0';
        mbox->folder = open(mbox->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *slash = '/';
    }
    return mbox->folder >= 0 ? RESTANTE_OK
                             : file_fail(mbox, error, RESTANTE_TEMPORARY, errno, "its folder cannot be opened");
}

static enum restante_status file_check(const struct mbox *mbox, const struct stat *facts, struct restante_error *error)
{
    if (!S_ISREG(facts->st_mode))
        return file_fail(mbox, error, RESTANTE_PERMANENT, 0, "it is no regular file");
    if (facts->st_uid != geteuid())
        return mbox->host->fail(error, RESTANTE_PERMANENT, 0, NULL,
                                "mbox %s of user %s belongs to uid %u, not to uid %u whose mail it is to be",
                                mbox->path, mbox->user, (unsigned)facts->st_uid, (unsigned)geteuid());
    if (facts->st_nlink != 1)
        return mbox->host->fail(error, RESTANTE_PERMANENT, 0, NULL,
                                "mbox %s of user %s has %lu names: remove the hard links, which no lock covers",
                                mbox->path, mbox->user, (unsigned long)facts->st_nlink);
    return RESTANTE_OK;
}

enum restante_status mbox_file_open(struct mbox *mbox, struct restante_error *error)
{
    struct stat facts;
    if (mbox->folder < 0) {
        enum restante_status status = file_open_folder(mbox, error);
        if (status != RESTANTE_OK)
            return status;
    }
    beneath_close(&mbox->fd);
    mbox->is_writable = !mbox->is_read_only;
    mbox->fd = beneath_open(mbox->folder, mbox->name, mbox->is_writable ? O_RDWR : O_RDONLY, 0);
    if (mbox->fd < 0 && mbox->is_writable && (errno == EACCES || errno == EROFS)) {
        /* It can be read; a removal will say why it cannot be made. */
        mbox->is_writable = false;
        mbox->fd = beneath_open(mbox->folder, mbox->name, O_RDONLY, 0);
    }
    if (mbox->fd < 0 && errno == ENOENT)
        return RESTANTE_OK;
    if (mbox->fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
        return file_fail(mbox, error, RESTANTE_PERMANENT, errno, "it is no regular file");
    if (mbox->fd < 0 || fstat(mbox->fd, &facts) != 0)
        return file_fail(mbox, error, RESTANTE_TEMPORARY, errno, "it cannot be opened");
    enum restante_status status = file_check(mbox, &facts, error);
    if (status != RESTANTE_OK)
        beneath_close(&mbox->fd);
    return status;
}

bool mbox_file_is_current(const struct mbox *mbox)
{
    struct stat open, named;
    if (mbox->fd < 0)
        return !beneath_facts(mbox->folder, mbox->name, &named) && errno == ENOENT;
    return fstat(mbox->fd, &open) == 0 && beneath_facts(mbox->folder, mbox->name, &named) &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

enum restante_status mbox_file_stamp(const struct mbox *mbox, struct mbox_stamp *stamp, struct restante_error *error)
{
    struct stat facts;
    *stamp = (struct mbox_stamp){0};
    if (mbox->fd < 0)
        return RESTANTE_OK;
    if (fstat(mbox->fd, &facts) != 0)
        return file_fail(mbox, error, RESTANTE_TEMPORARY, errno, "it cannot be examined");
    *stamp = (struct mbox_stamp){
        .device = facts.st_dev,
        .inode = facts.st_ino,
        .size = (uint64_t)facts.st_size,
        .mtime_s = facts.st_mtim.tv_sec,
        .mtime_ns = facts.st_mtim.tv_nsec,
        .ctime_s = facts.st_ctim.tv_sec,
        .ctime_ns = facts.st_ctim.tv_nsec,
    };
    return RESTANTE_OK;
}

bool mbox_file_is_same(const struct mbox_stamp *a, const struct mbox_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->mtime_s == b->mtime_s &&
           a->mtime_ns == b->mtime_ns && a->ctime_s == b->ctime_s && a->ctime_ns == b->ctime_ns;
}

bool mbox_file_is_quiet(const struct mbox_stamp *stamp, int64_t now_s)
{
    return stamp->ctime_s < now_s - QUIET_S && stamp->mtime_s < now_s - QUIET_S;
}

bool mbox_file_read(int fd, void *data, size_t length, uint64_t offset)
{
    char *to = data;
    while (length > 0) {
        ssize_t got = pread(fd, to, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return false;
        }
        to += got;
        length -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

bool mbox_file_begins_message(const struct mbox *mbox, uint64_t offset)
{
    static const char begin[] = "From ";
    char octets[sizeof(begin) - 1];
    return mbox_file_read(mbox->fd, octets, sizeof(octets), offset) && memcmp(octets, begin, sizeof(octets)) == 0;
}

uint64_t mbox_file_skip_blank(const struct mbox *mbox, uint64_t offset, uint64_t end)
{
    char octets[8];
    size_t length = end - offset < sizeof(octets) ? (size_t)(end - offset) : sizeof(octets), blank = 0;
    if (!mbox_file_read(mbox->fd, octets, length, offset))
        return offset;
    while (blank < length && (octets[blank] == '\n' || octets[blank] == '\r'))
        blank++;
    return offset + blank == end || mbox_file_begins_message(mbox, offset + blank) ? offset + blank : offset;
}

bool mbox_file_put(int fd, const void *data, size_t length, uint64_t offset, size_t *written)
{
    const char *from = data;
    *written = 0;
    while (*written < length) {
        ssize_t put = pwrite(fd, from + *written, length - *written, (off_t)(offset + *written));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        *written += (size_t)put;
    }
    return true;
}

bool mbox_file_write(int fd, const void *data, size_t length, uint64_t offset)
{
    size_t written;
    return mbox_file_put(fd, data, length, offset, &written);
}
