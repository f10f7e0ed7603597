/* An auth driver that knows nobody and cannot list its users. */
#include "../harness/auth_driver.h"

static enum restante_status lookup(void *driver, const char *user, struct restante_account *account,
                                   char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error)
{
    (void)driver;
    (void)user;
    (void)account;
    (void)verifier;
    return host->fail(error, RESTANTE_DENIED, 0, NULL, "nobody has an account here");
}

static enum restante_status verify(void *driver, const struct restante_credentials *credentials,
                                   struct restante_account *account, struct restante_error *error)
{
    return lookup(driver, credentials->user, account, NULL, error);
}

static const struct restante_auth operations = {
    .start = test_start, .verify = verify, .lookup = lookup, .stop = test_stop};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_auth),
    .kind = RESTANTE_KIND_AUTH,
    .name = "nolist",
    .summary = "knows nobody and lists nobody",
    .operations = &operations,
};
