/*
 * The operations of the PAM driver. Runs in an auth worker. A worker that one of PAM's modules blocks, crashes or
 * leaves in disorder is ended from outside and costs the request that it had; nothing here tries to survive that.
 *
 * What PAM says becomes one of three answers: accepted, denied, or "try again later" for everything that is the
 * system's fault. An account that has expired or is locked is denied like a wrong secret; the log tells which.
 */
#include "pam/pam_driver.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pam/pam_conversation.h"

const struct restante_setting pam_settings[PAM_SETTING_COUNT] = {
    [PAM_SETTING_SERVICE] = {
        .name = "service",
        .type = RESTANTE_SETTING_STRING,
        .default_text = "restante",
        .help = "the PAM service: the name of a file in /etc/pam.d",
    },
    [PAM_SETTING_DIRECTORY] = {
        .name = "directory",
        .type = RESTANTE_SETTING_PATH,
        .help = "where the service's file is, when not in the system's own folder",
    },
    [PAM_SETTING_MINIMUM_UID] = {
        .name = "minimum_uid",
        .type = RESTANTE_SETTING_INTEGER,
        .default_text = "1000",
        .min = 1,
        .max = INT64_C(4294967294),
        .help = "users with smaller ids are denied, whatever PAM says",
    },
    [PAM_SETTING_SHELLS] = {
        .name = "shells",
        .type = RESTANTE_SETTING_STRINGS,
        .help = "only users with one of these login shells; unset: any",
    },
    [PAM_SETTING_GROUPS] = {
        .name = "groups",
        .type = RESTANTE_SETTING_STRINGS,
        .help = "only members of one of these groups; unset: anybody",
    },
};

/* --- start ------------------------------------------------------------------------------------------------------ */

/* A name of one file: PAM makes a path of it. */
static bool service_is_name(const char *service)
{
    return service[0] && service[0] != '.' &&
           strspn(service, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == strlen(service);
}

static bool service_is_in(const char *directory, const char *service)
{
    char path[4096];
    struct stat facts;
    int length = snprintf(path, sizeof(path), "%s/%s", directory, service);
    return length > 0 && (size_t)length < sizeof(path) && stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

/* WHY: without a file of this name PAM would quietly ask the service "other", which may permit more or nothing. */
static enum restante_status service_check(const struct pam_driver *driver, struct restante_error *error)
{
    static const char *const system_directories[] = {"/etc/pam.d", "/usr/lib/pam.d", NULL};
    if (!service_is_name(driver->service))
        return driver->host->fail(error, RESTANTE_INVALID, 0, NULL, "service \"%s\" is not the name of a file",
                                  driver->service);
    if (driver->directory) {
        if (service_is_in(driver->directory, driver->service))
            return RESTANTE_OK;
        return driver->host->fail(error, RESTANTE_INVALID, 0, NULL,
                                  "service \"%s\" has no file in %s: write one, or name another service",
                                  driver->service, driver->directory);
    }
    for (const char *const *directory = system_directories; *directory; directory++)
        if (service_is_in(*directory, driver->service))
            return RESTANTE_OK;
    return driver->host->fail(error, RESTANTE_INVALID, 0, NULL,
                              "service \"%s\" has no file in /etc/pam.d: install the one that comes with Restante, or "
                              "name another service",
                              driver->service);
}

static enum restante_status driver_start(const struct restante_host *host, const struct restante_value *values,
                                         void **driver, struct restante_error *error)
{
    struct pam_driver *made = calloc(1, sizeof(*made));
    if (!made)
        return host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "the PAM driver has no memory");
    *made = (struct pam_driver){
        .host = host,
        .service = values[PAM_SETTING_SERVICE].text,
        .directory = values[PAM_SETTING_DIRECTORY].is_set ? values[PAM_SETTING_DIRECTORY].text : NULL,
        .rules = {.host = host,
                  .minimum_uid = (uint32_t)values[PAM_SETTING_MINIMUM_UID].integer,
                  .shells = values[PAM_SETTING_SHELLS].is_set ? values[PAM_SETTING_SHELLS].list : NULL,
                  .groups = values[PAM_SETTING_GROUPS].is_set ? values[PAM_SETTING_GROUPS].list : NULL},
    };
    enum restante_status status = service_check(made, error);
    if (status != RESTANTE_OK) {
        free(made);
        return status;
    }
    if (geteuid() != 0)
        host->log(RESTANTE_INFO, "PAM is asked without root: modules that read the shadow file will deny everybody; "
                                 "for them set run_as_root");
    *driver = made;
    return RESTANTE_OK;
}

static void driver_stop(void **driver)
{
    free(*driver);
    *driver = NULL;
}

/* --- one login -------------------------------------------------------------------------------------------------- */

/* The dispatcher makes failures cost time; a worker that sleeps here would cost the others too. */
static void verify_no_delay(int result, unsigned delay_us, void *context)
{
    (void)result;
    (void)delay_us;
    (void)context;
}

static enum restante_status verify_set_items(pam_handle_t *pam, const struct restante_credentials *credentials)
{
    union {
        void (*function)(int, unsigned, void *);
        const void *item;
    } delay = {.function = verify_no_delay};
    bool is_set = (!credentials->peer || pam_set_item(pam, PAM_RHOST, credentials->peer) == PAM_SUCCESS) &&
                  pam_set_item(pam, PAM_TTY, "restante") == PAM_SUCCESS &&
                  pam_set_item(pam, PAM_FAIL_DELAY, delay.item) == PAM_SUCCESS;
    return is_set ? RESTANTE_OK : RESTANTE_TEMPORARY;
}

/* What the user cannot mend is no denial: it would make a mail program forget the password. */
static enum restante_status verify_judge(int result)
{
    switch (result) {
    case PAM_SUCCESS:
        return RESTANTE_OK;
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_MAXTRIES:
    case PAM_PERM_DENIED:
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_AUTHTOK_EXPIRED:
    case PAM_CRED_EXPIRED:
        return RESTANTE_DENIED;
    default:
        return RESTANTE_TEMPORARY;
    }
}

static const char *verify_reason(int result)
{
    switch (result) {
    case PAM_AUTH_ERR:
        return "wrong secret";
    case PAM_USER_UNKNOWN:
        return "unknown user";
    case PAM_MAXTRIES:
        return "too many tries";
    case PAM_PERM_DENIED:
        return "access is not permitted";
    case PAM_ACCT_EXPIRED:
        return "the account has expired";
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_AUTHTOK_EXPIRED:
        return "the password has expired and must be changed first";
    case PAM_CRED_EXPIRED:
        return "the credentials have expired";
    default:
        return NULL;
    }
}

static enum restante_status verify_fail(const struct pam_driver *driver, pam_handle_t *pam, const char *step,
                                        int result, const struct conversation *conversation,
                                        struct restante_error *error)
{
    const char *reason = verify_reason(result);
    return driver->host->fail(error, verify_judge(result), 0, NULL, "PAM service %s, %s: %s%s%s", driver->service, step,
                              reason ? reason : pam_strerror(pam, result), conversation->told[0] ? "; PAM told: " : "",
                              conversation->told);
}

/* Modules may map one name to another: the account is that of the name they end with. */
static enum restante_status verify_account(const struct pam_driver *driver, pam_handle_t *pam,
                                           struct restante_account *account, struct restante_error *error)
{
    const void *user = NULL;
    if (pam_get_item(pam, PAM_USER, &user) != PAM_SUCCESS || !user || !((const char *)user)[0])
        return driver->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "PAM service %s accepted nobody in particular",
                                  driver->service);
    return account_find(&driver->rules, user, account, error);
}

