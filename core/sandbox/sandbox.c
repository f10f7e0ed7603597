#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <restante/auth.h>

#include "sandbox/capability.h"
#include "util/error.h"

#define SETID_CAPABILITIES (CAPABILITY_SETUID | CAPABILITY_SETGID)

static void sandbox_no_core(void)
{
#ifndef RESTANTE_SANITIZED
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#endif
    sandbox_hide();
}

void sandbox_harden(void)
{
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    /* Where no file may be written, last words to a file on stderr fail; they must not be what ends the process. */
    signal(SIGXFSZ, SIG_IGN);
    sandbox_no_core();
}

void sandbox_hide(void)
{
#ifndef RESTANTE_SANITIZED /* LeakSanitizer traces its own process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

void sandbox_keep_master(void)
{
    static const uint64_t kept = CAPABILITY_CHOWN | CAPABILITY_DAC_OVERRIDE | CAPABILITY_DAC_READ_SEARCH |
                                 CAPABILITY_FOWNER | CAPABILITY_KILL | CAPABILITY_SETGID | CAPABILITY_SETUID |
                                 CAPABILITY_SETPCAP | CAPABILITY_NET_BIND_SERVICE | CAPABILITY_SYS_CHROOT |
                                 CAPABILITY_AUDIT_WRITE; /* the last for PAM, in a worker that stays root */
    sandbox_no_core();
    /* A service manager may have left less than that: what is there is enough or the rooms will say so. */
    if (geteuid() == 0 && capability_limit(kept))
        capability_set(capability_permitted() & kept);
}

bool sandbox_is_privileged(void)
{
    return geteuid() == 0 || (capability_permitted() & SETID_CAPABILITIES) != 0;
}

static enum restante_status fail(struct restante_error *error, const char *what)
{
    return error_set(error, RESTANTE_PERMANENT, errno, NULL, "cannot take the room's identity: %s", what);
}

/* An ordinary user keeps what it is; asking for another identity is a mistake, not a wish. */
static enum restante_status stay_unprivileged(const struct sandbox_identity *identity, struct restante_error *error)
{
    if (identity->uid != getuid() || identity->uid != geteuid())
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "uid %u is asked for, but the server was started as uid %u: only its own mail can be served",
                         identity->uid, (unsigned)getuid());
    if (identity->chroot && identity->chroot[0])
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "chroot to %s needs root", identity->chroot);
    return RESTANTE_OK;
}

static enum restante_status set_groups(const struct sandbox_identity *identity, struct restante_error *error)
{
    gid_t groups[RESTANTE_GROUPS_MAX];
    if (identity->groups_count > RESTANTE_GROUPS_MAX)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%u groups are more than %d", identity->groups_count,
                         RESTANTE_GROUPS_MAX);
    for (uint32_t i = 0; i < identity->groups_count; i++)
        groups[i] = identity->groups[i];
    return setgroups(identity->groups_count, groups) == 0 ? RESTANTE_OK : fail(error, "setgroups");
}

/* Groups first: once the uid is gone nothing else can be changed. */
static enum restante_status set_ids(const struct sandbox_identity *identity, struct restante_error *error)
{
    enum restante_status status = set_groups(identity, error);
    if (status != RESTANTE_OK)
        return status;
    if (setresgid(identity->gid, identity->gid, identity->gid) != 0)
        return fail(error, "setresgid");
    if (setresuid(identity->uid, identity->uid, identity->uid) != 0)
        return fail(error, "setresuid");
    return RESTANTE_OK;
}

/* Try what must not work. A drop that was not complete is a reason to end, whatever the cause. */
static enum restante_status prove_ids(const struct sandbox_identity *identity, struct restante_error *error)
{
    uid_t uids[3];
    gid_t gids[3];
    errno = 0;
    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 || getresgid(&gids[0], &gids[1], &gids[2]) != 0)
        return fail(error, "getresuid");
    for (int i = 0; i < 3; i++) {
        if (uids[i] != identity->uid || gids[i] != identity->gid)
            return fail(error, "an old id is left");
    }
    if (getgroups(0, NULL) != (int)identity->groups_count)
        return fail(error, "an old group is left");
    return RESTANTE_OK;
}

static enum restante_status prove_dropped(const struct sandbox_identity *identity, uint64_t kept,
                                          struct restante_error *error)
{
    enum restante_status status = prove_ids(identity, error);
    if (status != RESTANTE_OK)
        return status;
    errno = 0;
    if (capability_permitted() != kept)
        return fail(error, "capabilities are left over");
    if (kept == 0 && (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 || setgroups(0, NULL) == 0))
        return fail(error, "root could be regained");
    return RESTANTE_OK;
}

static enum restante_status change_root(const char *path, struct restante_error *error)
{
    if (!path || !path[0])
        return RESTANTE_OK;
    if (chroot(path) != 0 || chdir("/") != 0)
        return error_set(error, RESTANTE_PERMANENT, errno, NULL, "cannot chroot to %s", path);
    return RESTANTE_OK;
}

enum restante_status sandbox_enter(const struct sandbox_identity *identity, struct restante_error *error)
{
    uint64_t kept = identity->keep_setid ? SETID_CAPABILITIES : 0;
    if (geteuid() != 0)
        return stay_unprivileged(identity, error);
    if (identity->uid == 0)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "a room's account must not be root");
    enum restante_status status = change_root(identity->chroot, error);
    if (status != RESTANTE_OK)
        return status;
    if (!capability_limit(kept))
        return fail(error, "capability bounding set");
    /* Capabilities that stay must survive the change of uid, to be cut down right after it. */
    if (prctl(PR_SET_KEEPCAPS, kept ? 1 : 0) != 0)
        return fail(error, "PR_SET_KEEPCAPS");
    status = set_ids(identity, error);
    if (status != RESTANTE_OK)
        return status;
    if (!capability_set(kept) || prctl(PR_SET_KEEPCAPS, 0) != 0)
        return fail(error, "capset");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "PR_SET_NO_NEW_PRIVS");
    return prove_dropped(identity, kept, error);
}

enum restante_status sandbox_become_owner(const struct sandbox_identity *identity, uint32_t minimum_uid,
                                          struct restante_error *error)
{
    if (!sandbox_is_privileged())
        return stay_unprivileged(identity, error);
    if (identity->uid == 0 || identity->gid == 0 || identity->uid < minimum_uid)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "uid %u, gid %u: mail is not served as root nor below accounts.minimum_uid = %u",
                         identity->uid, identity->gid, minimum_uid);
    enum restante_status status = set_ids(identity, error);
    if (status != RESTANTE_OK)
        return status;
    if (!capability_set(0))
        return fail(error, "capset");
    return prove_dropped(identity, 0, error);
}
