/*
 * ledger/ledger_file.c - the ledger's file. Runs in a worker, as the mailbox owner, within the state directory that
 * `state_fd` is open on and under the session lock.
 *
 * A failed write leaves at most octets behind the last good line; the next append cuts them off.
 */
#include "ledger/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd.h"

#define LEDGER_FILE "ledger"
#define LEDGER_FILE_NEW "ledger.new"
#define LEDGER_FILE_MAX (INT64_C(1) << 30) /* octets; a hundred times what 100,000 messages need */

static enum restante_status ledger_file_check(int fd, size_t *length, struct restante_error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot examine the ledger");
    if (!S_ISREG(status.st_mode))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "the ledger in the state directory is not a regular file: remove it");
    if (status.st_uid != geteuid())
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "the ledger in the state directory is owned by uid %u, not by uid %u: give it to its owner",
                         (unsigned)status.st_uid, (unsigned)geteuid());
    if (status.st_size > LEDGER_FILE_MAX)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "the ledger in the state directory is %" PRId64
                         " octets long: it is no ledger", (int64_t)status.st_size);
    *length = (size_t)status.st_size;
    return RESTANTE_OK;
}

enum restante_status ledger_file_read(int fd, char *data, size_t capacity, size_t *length,
                                      struct restante_error *error)
{
    ssize_t got = fd_read_full(fd, data, capacity);
    *length = got > 0 ? (size_t)got : 0;
    return got >= 0 ? RESTANTE_OK : error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot read the ledger");
}

enum restante_status ledger_file_open(int state_fd, bool read_only, int *fd, size_t *length,
                                      struct restante_error *error)
{
    *length = 0;
    *fd = -1;
    if (state_fd < 0 && read_only)
        return RESTANTE_OK;
    /* O_NONBLOCK: a FIFO of that name must not hold the worker. */
    *fd = openat(state_fd, LEDGER_FILE, (read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0) {
        if (errno == ENOENT)
            return RESTANTE_OK;
        bool is_ours_to_mend = errno == ELOOP || errno == EACCES || errno == EISDIR || errno == ENXIO;
        return error_set(error, is_ours_to_mend ? RESTANTE_PERMANENT : RESTANTE_TEMPORARY, errno, NULL,
                         "cannot open the ledger in the state directory");
    }
    enum restante_status status = ledger_file_check(*fd, length, error);
    if (status != RESTANTE_OK)
        fd_close(fd);
    return status;
}

static enum restante_status ledger_file_create(int state_fd, const char *name, int *fd, struct restante_error *error)
{
    *fd = openat(state_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot create %s in the state directory", name);
    return RESTANTE_OK;
}

/* pwrite may be cut short by a signal or a full disk. */
static bool ledger_file_write(int fd, const char *data, size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t written = pwrite(fd, data, length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data += written;
        length -= (size_t)written;
        offset += (uint64_t)written;
    }
    return true;
}

enum restante_status ledger_file_append(int fd, uint64_t offset, const void *data, size_t length,
                                        struct restante_error *error)
{
    struct stat now;
    if (fstat(fd, &now) < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot examine the ledger");
    if ((uint64_t)now.st_size < offset)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "the ledger became shorter while it was in use");
    if ((uint64_t)now.st_size > offset && ftruncate(fd, (off_t)offset) < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot cut an unfinished line off the ledger");
    if (!ledger_file_write(fd, data, length, offset) || fdatasync(fd) < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot write the ledger");
    return RESTANTE_OK;
}

enum restante_status ledger_file_sync_name(int state_fd, struct restante_error *error)
{
    if (fsync(state_fd) < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot make the new ledger's name durable");
    return RESTANTE_OK;
}

enum restante_status ledger_file_replace(int state_fd, int *fd, const void *data, size_t length,
                                         struct restante_error *error)
{
    int made = -1;
    if (unlinkat(state_fd, LEDGER_FILE_NEW, 0) < 0 && errno != ENOENT)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot remove an old %s", LEDGER_FILE_NEW);
    enum restante_status status = ledger_file_create(state_fd, LEDGER_FILE_NEW, &made, error);
    if (status != RESTANTE_OK)
        return status;
    if (!ledger_file_write(made, data, length, 0) || fsync(made) < 0 ||
        renameat(state_fd, LEDGER_FILE_NEW, state_fd, LEDGER_FILE) < 0) {
        int errno_value = errno;
        unlinkat(state_fd, LEDGER_FILE_NEW, 0);
        fd_close(&made);
        return error_set(error, RESTANTE_TEMPORARY, errno_value, NULL, "cannot write the ledger anew");
    }
    fd_close(fd);
    *fd = made;
    return ledger_file_sync_name(state_fd, error);
}

enum restante_status ledger_file_keep_aside(int state_fd, int64_t when_s, char name[64],
                                            struct restante_error *error)
{
    /* WHY: a link, not a rename: until the new ledger takes its place, "ledger" must not be missing, or a crash
     * would make the damage be forgotten. */
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, 64, i ? "ledger.damaged-%" PRId64 "-%u" : "ledger.damaged-%" PRId64, when_s, i);
        if (linkat(state_fd, LEDGER_FILE, state_fd, name, 0) == 0)
            return RESTANTE_OK;
        if (errno != EEXIST)
            break;
    }
    return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot keep a damaged ledger aside as %s", name);
}
