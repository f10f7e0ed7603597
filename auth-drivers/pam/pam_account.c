/*
 * The account of a system user. Runs in an auth worker; the databases may be files or a directory server, so every
 * call may block and may fail: an outage is "try again later", only an answer is "there is no such user".
 */
#include "pam/pam_account.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACCOUNT_OF_NOBODY = 65534, /* the kernel's overflow uid */
    ACCOUNT_BUFFER_FIRST = 4096,
    ACCOUNT_BUFFER_MAX = 1 << 20, /* octets of one entry; a group may have very many members */
    ACCOUNT_GROUPS_ASKED = 1024,  /* groups of one user that are looked at */
};

/* Is there a group of this name, and is it among `ids`? */
static bool account_has_group(const char *name, const gid_t *ids, int count)
{
    size_t capacity = ACCOUNT_BUFFER_FIRST;
    struct group entry, *found = NULL;
    int failure = ERANGE;
    char *buffer = NULL;
    while (failure == ERANGE && capacity <= ACCOUNT_BUFFER_MAX) {
        char *larger = realloc(buffer, capacity);
        if (!larger)
            break;
        buffer = larger;
        failure = getgrnam_r(name, &entry, buffer, capacity, &found);
        capacity *= 4;
    }
    bool is_member = false;
    for (int i = 0; failure == 0 && found && i < count; i++)
        is_member = is_member || ids[i] == found->gr_gid;
    free(buffer);
    return is_member;
}

static bool account_shell_is_allowed(const struct account_rules *rules, const struct passwd *entry)
{
    const char *shell = entry->pw_shell && entry->pw_shell[0] ? entry->pw_shell : "/bin/sh"; /* as passwd(5) says */
    if (!rules->shells)
        return true;
    for (const char *const *allowed = rules->shells; *allowed; allowed++)
        if (strcmp(*allowed, shell) == 0)
            return true;
    return false;
}

static bool account_group_is_allowed(const struct account_rules *rules, const gid_t *ids, int count)
{
    if (!rules->groups)
        return true;
    for (const char *const *allowed = rules->groups; *allowed; allowed++)
        if (account_has_group(*allowed, ids, count))
            return true;
    return false;
}

/* The user's groups, the first one being the user's own. How many there are is cut to what fits. */
static int account_groups(const struct passwd *entry, gid_t ids[ACCOUNT_GROUPS_ASKED])
{
    int count = ACCOUNT_GROUPS_ASKED;
    if (getgrouplist(entry->pw_name, entry->pw_gid, ids, &count) < 0)
        return ACCOUNT_GROUPS_ASKED;
    return count;
}

/* NULL, or the rule that refuses the entry. */
static const char *account_refusal(const struct account_rules *rules, const struct passwd *entry, const gid_t *ids,
                                   int count)
{
    if (entry->pw_uid == 0 || entry->pw_uid < rules->minimum_uid)
        return "has a uid below minimum_uid";
    if (!account_shell_is_allowed(rules, entry))
        return "has a login shell that is not in shells";
    if (!account_group_is_allowed(rules, ids, count))
        return "is in none of the groups";
    return NULL;
}

bool account_is_listed(const struct account_rules *rules, const struct passwd *entry)
{
    gid_t ids[ACCOUNT_GROUPS_ASKED];
    int count = rules->groups ? account_groups(entry, ids) : 0;
    /* WHY: it has no home; each run over all users would report it as a failure. */
    if (entry->pw_uid == ACCOUNT_OF_NOBODY)
        return false;
    return !account_refusal(rules, entry, ids, count);
}

/* The group of the user itself travels in `gid`; what does not fit is said, for mail may depend on it. */
static void account_take_groups(const struct account_rules *rules, const struct passwd *entry, const gid_t *ids,
                                int count, struct restante_account *account)
{
    for (int i = 0; i < count; i++) {
        if (ids[i] == entry->pw_gid)
            continue;
        if (account->groups_count == RESTANTE_GROUPS_MAX) {
            rules->host->log(RESTANTE_WARN, "user \"%s\" is in more than %d groups: the rest is left out",
                             entry->pw_name, RESTANTE_GROUPS_MAX);
            break;
        }
        account->groups[account->groups_count++] = ids[i];
    }
}

static enum restante_status account_fill(const struct account_rules *rules, const struct passwd *entry,
                                         struct restante_account *account, struct restante_error *error)
{
    gid_t ids[ACCOUNT_GROUPS_ASKED];
    int count = account_groups(entry, ids);
    const char *refusal = account_refusal(rules, entry, ids, count);
    if (refusal)
        return rules->host->fail(error, RESTANTE_DENIED, 0, NULL, "user \"%s\" (uid %u) %s", entry->pw_name,
                                 (unsigned)entry->pw_uid, refusal);
    const char *home = entry->pw_dir ? entry->pw_dir : "";
    if (strlen(entry->pw_name) > RESTANTE_USER_MAX || strlen(home) > RESTANTE_HOME_MAX)
        return rules->host->fail(error, RESTANTE_TEMPORARY, 0, NULL,
                                 "uid %u has a name or a home that is too long for Restante", (unsigned)entry->pw_uid);
    snprintf(account->user, sizeof(account->user), "%s", entry->pw_name);
    snprintf(account->home, sizeof(account->home), "%s", home);
    account->has_ids = true;
    account->uid = entry->pw_uid;
    account->gid = entry->pw_gid;
    account_take_groups(rules, entry, ids, count, account);
    return RESTANTE_OK;
}

enum restante_status account_find(const struct account_rules *rules, const char *user,
                                  struct restante_account *account, struct restante_error *error)
{
    size_t capacity = ACCOUNT_BUFFER_FIRST;
    struct passwd entry, *found = NULL;
    char *buffer = NULL;
    int failure = ERANGE;
    memset(account, 0, sizeof(*account));
    while (failure == ERANGE && capacity <= ACCOUNT_BUFFER_MAX) {
        char *larger = realloc(buffer, capacity);
        if (!larger)
            break;
        buffer = larger;
        failure = getpwnam_r(user, &entry, buffer, capacity, &found);
        capacity *= 4;
    }
    enum restante_status status;
    if (found)
        status = account_fill(rules, found, account, error);
    else if (failure == 0 || failure == ENOENT || failure == ESRCH)
        status = rules->host->fail(error, RESTANTE_DENIED, 0, NULL,
                                   "user \"%s\" is not in the system's passwd database", user);
    else
        status = rules->host->fail(error, RESTANTE_TEMPORARY, failure, NULL,
                                   "the system's passwd database cannot be asked for user \"%s\"", user);
    free(buffer);
    return status;
}
