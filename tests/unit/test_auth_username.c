#include "unit.h"

#include <stdio.h>

#include "auth/auth_username.h"

static char user[RESTANTE_USER_MAX + 1];

static bool apply(bool lowercase, const char *domain, const char *name)
{
    const char *why;
    struct auth_username_rules rules = {.lowercase = lowercase, .default_domain = domain};
    snprintf(user, sizeof(user), "%s", name);
    bool result = auth_username_apply(&rules, user, &why);
    assert_true(result == (why == NULL));
    return result;
}

static void rules_change_only_what_they_say(void **state)
{
    (void)state;
    assert_true(apply(false, NULL, "Alice"));
    assert_string_equal(user, "Alice");
    assert_true(apply(true, NULL, "AliCE@Example.ORG\xc3\x84"));
    assert_string_equal(user, "alice@example.org\xc3\x84");
    assert_true(apply(false, "example.org", "Alice"));
    assert_string_equal(user, "Alice@example.org");
    assert_true(apply(false, "example.org", "alice@other.net"));
    assert_string_equal(user, "alice@other.net");
    assert_true(apply(false, "", "alice"));
    assert_string_equal(user, "alice");
    assert_true(apply(true, "Example.org", "Alice"));
    assert_string_equal(user, "alice@example.org");
}

static void names_that_could_leave_their_place_are_refused(void **state)
{
    (void)state;
    assert_false(apply(false, NULL, ""));
    assert_false(apply(false, NULL, "a/b"));
    assert_false(apply(false, NULL, "a\nb"));
    assert_false(apply(false, NULL, "a\x7f"));
    assert_false(auth_username_is_clean("/"));
    assert_true(auth_username_is_clean("a b"));
}

static void a_name_never_grows_too_long(void **state)
{
    char longest[RESTANTE_USER_MAX + 1];
    (void)state;
    memset(longest, 'a', RESTANTE_USER_MAX);
    longest[RESTANTE_USER_MAX] = '\0';
    assert_true(apply(true, NULL, longest));
    assert_false(apply(true, "b", longest));
    longest[RESTANTE_USER_MAX - 2] = '\0';
    assert_true(apply(true, "b", longest));
    assert_int_equal(strlen(user), RESTANTE_USER_MAX);
    longest[RESTANTE_USER_MAX - 2] = 'a';
    longest[RESTANTE_USER_MAX - 1] = '\0';
    assert_false(apply(true, "b", longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_change_only_what_they_say),
        cmocka_unit_test(names_that_could_leave_their_place_are_refused),
        cmocka_unit_test(a_name_never_grows_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