static enum restante_status verify_run(const struct pam_driver *driver, pam_handle_t *pam,
                                       const struct conversation *conversation, struct restante_account *account,
                                       struct restante_error *error, int *result)
{
    *result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (*result != PAM_SUCCESS)
        return verify_fail(driver, pam, "authentication", *result, conversation, error);
    *result = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (*result != PAM_SUCCESS)
        return verify_fail(driver, pam, "account", *result, conversation, error);
    return verify_account(driver, pam, account, error);
}

static enum restante_status driver_verify(void *context, const struct restante_credentials *credentials,
                                          struct restante_account *account, struct restante_error *error)
{
    const struct pam_driver *driver = context;
    struct conversation conversation = {
        .host = driver->host, .user = credentials->user, .secret = credentials->secret};
    struct pam_conv converse = conversation_begin(&conversation);
    pam_handle_t *pam = NULL;
    int result = driver->directory
                     ? pam_start_confdir(driver->service, credentials->user, &converse, driver->directory, &pam)
                     : pam_start(driver->service, credentials->user, &converse, &pam);
    if (result != PAM_SUCCESS)
        return driver->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "PAM service %s cannot be started: %s",
                                  driver->service, pam_strerror(pam, result));
    enum restante_status status = verify_set_items(pam, credentials);
    if (status != RESTANTE_OK)
        driver->host->fail(error, status, 0, NULL, "PAM service %s takes no facts about the client", driver->service);
    else
        status = verify_run(driver, pam, &conversation, account, error, &result);
    pam_end(pam, result);
    return status;
}

/* --- accounts --------------------------------------------------------------------------------------------------- */

static enum restante_status driver_lookup(void *context, const char *user, struct restante_account *account,
                                          char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error)
{
    const struct pam_driver *driver = context;
    if (verifier)
        verifier[0] = '\0'; /* PAM tells nobody what it compares with */
    return account_find(&driver->rules, user, account, error);
}

/* The passwd database keeps its own place; the cursor only tells whether it is still ours. */
static void list_seek(struct pam_driver *driver, uint64_t cursor)
{
    if (cursor != 0 && cursor == driver->listed)
        return;
    setpwent();
    for (driver->listed = 0; driver->listed < cursor && getpwent(); driver->listed++)
        ;
}

static enum restante_status driver_list(void *context, uint64_t *cursor, char user[RESTANTE_USER_MAX + 1],
                                        struct restante_error *error)
{
    struct pam_driver *driver = context;
    const struct passwd *entry;
    list_seek(driver, *cursor);
    while ((void)(errno = 0), (entry = getpwent()) != NULL) {
        *cursor = ++driver->listed;
        if (strlen(entry->pw_name) > RESTANTE_USER_MAX || !account_is_listed(&driver->rules, entry))
            continue;
        snprintf(user, RESTANTE_USER_MAX + 1, "%s", entry->pw_name);
        return RESTANTE_OK;
    }
    int failure = errno;
    endpwent();
    driver->listed = 0;
    if (failure != 0 && failure != ENOENT)
        return driver->host->fail(error, RESTANTE_TEMPORARY, failure, NULL,
                                  "the system's passwd database cannot be listed");
    return RESTANTE_END;
}

const struct restante_auth pam_operations = {
    .start = driver_start,
    .verify = driver_verify,
    .lookup = driver_lookup,
    .list = driver_list,
    .stop = driver_stop,
};
