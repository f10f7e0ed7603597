/* An auth driver for tests: the user's name says what happens to whoever is asked about it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <restante/auth.h>

static enum restante_status start(const struct restante_host *host, const struct restante_value *values,
                                  void **driver, struct restante_error *error)
{
    (void)host;
    (void)values;
    (void)error;
    static char something;
    *driver = &something;
    return RESTANTE_OK;
}

static enum restante_status verify(void *driver, const struct restante_credentials *credentials,
                                   struct restante_account *account, struct restante_error *error)
{
    (void)driver;
    (void)error;
    if (strncmp(credentials->user, "hang", 4) == 0)
        sleep(3600);
    if (strncmp(credentials->user, "crash", 5) == 0)
        raise(SIGSEGV);
    if (strncmp(credentials->user, "slow", 4) == 0)
        sleep(1);
    if (strcmp(credentials->secret, "secret") != 0)
        return RESTANTE_DENIED;
    snprintf(account->user, sizeof(account->user), "%s", credentials->user);
    return RESTANTE_OK;
}

static enum restante_status lookup(void *driver, const char *user, struct restante_account *account,
                                   char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error)
{
    (void)driver;
    (void)user;
    (void)account;
    (void)verifier;
    (void)error;
    return RESTANTE_DENIED;
}

static enum restante_status list(void *driver, uint64_t *cursor, char user[RESTANTE_USER_MAX + 1],
                                 struct restante_error *error)
{
    (void)driver;
    (void)cursor;
    (void)user;
    (void)error;
    return RESTANTE_END;
}

static void stop(void **driver)
{
    *driver = NULL;
}

static const struct restante_auth operations = {
    .start = start, .verify = verify, .lookup = lookup, .list = list, .stop = stop};

const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_auth),
    .kind = RESTANTE_KIND_AUTH,
    .name = "slow",
    .summary = "sleeps and crashes as a test asks for",
    .operations = &operations,
};
