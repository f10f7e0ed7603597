/* An auth driver that tries what the secret says, and tells the log how that went. */
#include "../../harness/auth_driver.h"
#include "tries.h"

static enum restante_status verify(void *driver, const struct restante_credentials *credentials,
                                   struct restante_account *account, struct restante_error *error)
{
    (void)driver;
    (void)account;
    host->log(RESTANTE_INFO, "trying %s in %d.", credentials->secret, (int)getpid());
    host->log(RESTANTE_INFO, "tried %s: %d.", credentials->secret, tries_run(credentials->secret));
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

TEST_AUTH_DRIVER("probe", "tries what it must not be able to do", verify);
