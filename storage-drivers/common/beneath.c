/*
 * common/beneath.c - see beneath.h. Runs in a worker, as the mailbox owner; everything it opens is hostile.
 */
#include "common/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void beneath_close(int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

static bool beneath_is_component(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

int beneath_open(int folder, const char *name, int flags, mode_t mode)
{
    static bool is_missing; /* openat2 came with Linux 5.6 */
    flags |= O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    if (!beneath_is_component(name)) {
        errno = EINVAL;
        return -1;
    }
    if (!is_missing) {
        struct open_how how = {
            .flags = (unsigned)flags,
            .mode = flags & O_CREAT ? mode : 0,
            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        int fd = (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
        /* WHY: containers' filters answer EPERM; a rename at the same moment gives EAGAIN. One component with
         * O_NOFOLLOW is as safe without openat2. */
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EAGAIN))
            return fd;
        is_missing = errno == ENOSYS;
    }
    return openat(folder, name, flags, mode);
}

int beneath_open_folder(int folder, const char *name)
{
    return beneath_open(folder, name, O_RDONLY | O_DIRECTORY, 0);
}

int beneath_open_file(int folder, const char *name, struct stat *facts)
{
    int fd = beneath_open(folder, name, O_RDONLY, 0);
    if (fd < 0)
        return -1;
    if (fstat(fd, facts) != 0) {
        beneath_close(&fd);
    } else if (!S_ISREG(facts->st_mode)) {
        beneath_close(&fd);
        errno = EINVAL;
    }
    return fd;
}

bool beneath_facts(int folder, const char *name, struct stat *facts)
{
    if (!beneath_is_component(name)) {
        errno = EINVAL;
        return false;
    }
    return fstatat(folder, name, facts, AT_SYMLINK_NOFOLLOW) == 0;
}

bool beneath_unlink(int folder, const char *name)
{
    if (!beneath_is_component(name)) {
        errno = EINVAL;
        return false;
    }
    return unlinkat(folder, name, 0) == 0;
}

bool beneath_rename(int from_folder, const char *from, int to_folder, const char *to)
{
    if (!beneath_is_component(from) || !beneath_is_component(to)) {
        errno = EINVAL;
        return false;
    }
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    /* WHY: NFS and some others do not know RENAME_NOREPLACE; link does not replace either. */
    if (linkat(from_folder, from, to_folder, to, 0) != 0)
        return false;
    if (unlinkat(from_folder, from, 0) == 0 || errno == ENOENT)
        return true;
    int saved = errno;
    unlinkat(to_folder, to, 0);
    errno = saved;
    return false;
}

ssize_t beneath_read(int fd, void *data, size_t capacity)
{
    ssize_t got;
    do
        got = read(fd, data, capacity);
    while (got < 0 && errno == EINTR);
    return got;
}

bool beneath_write_all(int fd, const void *data, size_t length)
{
    const char *position = data;
    while (length > 0) {
        ssize_t written = write(fd, position, length);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        position += written;
        length -= (size_t)written;
    }
    return true;
}

bool beneath_sync_folder(int folder)
{
    return fsync(folder) == 0 || errno == EINVAL || errno == EROFS;
}
