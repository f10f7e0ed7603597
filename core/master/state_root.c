#include "master/state_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/str.h"

/* The setting, else where the installation keeps it (root) or where the XDG rules say (a user). */
bool state_root_decide(const struct conf *conf, bool is_root, char *to, size_t capacity)
{
    const char *setting = conf_string_or_null(conf, "state");
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (setting)
        return str_copy(to, capacity, setting);
    if (is_root)
        return str_copy(to, capacity, RESTANTE_STATE_PATH);
    if (xdg && xdg[0] == '/')
        return (size_t)snprintf(to, capacity, "%s/restante", xdg) < capacity;
    if (!home || home[0] != '/')
        return false;
    return (size_t)snprintf(to, capacity, "%s/.local/state/restante", home) < capacity;
}

/* mkdir -p; existing folders are left as they are. */
static bool state_root_mkdir(char *path, mode_t mode)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(path, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return false;
    }
    return (mkdir(path, mode) == 0 && chmod(path, mode) == 0) || errno == EEXIST;
}

static void state_root_check(struct generation *generation)
{
    struct master *master = generation->master;
    struct stat facts;
    if (fstat(master->state_fd, &facts) != 0) {
        faults_add(&generation->faults, "state: %s: %s", master->state_root, strerror(errno));
        return;
    }
    if (facts.st_uid != geteuid())
        faults_add(&generation->faults, "state: %s belongs to uid %u, but must belong to uid %u", master->state_root,
                   (unsigned)facts.st_uid, (unsigned)geteuid());
    if (facts.st_mode & (S_IWGRP | S_IWOTH))
        faults_add(&generation->faults, "state: %s can be written by others (mode %o): chmod 711 it", master->state_root,
                   (unsigned)(facts.st_mode & 07777));
    if (master->is_root && !(facts.st_mode & S_IXOTH))
        faults_add(&generation->faults, "state: mailbox owners cannot pass through %s (mode %o): chmod 711 it",
                   master->state_root, (unsigned)(facts.st_mode & 07777));
}

/* The frontends' root: a folder that holds nothing and in which nothing can be made. */
static void state_root_make_empty(struct generation *generation)
{
    struct master *master = generation->master;
    snprintf(master->chroot_path, sizeof(master->chroot_path), "%s/empty", master->state_root);
    bool is_made = mkdirat(master->state_fd, "empty", 0555) == 0 || errno == EEXIST;
    if (!is_made || fchmodat(master->state_fd, "empty", 0555, 0) != 0)
        faults_add(&generation->faults, "state: cannot make %s: %s", master->chroot_path, strerror(errno));
}

void state_root_open(struct generation *generation)
{
    struct master *master = generation->master;
    master->state_fd = -1;
    if (!state_root_decide(&generation->conf, master->is_root, master->state_root, sizeof(master->state_root))) {
        faults_add(&generation->faults, "%s: state: not set, and there is no usable HOME to derive it from", master->file);
        return;
    }
    /* Only serving needs it to exist, and maintenance that has to remember something; a check leaves no traces. */
    if (master->mode != ROOM_SERVE && master->mode != ROOM_MAINTAIN)
        return;
    if (master->mode == ROOM_SERVE && !state_root_mkdir(master->state_root, master->is_root ? 0711 : 0700)) {
        faults_add(&generation->faults, "state: cannot make %s: %s", master->state_root, strerror(errno));
        return;
    }
    master->state_fd = open(master->state_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (master->state_fd < 0 && errno == ENOENT && master->mode == ROOM_MAINTAIN)
        return;
    if (master->state_fd < 0) {
        faults_add(&generation->faults, "state: cannot open %s: %s", master->state_root, strerror(errno));
        return;
    }
    state_root_check(generation);
    if (master->is_root && master->mode == ROOM_SERVE)
        state_root_make_empty(generation);
}

void state_root_close(struct master *master)
{
    fd_close(&master->state_fd);
}

static bool state_dir_is_owned(struct master *master, const struct message_state_dir *request,
                               struct message_state_dir_made *answer)
{
    struct stat facts;
    if (fstatat(master->state_fd, request->key, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    answer->is_made = S_ISDIR(facts.st_mode) && facts.st_uid == request->uid;
    if (!answer->is_made)
        snprintf(answer->log, sizeof(answer->log), "%.400s/%s is not a directory of uid %u but of uid %u",
                 master->state_root, request->key, request->uid, (unsigned)facts.st_uid);
    return true;
}

/* Maintenance came before the first start of the server. */
static bool state_root_is_there(struct master *master)
{
    if (master->state_fd < 0 && state_root_mkdir(master->state_root, master->is_root ? 0711 : 0700))
        master->state_fd = open(master->state_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return master->state_fd >= 0;
}

static bool state_dir_make_new(const struct master *master, const struct message_state_dir *request, const char *name)
{
    if (unlinkat(master->state_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        return false;
    if (mkdirat(master->state_fd, name, 0700) != 0)
        return false;
    if (master->is_root && fchownat(master->state_fd, name, request->uid, request->gid, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    return renameat(master->state_fd, name, master->state_fd, request->key) == 0;
}

/*
 * WHY locked: a command makes directories beside a running server, and each would take the other's half-made one away.
 * Nobody else can open the folder, and nobody holds the lock for longer than this.
 */
static void state_dir_make(struct master *master, const struct message_state_dir *request,
                           struct message_state_dir_made *answer)
{
    char name[MESSAGE_STATE_KEY_MAX + 8];
    bool is_locked = flock(master->state_fd, LOCK_EX) == 0;
    snprintf(name, sizeof(name), "new-%s", request->key);
    if (is_locked && !state_dir_is_owned(master, request, answer))
        answer->is_made = state_dir_make_new(master, request, name);
    if (!answer->is_made && !answer->log[0])
        snprintf(answer->log, sizeof(answer->log), "cannot make %.400s/%s: %s", master->state_root, request->key,
                 strerror(errno));
    if (is_locked)
        flock(master->state_fd, LOCK_UN);
}

void state_root_make(struct master *master, const struct message_state_dir *request,
                     struct message_state_dir_made *answer)
{
    *answer = (struct message_state_dir_made){.request_id = request->request_id};
    /* TRUST: the nursery asks, but no state is ever kept for root, nor for another uid than our own without root. */
    if (master->is_root ? request->uid == 0 : request->uid != geteuid()) {
        snprintf(answer->log, sizeof(answer->log), "no state directory for uid %u", request->uid);
        return;
    }
    if (!state_root_is_there(master)) {
        snprintf(answer->log, sizeof(answer->log), "cannot make %.400s: %s", master->state_root, strerror(errno));
        return;
    }
    if (!state_dir_is_owned(master, request, answer))
        state_dir_make(master, request, answer);
}
