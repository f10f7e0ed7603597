/*
 * pam/pam_account.h - the system's passwd and group databases: who a user is, and whether this user's mail may be
 * served by the driver's settings.
 */
#ifndef PAM_PAM_ACCOUNT_H
#define PAM_PAM_ACCOUNT_H

#include <pwd.h>

#include <restante/auth.h>

/* From the driver's settings; lists end with NULL, and NULL instead of a list means "any". */
struct account_rules {
    const struct restante_host *host;
    uint32_t minimum_uid;
    const char *const *shells;
    const char *const *groups; /* names; one of them is enough */
};

/*
 * Fill `account` for a user of the passwd database. RESTANTE_DENIED: there is none of that name, or the rules refuse
 * it (the log text says which rule). RESTANTE_TEMPORARY: the databases cannot be asked.
 */
enum restante_status account_find(const struct account_rules *rules, const char *user,
                                  struct restante_account *account, struct restante_error *error);

/* Would account_find accept this entry, and is it somebody's who may have mail? Asks the group database where the rules name groups. */
bool account_is_listed(const struct account_rules *rules, const struct passwd *entry);

#endif
