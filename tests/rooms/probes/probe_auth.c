/* An auth driver that tries what the secret says, and tells the log how that went. */
#include <restante/auth.h>

#include "tries.h"

static const struct restante_host *host;

static enum restante_status probe_start(const struct restante_host *lent, const struct restante_value *values,
                                        void **driver, struct restante_error *error)
{
    (void)values;
    (void)error;
    host = lent;
    *driver = &host;
    return RESTANTE_OK;
}

static enum restante_status probe_verify(void *driver, const struct restante_credentials *credentials,
                                         struct restante_account *account, struct restante_error *error)
{
    (void)driver;
    (void)account;
    host->log(RESTANTE_INFO, "trying %s in %d.", credentials->secret, (int)getpid());
    host->log(RESTANTE_INFO, "tried %s: %d.", credentials->secret, tries_run(credentials->secret));
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

static enum restante_status probe_lookup(void *driver, const char *user, struct restante_account *account,
                                         char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error)
{
    (void)driver;
    (void)user;
    (void)account;
    (void)verifier;
    return host->fail(error, RESTANTE_DENIED, 0, NULL, "only a probe");
}

static enum restante_status probe_list(void *driver, uint64_t *cursor, char user[RESTANTE_USER_MAX + 1],
                                       struct restante_error *error)
{
    (void)driver;
    (void)cursor;
    (void)user;
    (void)error;
    return RESTANTE_END;
}

static void probe_stop(void **driver)
{
    *driver = NULL;
}

static const struct restante_auth operations = {
    .start = probe_start, .verify = probe_verify, .lookup = probe_lookup, .list = probe_list, .stop = probe_stop};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_auth),
    .kind = RESTANTE_KIND_AUTH,
    .name = "probe",
    .summary = "tries what it must not be able to do",
    .operations = &operations,
};
