/* An auth driver for tests: the user's name says what happens to whoever is asked about it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../harness/auth_driver.h"

static enum restante_status verify(void *driver, const struct restante_credentials *credentials,
                                   struct restante_account *account, struct restante_error *error)
{
    (void)driver;
    if (strncmp(credentials->user, "hang", 4) == 0)
        sleep(3600);
    if (strncmp(credentials->user, "crash", 5) == 0)
        raise(SIGSEGV);
    if (strncmp(credentials->user, "slow", 4) == 0)
        sleep(1);
    if (strcmp(credentials->secret, "secret") != 0)
        return host->fail(error, RESTANTE_DENIED, 0, NULL, "not the secret");
    snprintf(account->user, sizeof(account->user), "%s", credentials->user);
    return RESTANTE_OK;
}

TEST_AUTH_DRIVER("slow", "sleeps and crashes as a test asks for", verify);
