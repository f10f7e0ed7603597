/*
 * auth/auth_account.h - an account as a driver returned it: checked, and completed with the auth entry's defaults.
 */
#ifndef AUTH_AUTH_ACCOUNT_H
#define AUTH_AUTH_ACCOUNT_H

#include <restante/auth.h>

#include "util/faults.h"

/* What accounts of one auth entry get where the driver gave nothing. */
struct auth_defaults {
    uint32_t entry; /* which `auth` entry, for sentences */
    bool has_ids;
    uint32_t uid, gid;
    const char *home;    /* a template, or NULL */
    const char *storage; /* the first storage's path template, or NULL when it is not known here */
    uint32_t minimum_uid;
};

/*
 * Resolve `uid` and `gid` (names, numbers, or NULL) into the defaults; entry and minimum_uid are set already. A uid
 * without a gid brings the group that the system's passwd database has for it.
 */
void auth_account_resolve(struct auth_defaults *defaults, const char *uid, const char *gid, struct faults *faults);

/*
 * TRUST: the driver's. RESTANTE_OK when the account can be used; RESTANTE_DENIED when it lacks an id or a home that it
 * needs; RESTANTE_PERMANENT when it must not be served; RESTANTE_TEMPORARY when the driver returned nonsense.
 */
enum restante_status auth_account_complete(const struct auth_defaults *defaults, struct restante_account *account,
                                           struct restante_error *error);

#endif
