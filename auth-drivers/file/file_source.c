#include "file/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SOURCE_TRIES = 3 };
#define SOURCE_SIZE_MAX (INT64_C(1) << 30)
/* Times of files advance in steps of some milliseconds: two changes within a step look the same. */
#define SOURCE_SETTLED_NS INT64_C(1000000000)

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void sign(struct file_signature *signature, const struct stat *facts)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_ns = nanoseconds(now) - nanoseconds(facts->st_ctim);
    *signature = (struct file_signature){
        .device = facts->st_dev,
        .inode = facts->st_ino,
        .size = facts->st_size,
        .modified = facts->st_mtim,
        .changed = facts->st_ctim,
        .is_settled = age_ns > SOURCE_SETTLED_NS || age_ns < -SOURCE_SETTLED_NS,
    };
}

static bool is_signed_as(const struct file_signature *signature, const struct stat *facts)
{
    return signature->device == facts->st_dev && signature->inode == facts->st_ino &&
           signature->size == facts->st_size && nanoseconds(signature->modified) == nanoseconds(facts->st_mtim) &&
           nanoseconds(signature->changed) == nanoseconds(facts->st_ctim);
}

bool file_source_is_same(const char *path, const struct file_signature *signature)
{
    struct stat facts;
    return signature->is_settled && stat(path, &facts) == 0 && is_signed_as(signature, &facts);
}

/* Whoever can write this file can open every maildrop. */
static enum restante_status check_trust(const struct restante_host *host, const char *path, const struct stat *facts,
                                        struct restante_error *error)
{
    if (!S_ISREG(facts->st_mode))
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s: not a regular file", path);
    if (facts->st_uid != 0 && facts->st_uid != geteuid())
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                          "%s: owned by uid %u; it must belong to root or to uid %u", path, (unsigned)facts->st_uid,
                          (unsigned)geteuid());
    if (facts->st_mode & (S_IWGRP | S_IWOTH))
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                          "%s: mode %04o lets its group or others write it; chmod go-w it", path,
                          (unsigned)(facts->st_mode & 07777));
    if (facts->st_size > SOURCE_SIZE_MAX)
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s: larger than 1 GiB", path);
    return RESTANTE_OK;
}

static void discard(char **text, size_t capacity)
{
    explicit_bzero(*text, capacity);
    free(*text);
    *text = NULL;
}

/* Read exactly `size` octets and the end after them; RESTANTE_AGAIN when the file is being changed meanwhile. */
static enum restante_status read_text(const struct restante_host *host, const char *path, int fd, size_t size,
                                      char **text, struct restante_error *error)
{
    size_t used = 0;
    *text = malloc(size + 1);
    if (!*text)
        return host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "%s", path);
    while (used <= size) {
        ssize_t got = read(fd, *text + used, size + 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int saved = errno;
            discard(text, size + 1);
            return host->fail(error, RESTANTE_TEMPORARY, saved, NULL, "%s: cannot read it", path);
        }
        if (got == 0)
            break;
        used += (size_t)got;
    }
    if (used != size) {
        discard(text, size + 1);
        return RESTANTE_AGAIN;
    }
    (*text)[size] = '\0';
    return RESTANTE_OK;
}

static enum restante_status read_once(const struct restante_host *host, const char *path, int fd, char **text,
                                      size_t *length, struct file_signature *signature, struct restante_error *error)
{
    struct stat before, after;
    if (fstat(fd, &before) != 0)
        return host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "%s: cannot examine it", path);
    enum restante_status status = check_trust(host, path, &before, error);
    if (status != RESTANTE_OK)
        return status;
    size_t size = (size_t)before.st_size;
    status = read_text(host, path, fd, size, text, error);
    if (status != RESTANTE_OK)
        return status;
    sign(signature, &before);
    if (fstat(fd, &after) != 0 || !is_signed_as(signature, &after)) {
        discard(text, size + 1);
        return RESTANTE_AGAIN;
    }
    *length = size;
    return RESTANTE_OK;
}

enum restante_status file_source_read(const struct restante_host *host, const char *path, char **text,
                                      size_t *length, struct file_signature *signature, struct restante_error *error)
{
    enum restante_status status = RESTANTE_AGAIN;
    for (int i = 0; i < SOURCE_TRIES && status == RESTANTE_AGAIN; i++) {
        /* A FIFO in its place must not hold up the worker. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
            return host->fail(error, RESTANTE_TEMPORARY, errno, NULL,
                              errno == EACCES ? "%s: cannot open it; its group, not root's, must be able to read it "
                                                "(chgrp, chmod g+r), and everybody to enter its folders"
                                              : "%s: cannot open it",
                              path);
        status = read_once(host, path, fd, text, length, signature, error);
        close(fd);
    }
    if (status == RESTANTE_AGAIN)
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                          "%s: it keeps changing while it is read; replace it by renaming a complete one", path);
    return status;
}
