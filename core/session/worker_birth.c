/*
 * session/worker_birth.c - the first things that a process forked by the nursery does. Runs in that process.
 */
#include "session/worker_birth.h"

#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "sandbox/sandbox.h"
#include "util/str.h"

int worker_birth_signals(const sigset_t *before)
{
    sigset_t mask = *before, term;
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

struct event_base *worker_birth_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

/*
 * Nothing is left but the maildrop and its state. A maildrop that is a file or that does not exist yet is replaced and
 * made in its folder, so that this is what stays open.
 */
static enum restante_status birth_confine(const struct message_owner *owner, const struct confine_prepared *confinement,
                                          struct restante_error *error)
{
    char mail[MESSAGE_PATH_MAX + 1];
    struct stat facts;
    str_copy(mail, sizeof(mail), owner->mail);
    char *slash = strrchr(mail, '/');
    if (slash && (stat(mail, &facts) != 0 || !S_ISDIR(facts.st_mode)))
        slash[slash == mail] = '\0';
    const struct landlock_path paths[] = {{mail, LANDLOCK_CHANGE}, {owner->state, LANDLOCK_CHANGE}};
    return confine_enter(confinement, paths, sizeof(paths) / sizeof(paths[0]), error);
}

enum restante_status worker_birth_become(const struct message_owner *owner, uint32_t minimum_uid,
                                         const struct confine_prepared *confinement, struct restante_error *error)
{
    struct sandbox_identity identity = {
        .uid = owner->uid, .gid = owner->gid, .groups = owner->groups, .groups_count = owner->groups_count};
    enum restante_status status = sandbox_become_owner(&identity, minimum_uid, error);
    return status == RESTANTE_OK ? birth_confine(owner, confinement, error) : status;
}
