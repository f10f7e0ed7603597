#include "unit.h"

#include <limits.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth_fake_host.h"
#include "pam/pam_driver.h"

/* Two users that every Debian has: nobody with a high uid, daemon with uid 1. */
#define SOMEBODY "nobody"
#define SYSTEM_USER "daemon"

static char folder[] = "/tmp/restante-pam-XXXXXX";
static char module_path[PATH_MAX];

static void write_service(const char *name, const char *arguments)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "auth required %s %s\naccount required %s %s\n", module_path, arguments, module_path, arguments);
    assert_int_equal(fclose(file), 0);
}

static enum restante_status start(const char *service, const char *const *shells, const char *const *groups,
                                  int64_t minimum_uid, void **driver, struct restante_error *error)
{
    /* The driver keeps lists and texts of the values, not the values. */
    struct restante_value values[PAM_SETTING_COUNT] = {
        [PAM_SETTING_SERVICE] = {.is_set = true, .text = service},
        [PAM_SETTING_DIRECTORY] = {.is_set = true, .text = folder},
        [PAM_SETTING_MINIMUM_UID] = {.is_set = true, .integer = minimum_uid},
        [PAM_SETTING_SHELLS] = {.is_set = shells != NULL, .list = shells},
        [PAM_SETTING_GROUPS] = {.is_set = groups != NULL, .list = groups},
    };
    *driver = NULL;
    *error = (struct restante_error){0};
    fake_forget_lines();
    return pam_operations.start(fake_host(), values, driver, error);
}

static enum restante_status login(void *driver, const char *user, const char *secret,
                                  struct restante_account *account, struct restante_error *error)
{
    const struct restante_credentials credentials = {
        .user = user, .secret = secret, .secret_length = strlen(secret), .peer = "192.0.2.1"};
    memset(account, 0, sizeof(*account));
    *error = (struct restante_error){0};
    return pam_operations.verify(driver, &credentials, account, error);
}

/* One service with these arguments, one login; the log text must hold `said` (NULL: whatever). */
static enum restante_status try(const char *arguments, const char *secret, const char *said)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    write_service("sample", arguments);
    assert_int_equal(start("sample", NULL, NULL, 1000, &driver, &error), RESTANTE_OK);
    enum restante_status status = login(driver, SOMEBODY, secret, &account, &error);
    if (said && !strstr(error.log, said))
        fail_msg("\"%s\" is not in \"%s\"", said, error.log);
    assert_null(strstr(error.log, "sesame"));
    assert_int_equal(error.client[0], '\0');
    pam_operations.stop(&driver);
    assert_null(driver);
    return status;
}

static void an_accepted_user_has_the_account_of_the_passwd_database(void **state)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    const struct passwd *entry = getpwnam(SOMEBODY);
    (void)state;
    write_service("sample", "password=sesame");
    assert_int_equal(start("sample", NULL, NULL, 1000, &driver, &error), RESTANTE_OK);
    assert_int_equal(login(driver, SOMEBODY, "sesame", &account, &error), RESTANTE_OK);
    assert_string_equal(account.user, SOMEBODY);
    assert_string_equal(account.home, entry->pw_dir);
    assert_true(account.has_ids);
    assert_int_equal(account.uid, entry->pw_uid);
    assert_int_equal(account.gid, entry->pw_gid);
    assert_string_equal(account.storage, "");
    pam_operations.stop(&driver);
}

static void a_wrong_secret_is_denied(void **state)
{
    (void)state;
    assert_int_equal(try("password=sesame", "other", "wrong secret"), RESTANTE_DENIED);
    assert_int_equal(try("password=sesame", "", "wrong secret"), RESTANTE_DENIED);
    /* The dispatcher makes failures cost time, not the worker. */
    assert_int_equal(try("no-sleep password=sesame", "other", "wrong secret"), RESTANTE_DENIED);
}

static void what_pam_says_becomes_one_of_three_answers(void **state)
{
    static const struct {
        int code;
        enum restante_status status;
        const char *said;
    } rows[] = {
        {PAM_AUTH_ERR, RESTANTE_DENIED, "wrong secret"},
        {PAM_USER_UNKNOWN, RESTANTE_DENIED, "unknown user"},
        {PAM_MAXTRIES, RESTANTE_DENIED, "too many tries"},
        {PAM_PERM_DENIED, RESTANTE_DENIED, "not permitted"},
        {PAM_ACCT_EXPIRED, RESTANTE_DENIED, "account has expired"},
        {PAM_NEW_AUTHTOK_REQD, RESTANTE_DENIED, "password has expired"},
        {PAM_AUTHINFO_UNAVAIL, RESTANTE_TEMPORARY, "PAM service sample"},
        {PAM_SYSTEM_ERR, RESTANTE_TEMPORARY, "PAM service sample"},
        {PAM_SERVICE_ERR, RESTANTE_TEMPORARY, "PAM service sample"},
        {PAM_BUF_ERR, RESTANTE_TEMPORARY, "PAM service sample"},
        {PAM_CONV_ERR, RESTANTE_TEMPORARY, "PAM service sample"},
        {PAM_IGNORE, RESTANTE_DENIED, NULL}, /* nobody vouched: PAM itself says "not permitted" */
    };
    char arguments[64];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(arguments, sizeof(arguments), "password=sesame auth=%d", rows[i].code);
        assert_int_equal(try(arguments, "sesame", rows[i].said), rows[i].status);
    }
}

