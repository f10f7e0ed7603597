/*
 * util/fd.h - descriptors: flags, whole reads and writes, socket pairs, closing what is not ours.
 */
#ifndef UTIL_FD_H
#define UTIL_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Close *fd when it is open (>= 0) and set it to -1. errno is kept. */
void fd_close(int *fd);
bool fd_set_nonblocking(int fd, bool nonblocking);
bool fd_set_cloexec(int fd, bool cloexec);
/* Write everything, waiting as needed; false with errno. Never raises SIGPIPE on sockets only if MSG_NOSIGNAL works:
 * rooms ignore SIGPIPE. */
bool fd_write_all(int fd, const void *data, size_t length);
/* Read until `length` octets or the end; -1 with errno, else how many. */
ssize_t fd_read_full(int fd, void *data, size_t length);
/* A pair of close-on-exec Unix sockets; type is SOCK_SEQPACKET or SOCK_STREAM. */
bool fd_pair(int type, int pair[2]);
/* Close every descriptor above 2 but those in `keep` (count entries, any order). */
void fd_close_others(const int *keep, size_t count);

#endif
