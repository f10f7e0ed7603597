#include "unit.h"

#include <stdio.h>

#include "auth/auth_account.h"

static struct restante_error error;

static struct auth_defaults plain_defaults(void)
{
    return (struct auth_defaults){.entry = 2, .minimum_uid = 500};
}

static struct restante_account account_of(const char *user, uint32_t uid, const char *home)
{
    struct restante_account account = {.has_ids = uid != 0, .uid = uid, .gid = uid};
    snprintf(account.user, sizeof(account.user), "%s", user);
    snprintf(account.home, sizeof(account.home), "%s", home);
    error = (struct restante_error){0};
    return account;
}

/* Resolve and expect exactly this many faults; the first must hold `why`. */
static struct auth_defaults resolve(const char *uid, const char *gid, size_t count, const char *why)
{
    struct faults faults = {0};
    struct auth_defaults defaults = plain_defaults();
    auth_account_resolve(&defaults, uid, gid, &faults);
    assert_int_equal(faults.count, count);
    if (count > 0)
        assert_non_null(strstr(faults.sentences[0], why));
    assert_true(count == 0 || !defaults.has_ids);
    faults_free(&faults);
    return defaults;
}

static void defaults_are_names_or_numbers(void **state)
{
    struct auth_defaults defaults = resolve(NULL, NULL, 0, NULL);
    (void)state;
    assert_false(defaults.has_ids);
    defaults = resolve("1001", "1002", 0, NULL);
    assert_true(defaults.has_ids);
    assert_int_equal(defaults.uid, 1001);
    assert_int_equal(defaults.gid, 1002);
    defaults = resolve("nobody", NULL, 0, NULL); /* its group is the system's word */
    assert_int_equal(defaults.uid, 65534);
    assert_int_equal(defaults.gid, 65534);
    defaults = resolve("nobody", "root", 0, NULL);
    assert_int_equal(defaults.gid, 0);
}

static void defaults_that_cannot_be_are_faults(void **state)
{
    (void)state;
    resolve("no-such-user", NULL, 1, "auth[2].uid");
    resolve("1001", "no-such-group", 1, "auth[2].gid");
    resolve("3999999999", NULL, 1, "auth[2].gid");
    resolve("4294967295", "1", 1, "auth[2].uid");
    resolve(NULL, "1", 1, "auth[2].gid");
    resolve("root", NULL, 1, "minimum_uid");
    resolve("499", "499", 1, "minimum_uid");
}

static void an_account_takes_what_it_lacks(void **state)
{
    struct auth_defaults defaults = resolve("1001", "1002", 0, NULL);
    struct restante_account account = account_of("alice@example.org", 0, "");
    (void)state;
    defaults.home = "/srv/%{domain}/%{local}";
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_OK);
    assert_true(account.has_ids);
    assert_int_equal(account.uid, 1001);
    assert_int_equal(account.gid, 1002);
    assert_string_equal(account.home, "/srv/example.org/alice");
    account = account_of("bob", 2001, "/home//bob/./");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_OK);
    assert_int_equal(account.uid, 2001);
    assert_string_equal(account.home, "/home/bob");
    account = account_of("nodomain", 0, "");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_PERMANENT);
}

static void without_a_uid_nobody_gets_in(void **state)
{
    struct auth_defaults defaults = plain_defaults();
    struct restante_account account = account_of("alice", 0, "/home/alice");
    (void)state;
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_DENIED);
    assert_non_null(strstr(error.log, "alice"));
    assert_non_null(strstr(error.log, "auth[2].uid"));
}

static void a_home_is_needed_where_the_storage_says_so(void **state)
{
    static const struct {
        const char *storage, *own;
        enum restante_status expected;
    } cases[] = {
        {"~/Maildir", "", RESTANTE_DENIED},
        {"%{home}/Maildir", "", RESTANTE_DENIED},
        {"/var/%{home}", "", RESTANTE_DENIED},
        {"/srv/%{user}", "", RESTANTE_OK},
        {NULL, "", RESTANTE_OK},
        {"~/Maildir", "maildir:/srv/alice", RESTANTE_OK},
        {"/srv/%{user}", "maildir:~/Maildir", RESTANTE_DENIED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct auth_defaults defaults = plain_defaults();
        struct restante_account account = account_of("alice", 1001, "");
        defaults.storage = cases[i].storage;
        snprintf(account.storage, sizeof(account.storage), "%s", cases[i].own);
        assert_int_equal(auth_account_complete(&defaults, &account, &error), cases[i].expected);
    }
}

static void system_users_are_not_served(void **state)
{
    struct auth_defaults defaults = plain_defaults();
    struct restante_account account = account_of("daemon", 499, "");
    (void)state;
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_PERMANENT);
    assert_non_null(strstr(error.log, "499"));
    account = account_of("root", 0, "");
    account.has_ids = true;
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_PERMANENT);
    defaults.minimum_uid = 0;
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_PERMANENT);
    account = account_of("first", 500, "");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_OK);
}

static void nonsense_from_a_driver_is_an_error(void **state)
{
    struct auth_defaults defaults = plain_defaults();
    struct restante_account account = account_of("", 1001, "");
    (void)state;
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("../alice", 1001, "");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("al\nice", 1001, "");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("alice", 1001, "");
    memset(account.user, 'a', sizeof(account.user));
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("alice", 1001, "");
    memset(account.home, '/', sizeof(account.home));
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("alice", 1001, "");
    account.groups_count = RESTANTE_GROUPS_MAX + 1;
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("alice", 1001, "");
    snprintf(account.storage, sizeof(account.storage), "maildir");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_TEMPORARY);
    account = account_of("alice", 1001, "home/alice");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_PERMANENT);
    account = account_of("alice", 1001, "/home/../root");
    assert_int_equal(auth_account_complete(&defaults, &account, &error), RESTANTE_PERMANENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_names_or_numbers),
        cmocka_unit_test(defaults_that_cannot_be_are_faults),
        cmocka_unit_test(an_account_takes_what_it_lacks),
        cmocka_unit_test(without_a_uid_nobody_gets_in),
        cmocka_unit_test(a_home_is_needed_where_the_storage_says_so),
        cmocka_unit_test(system_users_are_not_served),
        cmocka_unit_test(nonsense_from_a_driver_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
