#include "master/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/str.h"

static void account_find(struct generation *generation, const char *setting, uid_t *uid, gid_t *gid)
{
    const char *name = conf_string(&generation->conf, "%s", setting);
    const struct passwd *entry = getpwnam(name);
    if (!entry) {
        faults_add(&generation->faults,
                   "%s: there is no account \"%s\"; make it (useradd --system --no-create-home --shell "
                   "/usr/sbin/nologin %s) or name another in %s",
                   generation->master->file, name, name, setting);
    } else if (entry->pw_uid == 0) {
        faults_add(&generation->faults, "%s: %s: \"%s\" is root; name an account without rights",
                   generation->master->file, setting, name);
    } else {
        *uid = entry->pw_uid;
        *gid = entry->pw_gid;
    }
}

void accounts_open(struct generation *generation)
{
    struct master *master = generation->master;
    master->is_root = geteuid() == 0;
    master->network_uid = master->internal_uid = geteuid();
    master->network_gid = master->internal_gid = getegid();
    if (!master->is_root)
        return;
    account_find(generation, "accounts.network", &master->network_uid, &master->network_gid);
    account_find(generation, "accounts.internal", &master->internal_uid, &master->internal_gid);
    if (generation->faults.count == 0 && master->network_uid == master->internal_uid)
        faults_add(&generation->faults,
                   "%s: accounts.network and accounts.internal are the same account; a frontend taken over could then "
                   "attack the other rooms: name two accounts",
                   master->file);
}

/*
 * The group that lets the workers of an auth entry read its files: the setting, else the group of its `path` where
 * that group may read it.
 */
static bool auth_group(const struct generation *generation, uint32_t entry, gid_t *gid)
{
    const char *name = conf_string_or_null(&generation->conf, "auth.%u.group", entry);
    const char *path = conf_string_or_null(&generation->conf, "auth.%u.path", entry);
    struct stat file;
    uint64_t number;
    if (name) {
        const struct group *found = getgrnam(name);
        if (found)
            *gid = found->gr_gid;
        else if (str_parse_u64(name, strlen(name), &number) && number <= UINT32_MAX)
            *gid = (gid_t)number;
        else
            return false;
        return *gid != 0;
    }
    if (!path || stat(path, &file) != 0 || !(file.st_mode & S_IRGRP))
        return false;
    *gid = file.st_gid;
    return *gid != 0;
}

void accounts_identity(const struct master_slot *slot, struct message_start *start)
{
    const struct master *master = slot->generation->master;
    gid_t group;
    start->change_identity = master->is_root;
    start->uid = slot->kind == ROOM_FRONTEND ? master->network_uid : master->internal_uid;
    start->gid = slot->kind == ROOM_FRONTEND ? master->network_gid : master->internal_gid;
    if (!master->is_root)
        return;
    if (slot->kind == ROOM_FRONTEND)
        str_copy(start->chroot, sizeof(start->chroot), master->chroot_path);
    if (slot->kind != ROOM_AUTH_WORKER || master->mode == ROOM_INSPECT)
        return;
    start->keep_root = conf_bool(&slot->generation->conf, "auth.%u.run_as_root", slot->entry);
    if (auth_group(slot->generation, slot->entry, &group)) {
        start->groups[0] = group;
        start->groups_count = 1;
    }
}
