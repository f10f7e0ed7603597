#include "auth/auth_account.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "auth/auth_username.h"
#include "util/error.h"
#include "util/str.h"
#include "util/template.h"

/* A number that a user or group can have; the largest value means "none" to the kernel. */
static bool account_parse_id(const char *text, uint32_t *id)
{
    uint64_t value;
    if (!str_parse_u64(text, strlen(text), &value) || value >= UINT32_MAX)
        return false;
    *id = (uint32_t)value;
    return true;
}

static bool account_resolve_uid(struct auth_defaults *defaults, const char *uid, struct faults *faults)
{
    const struct passwd *found;
    if (account_parse_id(uid, &defaults->uid))
        return true;
    found = getpwnam(uid);
    if (!found) {
        faults_add(faults, "auth[%u].uid: there is no user \"%s\"", defaults->entry, uid);
        return false;
    }
    defaults->uid = found->pw_uid;
    return true;
}

static bool account_resolve_gid(struct auth_defaults *defaults, const char *gid, struct faults *faults)
{
    if (!gid) {
        const struct passwd *user = getpwuid(defaults->uid);
        if (user) {
            defaults->gid = user->pw_gid;
            return true;
        }
        faults_add(faults, "auth[%u].uid: uid %u is not a system user's, so auth[%u].gid is needed too",
                   defaults->entry, defaults->uid, defaults->entry);
        return false;
    }
    if (account_parse_id(gid, &defaults->gid))
        return true;
    const struct group *group = getgrnam(gid);
    if (!group) {
        faults_add(faults, "auth[%u].gid: there is no group \"%s\"", defaults->entry, gid);
        return false;
    }
    defaults->gid = group->gr_gid;
    return true;
}

void auth_account_resolve(struct auth_defaults *defaults, const char *uid, const char *gid, struct faults *faults)
{
    defaults->has_ids = false;
    if (!uid) {
        if (gid)
            faults_add(faults, "auth[%u].gid is of no use without auth[%u].uid", defaults->entry, defaults->entry);
        return;
    }
    if (!account_resolve_uid(defaults, uid, faults) || !account_resolve_gid(defaults, gid, faults))
        return;
    if (defaults->uid == 0 || defaults->uid < defaults->minimum_uid) {
        faults_add(faults, "auth[%u].uid: uid %u is below accounts.minimum_uid (%u): no mail is served as this user",
                   defaults->entry, defaults->uid, defaults->minimum_uid);
        return;
    }
    defaults->has_ids = true;
}

static bool is_terminated(const char *text, size_t capacity)
{
    return memchr(text, '\0', capacity) != NULL;
}

static enum restante_status account_check(const struct auth_defaults *defaults,
                                          const struct restante_account *account, struct restante_error *error)
{
    const char *fault = NULL;
    if (!is_terminated(account->user, sizeof(account->user)) ||
        !is_terminated(account->home, sizeof(account->home)) ||
        !is_terminated(account->storage, sizeof(account->storage)))
        fault = "a text without an end";
    else if (!auth_username_is_clean(account->user))
        fault = "a user name that is empty or holds \"/\" or a control byte";
    else if (account->groups_count > RESTANTE_GROUPS_MAX)
        fault = "too many groups";
    else if (account->storage[0] && (account->storage[0] == ':' || !strchr(account->storage, ':')))
        fault = "a storage that is not \"driver:path\"";
    if (!fault)
        return RESTANTE_OK;
    return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "auth[%u]: the driver returned an account with %s",
                     defaults->entry, fault);
}

static enum restante_status account_complete_ids(const struct auth_defaults *defaults,
                                                 struct restante_account *account, struct restante_error *error)
{
    if (!account->has_ids) {
        if (!defaults->has_ids)
            return error_set(error, RESTANTE_DENIED, 0, NULL,
                             "user \"%s\" has no uid: give the account one, or set auth[%u].uid", account->user,
                             defaults->entry);
        account->uid = defaults->uid;
        account->gid = defaults->gid;
        account->has_ids = true;
    }
    if (account->uid == 0 || account->uid < defaults->minimum_uid)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "user \"%s\" has uid %u, below accounts.minimum_uid (%u): its mail is not served",
                         account->user, account->uid, defaults->minimum_uid);
    return RESTANTE_OK;
}

/* The storage path that will be used for this account, or NULL when only the nursery knows. */
static const char *account_storage(const struct auth_defaults *defaults, const struct restante_account *account)
{
    return account->storage[0] ? strchr(account->storage, ':') + 1 : defaults->storage;
}

static enum restante_status account_complete_home(const struct auth_defaults *defaults,
                                                  struct restante_account *account, struct restante_error *error)
{
    struct template_values values = {.user = account->user};
    char home[RESTANTE_HOME_MAX + 1];
    if (!account->home[0] && defaults->home) {
        enum restante_status status = template_expand(home, sizeof(home), defaults->home, &values, error);
        if (status != RESTANTE_OK)
            return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                             "user \"%s\": auth[%u].home = \"%.200s\" gives no home", account->user, defaults->entry,
                             defaults->home);
        memcpy(account->home, home, sizeof(home));
    } else if (account->home[0]) {
        if (!template_clean(home, sizeof(home), account->home))
            return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                             "user \"%s\": the home \"%.200s\" is not a clean absolute path", account->user,
                             account->home);
        memcpy(account->home, home, sizeof(home));
    }
    const char *storage = account_storage(defaults, account);
    bool needs_home = storage && (storage[0] == '~' || strstr(storage, "%{home}"));
    if (needs_home && !account->home[0])
        return error_set(error, RESTANTE_DENIED, 0, NULL,
                         "user \"%s\" has no home, which the storage path needs: give the account one, or set "
                         "auth[%u].home",
                         account->user, defaults->entry);
    return RESTANTE_OK;
}

enum restante_status auth_account_complete(const struct auth_defaults *defaults, struct restante_account *account,
                                           struct restante_error *error)
{
    enum restante_status status = account_check(defaults, account, error);
    if (status == RESTANTE_OK)
        status = account_complete_ids(defaults, account, error);
    if (status == RESTANTE_OK)
        status = account_complete_home(defaults, account, error);
    return status;
}
