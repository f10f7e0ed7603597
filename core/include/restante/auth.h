/*
 * restante/auth.h - authentication drivers: who may collect which mail.
 *
 * A driver runs in an auth worker, one request at a time, and may block. It knows nothing of processes, sockets or
 * POP3. There is no "unknown user": an account that does not exist, a wrong secret and a disabled account are all
 * RESTANTE_DENIED and must cost the same. An outage is RESTANTE_TEMPORARY, never RESTANTE_DENIED.
 */
#ifndef RESTANTE_AUTH_H
#define RESTANTE_AUTH_H

#include <restante/module.h>

#define RESTANTE_USER_MAX 255
#define RESTANTE_SECRET_MAX 512 /* octets; longer ones never reach a driver (CVE-2015-3238) */
#define RESTANTE_HOME_MAX 1023
#define RESTANTE_GROUPS_MAX 64
#define RESTANTE_VERIFIER_MAX 511

/* Whose mail is opened, as which system user. The driver fills it; the host checks it. */
struct restante_account {
    char user[RESTANTE_USER_MAX + 1]; /* the canonical name; decides %{user} in paths */
    bool has_ids;                     /* uid and gid are set */
    uint32_t uid, gid;
    uint32_t groups[RESTANTE_GROUPS_MAX]; /* supplementary groups */
    uint32_t groups_count;
    char home[RESTANTE_HOME_MAX + 1];    /* absolute, or empty */
    char storage[RESTANTE_HOME_MAX + 1]; /* "driver:path" of this account alone, or empty */
};

/* One attempt to log in. */
struct restante_credentials {
    const char *user; /* after the `username` settings; at most RESTANTE_USER_MAX octets, no control bytes */
    const char *secret;   /* NUL-terminated; the host wipes it */
    size_t secret_length; /* at most RESTANTE_SECRET_MAX */
    const char *peer;     /* the client's address as text, for PAM_RHOST and the like */
    bool is_tls;
};

/* `driver` is what start made. */
struct restante_auth {
    /* Once in each worker. `values` has one entry for each row of the settings table and outlives the driver. */
    enum restante_status (*start)(const struct restante_host *host, const struct restante_value *values,
                                  void **driver, struct restante_error *error);

    /* RESTANTE_OK with *account filled, RESTANTE_DENIED, or RESTANTE_TEMPORARY. *account is zeroed by the host. */
    enum restante_status (*verify)(void *driver, const struct restante_credentials *credentials,
                                   struct restante_account *account, struct restante_error *error);

    /*
     * Find an account without a secret, for maintenance and challenge mechanisms. `verifier` receives what is
     * stored ("{SCHEME}value"), or an empty string where nothing is; it may be NULL. RESTANTE_DENIED: none such.
     */
    enum restante_status (*lookup)(void *driver, const char *user, struct restante_account *account,
                                   char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error);

    /*
     * The next user in no particular order, for maintenance of all maildrops; start with *cursor = 0. RESTANTE_END when
     * there are no more. NULL: this driver cannot tell; users are then maintained by name.
     */
    enum restante_status (*list)(void *driver, uint64_t *cursor, char user[RESTANTE_USER_MAX + 1],
                                 struct restante_error *error);

    void (*stop)(void **driver);
};

#endif
