/*
 * sandbox/sandbox.h - identity and confinement. The only place that changes uid, gid, groups, capabilities or root.
 *
 * Each room starts in the same order: read settings, sandbox_enter, load, confine (confine.h), READY.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include <restante/module.h>

struct sandbox_identity {
    uint32_t uid, gid;
    const uint32_t *groups;
    uint32_t groups_count;
    const char *chroot;    /* NULL or "": none */
    bool keep_setid;       /* nursery: keep CAP_SETUID and CAP_SETGID, nothing else */
};

/* For every process at its start: umask 077, no core dumps, not dumpable, SIGPIPE ignored. */
void sandbox_harden(void);

/* Not dumpable: no core, and neither debuggers of the same user nor /proc look inside. A change of uid undoes it. */
void sandbox_hide(void);

/*
 * Become `identity` for good: chroot, groups, gid, uid, capabilities; then prove it (root cannot be regained, nothing
 * but what was asked for is permitted). As an ordinary user, asking for one's own uid without a chroot succeeds and
 * changes nothing; anything else fails.
 */
enum restante_status sandbox_enter(const struct sandbox_identity *identity, struct restante_error *error);

/*
 * In a worker forked by the nursery: become the mailbox owner, drop every capability (they survive a change between
 * ordinary uids), prove it. uid 0 and ids below `minimum_uid` are refused. When the process is not privileged only
 * its own uid is accepted.
 */
enum restante_status sandbox_become_owner(const struct sandbox_identity *identity, uint32_t minimum_uid,
                                          struct restante_error *error);

/*
 * The master keeps what binds ports, reads keys, makes state directories and starts and ends rooms; the rest of root's
 * capabilities goes, for its rooms too. No core dumps, not dumpable: it holds keys. Nothing for an ordinary user.
 */
void sandbox_keep_master(void);

/* True when this process could change its identity (root, or the nursery's capabilities). */
bool sandbox_is_privileged(void);

#endif
