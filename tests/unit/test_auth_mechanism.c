#include "unit.h"

#include <stdlib.h>

#include "auth/auth_mechanism.h"

/* A response with the NULs that a string literal has inside. */
#define RESPONSE(text) text, sizeof(text) - 1

static struct auth_credentials credentials;
static const char *why;

/* From memory of exactly its size, so that reading past it is found out. */
static bool parse(const char *mechanism, const char *response, size_t length)
{
    char *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    if (length > 0)
        memcpy(exact, response, length);
    bool result = auth_mechanism_parse(mechanism, length ? exact : NULL, length, &credentials, &why);
    free(exact);
    if (!result) {
        assert_non_null(why);
        assert_string_equal(credentials.secret, "");
    } else {
        assert_null(why);
    }
    return result;
}

static void user_and_plain_give_name_and_secret(void **state)
{
    (void)state;
    assert_true(parse("USER", RESPONSE("alice\0se same")));
    assert_string_equal(credentials.user, "alice");
    assert_string_equal(credentials.secret, "se same");
    assert_true(parse("PLAIN", RESPONSE("\0alice\0se\xc3\xa4me")));
    assert_string_equal(credentials.user, "alice");
    assert_string_equal(credentials.secret, "se\xc3\xa4me");
    assert_true(parse("LOGIN", RESPONSE("alice\0se same")));
    assert_string_equal(credentials.user, "alice");
    assert_string_equal(credentials.secret, "se same");
    assert_true(parse("PLAIN", RESPONSE("alice\0alice\0sesame")));
}

static void another_identity_is_refused(void **state)
{
    (void)state;
    assert_false(parse("PLAIN", RESPONSE("bob\0alice\0sesame")));
    assert_string_equal(credentials.user, "alice"); /* for the log */
    assert_false(parse("PLAIN", RESPONSE("alic\0alice\0sesame")));
    assert_false(parse("PLAIN", RESPONSE("alicee\0alice\0sesame")));
    assert_false(parse("PLAIN", RESPONSE("Alice\0alice\0sesame")));
}

static void whatever_is_not_exact_is_refused(void **state)
{
    (void)state;
    assert_false(parse("USER", RESPONSE("")));
    assert_false(parse("USER", RESPONSE("alice")));
    assert_false(parse("USER", RESPONSE("alice\0")));
    assert_false(parse("USER", RESPONSE("\0sesame")));
    assert_false(parse("USER", RESPONSE("alice\0ses\0ame")));
    assert_false(parse("USER", RESPONSE("alice\0sesame\0")));
    assert_false(parse("PLAIN", RESPONSE("")));
    assert_false(parse("PLAIN", RESPONSE("\0")));
    assert_false(parse("PLAIN", RESPONSE("\0\0")));
    assert_false(parse("PLAIN", RESPONSE("\0alice")));
    assert_false(parse("PLAIN", RESPONSE("\0alice\0")));
    assert_false(parse("PLAIN", RESPONSE("alice\0sesame")));
    assert_false(parse("PLAIN", RESPONSE("\0\0sesame")));
    assert_false(parse("PLAIN", RESPONSE("\0alice\0sesame\0")));
    assert_false(parse("LOGIN", RESPONSE("alice")));
    assert_false(parse("LOGIN", RESPONSE("\0sesame")));
    assert_false(parse("LOGIN", RESPONSE("alice\0bob\0sesame")));
    assert_false(parse("CRAM-MD5", RESPONSE("alice\0sesame")));
    assert_false(parse("", RESPONSE("alice\0sesame")));
}

static void control_bytes_are_refused(void **state)
{
    (void)state;
    assert_false(parse("USER", RESPONSE("ali\tce\0sesame")));
    assert_false(parse("USER", RESPONSE("alice\x7f\0sesame")));
    assert_false(parse("USER", RESPONSE("alice\0ses\name")));
    assert_false(parse("PLAIN", RESPONSE("\0alice\0ses\x1b"
                                         "ame")));
}

static void lengths_are_bounded(void **state)
{
    char response[1024];
    (void)state;
    memset(response, 'a', sizeof(response));
    response[255] = '\0';
    assert_true(parse("USER", response, 256 + 512));
    assert_int_equal(strlen(credentials.user), 255);
    assert_int_equal(strlen(credentials.secret), 512);
    assert_false(parse("USER", response, 256 + 513));
    response[255] = 'a';
    response[256] = '\0';
    assert_false(parse("USER", response, 257 + 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_and_plain_give_name_and_secret), cmocka_unit_test(another_identity_is_refused),
        cmocka_unit_test(whatever_is_not_exact_is_refused),    cmocka_unit_test(control_bytes_are_refused),
        cmocka_unit_test(lengths_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
