/*
 * A session's worker: reads and removes mail as its owner, keeps state, answers the client. Which files those are the
 * owner's rights and Landlock say. No socket, no program, no process.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "sandbox/filter_tables.h"

static const struct filter_row rows[] = {
    /* finding and reading mail */
    FILTER_CALL(access),
    FILTER_CALL(faccessat),
    FILTER_CALL(faccessat2),
    FILTER_CALL(fadvise64),
    FILTER_CALL(fstatfs),
    FILTER_CALL(getdents64),
    FILTER_CALL(lstat),
    FILTER_CALL(newfstatat),
    FILTER_CALL(open),
    FILTER_CALL(openat),
    FILTER_CALL(openat2),
    FILTER_CALL(pread64),
    FILTER_CALL(preadv),
    FILTER_CALL(readahead),
    FILTER_CALL(readlink),
    FILTER_CALL(readlinkat),
    FILTER_CALL(stat),
    FILTER_CALL(statx),
    /* storing, moving and removing it, caches and ledgers */
    FILTER_CALL(copy_file_range),
    FILTER_CALL(fallocate),
    FILTER_CALL(fdatasync),
    FILTER_CALL(fsync),
    FILTER_CALL(ftruncate),
    FILTER_CALL(fchmod),
    FILTER_CALL(link),
    FILTER_CALL(linkat),
    FILTER_CALL(mkdir),
    FILTER_CALL(mkdirat),
    FILTER_CALL(pwrite64),
    FILTER_CALL(pwritev),
    FILTER_CALL(rename),
    FILTER_CALL(renameat),
    FILTER_CALL(renameat2),
    FILTER_CALL(rmdir),
    FILTER_CALL(umask),
    FILTER_CALL(unlink),
    FILTER_CALL(unlinkat),
    FILTER_CALL(utimensat),
    /* locks: ours, and those that deliverers take too */
    FILTER_CALL(flock),
    FILTER_ONLY(fcntl, 1, F_GETLK),
    FILTER_ONLY(fcntl, 1, F_SETLK),
    FILTER_ONLY(fcntl, 1, F_OFD_GETLK),
    FILTER_ONLY(fcntl, 1, F_OFD_SETLK),
    FILTER_ONLY(fcntl, 1, F_DUPFD_CLOEXEC),
    /* the client's socket, and the end asked for by SIGTERM */
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_NODELAY),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPIDLE),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPINTVL),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPCNT),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_USER_TIMEOUT),
    FILTER_ONLY_BOTH(setsockopt, 1, SOL_SOCKET, 2, SO_KEEPALIVE),
    FILTER_ONLY_BOTH(setsockopt, 1, SOL_SOCKET, 2, SO_LINGER),
    FILTER_CALL(signalfd4),
    FILTER_CALL(uname),
    /* the end of a policy that does not come back (policy/watch.h) */
    FILTER_ONLY(setitimer, 0, ITIMER_PROF),
};

const struct filter_table filter_worker = FILTER_TABLE(rows);