static void accounts_are_managed_after_the_secret(void **state)
{
    char arguments[64];
    (void)state;
    snprintf(arguments, sizeof(arguments), "password=sesame account=%d", PAM_ACCT_EXPIRED);
    assert_int_equal(try(arguments, "sesame", "account: the account has expired"), RESTANTE_DENIED);
    snprintf(arguments, sizeof(arguments), "password=sesame account=%d", PAM_NEW_AUTHTOK_REQD);
    assert_int_equal(try(arguments, "sesame", "the password has expired"), RESTANTE_DENIED);
    snprintf(arguments, sizeof(arguments), "password=sesame account=%d", PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(try(arguments, "sesame", "account"), RESTANTE_TEMPORARY);
}

static void modules_learn_where_the_client_is(void **state)
{
    (void)state;
    assert_int_equal(try("password=sesame rhost=192.0.2.1 tty=restante", "sesame", NULL), RESTANTE_OK);
    assert_int_equal(try("password=sesame rhost=192.0.2.2", "sesame", NULL), RESTANTE_TEMPORARY);
}

static void a_conversation_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(try("ask=7 password=sesame", "sesame", NULL), RESTANTE_OK);
    assert_int_equal(try("ask=1000 password=sesame", "sesame", "PAM service sample, authentication"), RESTANTE_TEMPORARY);
    assert_int_equal(try("binary password=sesame", "sesame", NULL), RESTANTE_TEMPORARY);
}

static void what_the_user_is_told_reaches_the_log(void **state)
{
    (void)state;
    assert_int_equal(try("told=come-back-tomorrow password=sesame", "no", "PAM told: come-back-tomorrow"),
                     RESTANTE_DENIED);
}

static void a_module_may_change_the_name(void **state)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    (void)state;
    write_service("sample", "password=sesame become=" SOMEBODY);
    assert_int_equal(start("sample", NULL, NULL, 1000, &driver, &error), RESTANTE_OK);
    assert_int_equal(login(driver, "nobody@example.org", "sesame", &account, &error), RESTANTE_OK);
    assert_string_equal(account.user, SOMEBODY);
    pam_operations.stop(&driver);
}

static void accepted_by_pam_but_not_a_system_user_is_denied(void **state)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    (void)state;
    write_service("sample", "password=sesame");
    assert_int_equal(start("sample", NULL, NULL, 1000, &driver, &error), RESTANTE_OK);
    assert_int_equal(login(driver, "no-such-user-here", "sesame", &account, &error), RESTANTE_DENIED);
    assert_non_null(strstr(error.log, "not in the system's passwd database"));
    pam_operations.stop(&driver);
}

/* Log in as `user` under rules; what the log says must hold `said`. */
static void assert_ruled(const char *user, int64_t minimum_uid, const char *const *shells, const char *const *groups,
                         const char *said)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    write_service("sample", "password=sesame");
    assert_int_equal(start("sample", shells, groups, minimum_uid, &driver, &error), RESTANTE_OK);
    assert_int_equal(login(driver, user, "sesame", &account, &error), said ? RESTANTE_DENIED : RESTANTE_OK);
    if (said && !strstr(error.log, said))
        fail_msg("\"%s\" is not in \"%s\"", said, error.log);
    assert_int_equal(pam_operations.lookup(driver, user, &account, NULL, &error), said ? RESTANTE_DENIED : RESTANTE_OK);
    pam_operations.stop(&driver);
}

static void rules_refuse_users_whom_pam_accepts(void **state)
{
    const struct passwd *entry = getpwnam(SOMEBODY);
    const char *const no_shell[] = {"/bin/no-shell", NULL};
    const char *const own_shell[] = {"/bin/no-shell", entry->pw_shell, NULL};
    const char *const strangers[] = {"mail", "no-such-group", NULL};
    const char *const friends[] = {"no-such-group", "nogroup", NULL};
    (void)state;
    assert_ruled("root", 1, NULL, NULL, "below minimum_uid");
    assert_ruled(SYSTEM_USER, 1000, NULL, NULL, "below minimum_uid");
    assert_ruled(SYSTEM_USER, 1, NULL, NULL, NULL);
    assert_ruled(SOMEBODY, 1000, no_shell, NULL, "not in shells");
    assert_ruled(SOMEBODY, 1000, own_shell, NULL, NULL);
    assert_ruled(SOMEBODY, 1000, NULL, strangers, "in none of the groups");
    assert_ruled(SOMEBODY, 1000, NULL, friends, NULL);
}

