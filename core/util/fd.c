#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void fd_close(int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

bool fd_set_nonblocking(int fd, bool nonblocking)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return false;
    return fcntl(fd, F_SETFL, nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

bool fd_set_cloexec(int fd, bool cloexec)
{
    return fcntl(fd, F_SETFD, cloexec ? FD_CLOEXEC : 0) == 0;
}

bool fd_write_all(int fd, const void *data, size_t length)
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

ssize_t fd_read_full(int fd, void *data, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t got = read(fd, (char *)data + done, length - done);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

bool fd_pair(int type, int pair[2])
{
    return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0;
}

static int fd_compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static void fd_close_span(int first, int last)
{
    if (first <= last)
        syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0u);
}

void fd_close_others(const int *keep, size_t count)
{
    int sorted[64];
    if (count > sizeof(sorted) / sizeof(sorted[0]))
        abort();
    memcpy(sorted, keep, count * sizeof(*keep));
    qsort(sorted, count, sizeof(*sorted), fd_compare);
    int next = 3;
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] < next)
            continue;
        fd_close_span(next, sorted[i] - 1);
        next = sorted[i] + 1;
    }
    fd_close_span(next, INT_MAX);
}
