/*
 * tests/harness/auth_driver.h - what the tests' own auth drivers have in common: all but verify. Included by one source
 * file, which then has TEST_AUTH_DRIVER(name, summary, verify).
 */
#ifndef HARNESS_AUTH_DRIVER_H
#define HARNESS_AUTH_DRIVER_H

#include <restante/auth.h>

static const struct restante_host *host;

static enum restante_status test_start(const struct restante_host *lent, const struct restante_value *values,
                                       void **driver, struct restante_error *error)
{
    (void)values;
    (void)error;
    host = lent;
    *driver = &host;
    return RESTANTE_OK;
}

static inline enum restante_status test_lookup(void *driver, const char *user, struct restante_account *account,
                                               char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error)
{
    (void)driver;
    (void)user;
    (void)account;
    (void)verifier;
    return host->fail(error, RESTANTE_DENIED, 0, NULL, "a test's driver knows no accounts");
}

static inline enum restante_status test_list(void *driver, uint64_t *cursor, char user[RESTANTE_USER_MAX + 1],
                                             struct restante_error *error)
{
    (void)driver;
    (void)cursor;
    (void)user;
    (void)error;
    return RESTANTE_END;
}

static void test_stop(void **driver)
{
    *driver = NULL;
}

#define TEST_AUTH_DRIVER(module_name, module_summary, module_verify)                                                  \
    static const struct restante_auth operations = {.start = test_start,                                             \
                                                    .verify = (module_verify),                                       \
                                                    .lookup = test_lookup,                                           \
                                                    .list = test_list,                                               \
                                                    .stop = test_stop};                                              \
    RESTANTE_EXPORT const struct restante_module restante_module = {                                                 \
        RESTANTE_MODULE_HEADER(struct restante_auth),                                                                 \
        .kind = RESTANTE_KIND_AUTH,                                                                                   \
        .name = (module_name),                                                                                       \
        .summary = (module_summary),                                                                                 \
        .operations = &operations,                                                                                   \
    }

#endif
