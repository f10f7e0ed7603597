/*
 * The auth dispatcher needs nothing beyond what every room has. A worker reads the files of its driver and asks the
 * system's list of users, which libc may try through a socket or a module that is not loaded: both are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "sandbox/filter_tables.h"

const struct filter_table filter_auth = {NULL, 0};

static const struct filter_row worker_rows[] = {
    /* reading files; which ones Landlock says */
    FILTER_CALL(access),
    FILTER_CALL(faccessat),
    FILTER_CALL(faccessat2),
    FILTER_CALL(fadvise64),
    FILTER_CALL(flock),
    FILTER_ONLY(fcntl, 1, F_SETLK),
    FILTER_ONLY(fcntl, 1, F_SETLKW),
    FILTER_ONLY(fcntl, 1, F_OFD_SETLK),
    FILTER_ONLY(fcntl, 1, F_OFD_SETLKW),
    FILTER_CALL(getdents64),
    FILTER_CALL(lstat),
    FILTER_CALL(newfstatat),
    FILTER_CALL(open),
    FILTER_CALL(openat),
    FILTER_CALL(openat2),
    FILTER_CALL(pread64),
    FILTER_CALL(readlink),
    FILTER_CALL(readlinkat),
    FILTER_CALL(stat),
    FILTER_CALL(statx),
    /* a driver may wait */
    FILTER_CALL(clock_nanosleep),
    FILTER_CALL(nanosleep),
    FILTER_CALL(uname),
    /* name service modules that are not loaded */
    FILTER_REFUSED_BITS(mmap, 2, PROT_EXEC, PROT_EXEC, EACCES),
};

const struct filter_table filter_auth_worker = FILTER_TABLE(worker_rows);
