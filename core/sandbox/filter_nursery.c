/*
 * The nursery: forks, and lets its children take the mailbox owner's identity and confine themselves. Filters are
 * inherited, so its own also holds everything that a worker does afterwards (filter_worker); what it must not become
 * is in filter_minimum. setgroups takes a list in memory, which no filter can look at: treat the nursery as root's
 * equal.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sandbox/filter_tables.h"

#define FORK_FLAGS (CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD)

static const struct filter_row rows[] = {
    /* fork(), in the ways that C libraries have for it, and nothing else that makes a process or a thread */
    FILTER_ONLY(clone, 0, FORK_FLAGS),
    FILTER_ONLY(clone, 0, SIGCHLD),
    FILTER_CALL(fork),
    FILTER_REFUSED(clone3, ENOSYS), /* its flags lie in memory */
    FILTER_CALL(wait4),
    FILTER_CALL(waitid),
    FILTER_ONLY(socketpair, 0, AF_UNIX), /* to a worker */
    /* a worker becomes the owner (sandbox_become_owner) … */
    FILTER_CALL(capget),
    FILTER_CALL(capset),
    FILTER_CALL(getgroups),
    FILTER_CALL(getresgid),
    FILTER_CALL(getresuid),
    FILTER_CALL(setgroups),
    FILTER_CALL(setresgid),
    FILTER_CALL(setresuid),
    FILTER_ONLY(prctl, 0, PR_CAP_AMBIENT),
    /* … keeps its own descriptors, sets its limits and locks itself in (confine_worker) */
    FILTER_CALL(close_range),
    FILTER_ONLY(prctl, 0, PR_SET_DUMPABLE),
    FILTER_ONLY(prctl, 0, PR_SET_NO_NEW_PRIVS),
    FILTER_CALL(prlimit64),
    FILTER_CALL(setrlimit),
    FILTER_CALL(landlock_create_ruleset),
    FILTER_CALL(landlock_add_rule),
    FILTER_CALL(landlock_restrict_self),
    FILTER_CALL(seccomp),
};

const struct filter_table filter_nursery = FILTER_TABLE(rows);

static struct filter_row refused_when(int call, unsigned argument, enum filter_compare compare, uint64_t value)
{
    return (struct filter_row){
        .call = call,
        .refusal = EPERM,
        .checks_count = 1,
        .checks = {{.argument = argument, .compare = compare, .mask = FILTER_EXACTLY, .value = value}},
    };
}

/*
 * WHY a comparison of all 64 bits: the kernel reads the lower 32, so that 2^32 would pass for a large id and mean
 * root. (uid_t)-1 means "as it was". Refused, not ended: a worker proves its drop by trying.
 */
void filter_minimum(struct filter_row rows_of[FILTER_MINIMUM_ROWS], uint32_t minimum_uid)
{
    for (unsigned argument = 0, row = 0; argument < 3; argument++) {
        rows_of[row++] = refused_when(SCMP_SYS(setresuid), argument, FILTER_BELOW, minimum_uid ? minimum_uid : 1);
        rows_of[row++] = refused_when(SCMP_SYS(setresuid), argument, FILTER_ABOVE, UINT32_MAX - 1);
        rows_of[row++] = refused_when(SCMP_SYS(setresgid), argument, FILTER_BELOW, 1);
        rows_of[row++] = refused_when(SCMP_SYS(setresgid), argument, FILTER_ABOVE, UINT32_MAX - 1);
    }
}
