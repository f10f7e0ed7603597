/*
 * What every room may do: manage its memory, tell the time, wait for events, talk on descriptors it was given, end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "sandbox/filter_tables.h"

static const struct filter_row rows[] = {
    /* memory; nothing that can be written ever becomes executable */
    FILTER_CALL(brk),
    FILTER_CALL(madvise),
    FILTER_BITS(mmap, 2, PROT_EXEC, 0),
    FILTER_BITS(mprotect, 2, PROT_EXEC, 0),
    FILTER_CALL(mremap),
    FILTER_CALL(munmap),
    /* locks of libc and OpenSSL, which nobody else ever holds; what libc registers for a thread */
    FILTER_CALL(futex),
    FILTER_CALL(rseq),
    FILTER_CALL(set_robust_list),
    /* time, where the vDSO does not answer */
    FILTER_CALL(clock_getres),
    FILTER_CALL(clock_gettime),
    FILTER_CALL(gettimeofday),
    FILTER_CALL(time),
    /* randomness */
    FILTER_CALL(getrandom),
    /* events */
    FILTER_CALL(epoll_create1),
    FILTER_CALL(epoll_ctl),
    FILTER_CALL(epoll_pwait),
    FILTER_CALL(epoll_pwait2),
    FILTER_CALL(epoll_wait),
    FILTER_CALL(eventfd2),
    FILTER_CALL(pipe2),
    FILTER_CALL(poll),
    FILTER_CALL(ppoll),
    FILTER_CALL(timerfd_create),
    FILTER_CALL(timerfd_settime),
    /* descriptors it has, channels and log */
    FILTER_CALL(close),
    FILTER_CALL(fstat),
    FILTER_BITS(newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH), /* fstat, as libc asks for it */
    FILTER_BITS(statx, 2, AT_EMPTY_PATH, AT_EMPTY_PATH),
    FILTER_ONLY(fcntl, 1, F_GETFD),
    FILTER_ONLY(fcntl, 1, F_SETFD),
    FILTER_ONLY(fcntl, 1, F_GETFL),
    FILTER_ONLY(fcntl, 1, F_SETFL),
    FILTER_CALL(lseek),
    FILTER_CALL(read),
    FILTER_CALL(readv),
    FILTER_CALL(recvfrom),
    FILTER_CALL(recvmsg),
    FILTER_CALL(sendmsg),
    FILTER_CALL(sendto),
    FILTER_CALL(shutdown),
    FILTER_CALL(write),
    FILTER_CALL(writev),
    FILTER_CALL(getsockopt),
    /* who am I */
    FILTER_CALL(getegid),
    FILTER_CALL(geteuid),
    FILTER_CALL(getgid),
    FILTER_CALL(getpid),
    FILTER_CALL(gettid),
    FILTER_CALL(getuid),
    FILTER_ONLY(prlimit64, 2, 0), /* asking for a limit, not setting one */
    FILTER_CALL(getrlimit),
    FILTER_CALL(sysinfo), /* qsort, to choose how it sorts */
    FILTER_CALL(sched_yield),
    /* signals and the end; abort() reaches this process alone */
    FILTER_CALL(restart_syscall),
    FILTER_CALL(rt_sigaction),
    FILTER_CALL(rt_sigprocmask),
    FILTER_CALL(rt_sigreturn),
    FILTER_ONLY_BOTH(tgkill, 0, FILTER_OWN_PID, 2, SIGABRT),
    FILTER_CALL(exit),
    FILTER_CALL(exit_group),
};

const struct filter_table filter_common = FILTER_TABLE(rows);

/* Libraries look for configuration, zones and random devices when they start; here there is nothing to be found. */
static const struct filter_row no_files[] = {
    FILTER_REFUSED(access, EACCES),     FILTER_REFUSED(faccessat, EACCES), FILTER_REFUSED(faccessat2, EACCES),
    FILTER_REFUSED(open, EACCES),       FILTER_REFUSED(openat, EACCES),    FILTER_REFUSED(openat2, EACCES),
    FILTER_REFUSED(readlink, EACCES),   FILTER_REFUSED(readlinkat, EACCES), FILTER_REFUSED(stat, EACCES),
    FILTER_REFUSED(lstat, EACCES),      FILTER_REFUSED_BITS(newfstatat, 3, AT_EMPTY_PATH, 0, EACCES),
    FILTER_REFUSED_BITS(statx, 2, AT_EMPTY_PATH, 0, EACCES),
};

const struct filter_table filter_no_files = FILTER_TABLE(no_files);