static void a_service_without_a_file_does_not_start(void **state)
{
    void *driver;
    struct restante_error error;
    (void)state;
    assert_int_equal(start("missing", NULL, NULL, 1000, &driver, &error), RESTANTE_INVALID);
    assert_null(driver);
    assert_non_null(strstr(error.log, "\"missing\" has no file in"));
    assert_int_equal(start("../passwd", NULL, NULL, 1000, &driver, &error), RESTANTE_INVALID);
    assert_non_null(strstr(error.log, "not the name of a file"));
    assert_int_equal(start("", NULL, NULL, 1000, &driver, &error), RESTANTE_INVALID);
}

static void a_service_whose_module_is_missing_is_an_outage(void **state)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    char path[PATH_MAX];
    (void)state;
    snprintf(path, sizeof(path), "%s/broken", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("auth required /nowhere/pam_missing.so\naccount required /nowhere/pam_missing.so\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(start("broken", NULL, NULL, 1000, &driver, &error), RESTANTE_OK);
    assert_int_equal(login(driver, SOMEBODY, "sesame", &account, &error), RESTANTE_TEMPORARY);
    pam_operations.stop(&driver);
}

static void a_lookup_knows_no_verifier(void **state)
{
    void *driver;
    struct restante_account account;
    struct restante_error error;
    char verifier[RESTANTE_VERIFIER_MAX + 1] = "x";
    (void)state;
    write_service("sample", "password=sesame");
    assert_int_equal(start("sample", NULL, NULL, 1000, &driver, &error), RESTANTE_OK);
    assert_int_equal(pam_operations.lookup(driver, SOMEBODY, &account, verifier, &error), RESTANTE_OK);
    assert_string_equal(verifier, "");
    assert_string_equal(account.user, SOMEBODY);
    assert_int_equal(pam_operations.lookup(driver, "no-such-user-here", &account, verifier, &error), RESTANTE_DENIED);
    pam_operations.stop(&driver);
}

/* Each served user once, and nobody else, also not the account "nobody"; a listing may be begun again in the middle of another. */
static void users_are_listed_by_the_rules(void **state)
{
    void *driver;
    struct restante_error error;
    char user[RESTANTE_USER_MAX + 1];
    uint64_t cursor = 0, other = 0;
    size_t count = 0, expected = 0;
    const struct passwd *entry;
    (void)state;
    setpwent();
    while ((entry = getpwent()))
        expected += entry->pw_uid >= 2 && entry->pw_uid != 65534;
    endpwent();
    write_service("sample", "password=sesame");
    assert_int_equal(start("sample", NULL, NULL, 2, &driver, &error), RESTANTE_OK);
    enum restante_status status;
    while ((status = pam_operations.list(driver, &cursor, user, &error)) == RESTANTE_OK) {
        assert_string_not_equal(user, "nobody");
        assert_string_not_equal(user, "root");
        assert_string_not_equal(user, SYSTEM_USER);
        if (count++ == 0) {
            assert_int_equal(pam_operations.list(driver, &other, user, &error), RESTANTE_OK);
            other = 0;
            assert_int_equal(pam_operations.list(driver, &other, user, &error), RESTANTE_OK);
        }
    }
    assert_int_equal(status, RESTANTE_END);
    assert_true(count > 0);
    assert_int_equal(count, expected);
    pam_operations.stop(&driver);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chmod(folder, 0755) == 0 && realpath(PAM_SAMPLE, module_path) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[64];
    (void)state;
    for (const char *const *name = (const char *const[]){"sample", "broken", NULL}; *name; name++) {
        snprintf(command, sizeof(command), "%s/%s", folder, *name);
        unlink(command);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_accepted_user_has_the_account_of_the_passwd_database),
        cmocka_unit_test(a_wrong_secret_is_denied),
        cmocka_unit_test(what_pam_says_becomes_one_of_three_answers),
        cmocka_unit_test(accounts_are_managed_after_the_secret),
        cmocka_unit_test(modules_learn_where_the_client_is),
        cmocka_unit_test(a_conversation_is_bounded),
        cmocka_unit_test(what_the_user_is_told_reaches_the_log),
        cmocka_unit_test(a_module_may_change_the_name),
        cmocka_unit_test(accepted_by_pam_but_not_a_system_user_is_denied),
        cmocka_unit_test(rules_refuse_users_whom_pam_accepts),
        cmocka_unit_test(a_service_without_a_file_does_not_start),
        cmocka_unit_test(a_service_whose_module_is_missing_is_an_outage),
        cmocka_unit_test(a_lookup_knows_no_verifier),
        cmocka_unit_test(users_are_listed_by_the_rules),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
