/*
 * Vectors made with OpenSSL, Python's hashlib and crypt(3) for one secret with blanks and bytes beyond ASCII.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/decode.h"
#include "common/scheme.h"

static const char secret[] = "Gr\xc3\xbcn tee 7";

static const char *const vectors[] = {
    "{PLAIN}Gr\xc3\xbcn tee 7",
    "{plain}Gr\xc3\xbcn tee 7",
    "{CLEARTEXT}Gr\xc3\xbcn tee 7",
    "{PLAIN.HEX}4772c3bc6e207465652037",
    "{PLAIN.b64}R3LDvG4gdGVlIDc=",
    "{MD5-CRYPT}$1$saltsalt$sfz3PxFAPPUP3vtzJ/6wm1",
    "$1$saltsalt$sfz3PxFAPPUP3vtzJ/6wm1",
    "{SHA256-CRYPT}$5$saltstring$gKkjK3KFNf6Z/3W5N9leoA.H/lWratnFbwNdiCk/Qm/",
    "{CRYPT}$5$rounds=1000$saltstring$4ZHJknwqnaqrQ1KBmYZ5UsMIZJzQOucQ.pE7dmw9j.C",
    "{SHA512-CRYPT}$6$saltstring$TyUUoY8N6cuq0rHcrp7L4bMRxUd4laim4ar5F9EEEeRh.FDOw8vOmdhXzVBHI1tm8c9M8xsdlCLxDnCMwSd"
    "Uu.",
    "{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuu.4Zz4k5bnFd3Eg.rcu8ZOo53xS.gkXO",
    "$2b$04$abcdefghijklmnopqrstuu.4Zz4k5bnFd3Eg.rcu8ZOo53xS.gkXO",
    "{CRYPT}$y$j75$saltsalt$hS0p0bC9wlAvuvNqfD2g0naGE1Y4CYaYV9QuMUElLT7",
    "abZ4cV6BnMVFQ",
    "{SHA}DYc1CqZ8H9c6wLpMZzL66NXrrw4=",
    "{SHA1}0d87350aa67c1fd73ac0ba4c6732fae8d5ebaf0e",
    "{SHA.HEX}0D87350aa67c1fd73ac0ba4c6732fae8d5ebaf0e",
    "{SHA256}tljhVLDN4xTUHreWttMmoieRk6JRyiZGwhcT0RE6voY=",
    "{SHA256.hex}b658e154b0cde314d41eb796b6d326a2279193a251ca2646c21713d1113abe86",
    "{SHA512}oLzJWGVEv5oAHNMp/54/7BZn6oXRmBjFXj/MX+kntzsuUs+mO90hwDbzzn9Ez5KHmEshAO2jLPm0aX6/vSCWdQ==",
    "{SSHA}cxFdwWorM/cFQPfGISIiWwrN3TAA/3NhbA==",
    "{SSHA.HEX}73115dc16a2b33f70540f7c62122225b0acddd3000ff73616c",
    "{SSHA256}FShZRjXPmlvpKJH7HKtn8cfuMUaViAyksJBUSllWy5kA/3NhbA==",
    "{SSHA256.base64}FShZRjXPmlvpKJH7HKtn8cfuMUaViAyksJBUSllWy5kA/3NhbA==",
    "{SSHA512}0xc1SkrpC++Ixh7R4offt0fNwI1HDP6lZY/jZjTS9bq9U2BOukm0Poxl51MlCc6JwwMEHA7trEQ70Tw2O+oROAD/c2Fs",
    NULL,
};

static struct scheme_work work;

static enum scheme_answer check(const char *text, const char *tried, size_t length)
{
    struct scheme_stored stored;
    assert_int_equal(scheme_parse(&stored, text), SCHEME_USABLE);
    return scheme_verify(&work, &stored, tried, length);
}

static void each_scheme_knows_its_secret_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; vectors[i]; i++) {
        if (check(vectors[i], secret, strlen(secret)) != SCHEME_MATCH)
            fail_msg("%s does not match", vectors[i]);
        if (check(vectors[i], "gr\xc3\xbcn tee 7", strlen(secret)) != SCHEME_MISMATCH)
            fail_msg("%s matches another secret", vectors[i]);
        if (check(vectors[i], "", 0) != SCHEME_MISMATCH)
            fail_msg("%s matches nothing", vectors[i]);
    }
}

static void a_secret_with_a_nul_matches_nothing(void **state)
{
    char longer[sizeof(secret) + 4] = {0};
    (void)state;
    memcpy(longer, secret, sizeof(secret));
    longer[sizeof(secret)] = 'x';
    for (size_t i = 0; vectors[i]; i++)
        assert_int_equal(check(vectors[i], longer, strlen(secret) + 2), SCHEME_MISMATCH);
}

static void a_secret_longer_than_crypt_takes_is_wrong_not_an_error(void **state)
{
    char longest[513];
    (void)state;
    memset(longest, 'a', 512);
    longest[512] = '\0';
    for (size_t i = 0; vectors[i]; i++)
        assert_int_equal(check(vectors[i], longest, 512), SCHEME_MISMATCH);
}

static void each_check_is_one_computation(void **state)
{
    (void)state;
    for (size_t i = 0; vectors[i]; i++) {
        uint64_t before = work.computations;
        check(vectors[i], "wrong", 5);
        check(vectors[i], secret, strlen(secret));
        assert_int_equal(work.computations - before, 2);
    }
}

static void states_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum scheme_state expected;
    } cases[] = {
        {"", SCHEME_DISABLED},
        {"*", SCHEME_DISABLED},
        {"!", SCHEME_DISABLED},
        {"!!", SCHEME_DISABLED},
        {"*LK*", SCHEME_DISABLED},
        {"!$1$saltsalt$sfz3PxFAPPUP3vtzJ/6wm1", SCHEME_DISABLED},
        {"{CRYPT}", SCHEME_DISABLED},
        {"{CRYPT}*", SCHEME_DISABLED},
        {"{SSHA}!", SCHEME_DISABLED},
        {"{PLAIN}", SCHEME_DISABLED},
        {"{PLAIN}!", SCHEME_DISABLED},
        {"{PLAIN}!secret", SCHEME_USABLE},
        {"{PBKDF2}$1$abc$1$def", SCHEME_UNSUPPORTED},
        {"{SCRAM-SHA-256}4096,x,y,z", SCHEME_UNSUPPORTED},
        {"{}abc", SCHEME_UNSUPPORTED},
        {"{SSHA.ROT13}abc", SCHEME_UNSUPPORTED},
        {"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaA", SCHEME_UNSUPPORTED},
        {"$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaA", SCHEME_UNSUPPORTED},
        {"x", SCHEME_MALFORMED},
        {"{SHA}DYc1CqZ8H9c6wLpMZzL66NXrrw4", SCHEME_MALFORMED},
        {"{SHA}DYc1CqZ8H9c6wLpMZzL66NXrrw5=", SCHEME_MALFORMED},
        {"{SHA}tljhVLDN4xTUHreWttMmoieRk6JRyiZGwhcT0RE6voY=", SCHEME_MALFORMED},
        {"{SSHA256}c2hvcnQ=", SCHEME_MALFORMED},
        {"{SSHA.HEX}zz", SCHEME_MALFORMED},
        {"{CRYPT.HEX}2431240031", SCHEME_MALFORMED},
    };
    struct scheme_stored stored;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum scheme_state got = scheme_parse(&stored, cases[i].text);
        if (got != cases[i].expected)
            fail_msg("\"%s\" is %d, not %d", cases[i].text, (int)got, (int)cases[i].expected);
    }
}

static void classes_hold_cost_and_no_salt(void **state)
{
    static const char *const cases[][2] = {
        {"$6$saltstring$abc", "CRYPT$6$"},
        {"{SHA512-CRYPT}$6$other$abc", "CRYPT$6$"},
        {"$6$rounds=1000$saltstring$abc", "CRYPT$6$rounds=1000"},
        {"{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuu.4Zz4k5bnFd3Eg.rcu8ZOo53xS.gkXO", "CRYPT$2y$04"},
        {"$y$j75$saltsalt$abc", "CRYPT$y$j75"},
        {"$1$saltsalt$sfz3PxFAPPUP3vtzJ/6wm1", "CRYPT$1$"},
        {"abZ4cV6BnMVFQ", "CRYPT"},
        {"{SSHA}cxFdwWorM/cFQPfGISIiWwrN3TAA/3NhbA==", "SSHA"},
    };
    struct scheme_stored stored;
    char class[SCHEME_CLASS_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(scheme_parse(&stored, cases[i][0]), SCHEME_USABLE);
        scheme_class(class, &stored);
        assert_string_equal(class, cases[i][1]);
    }
}

static void decoding_is_strict(void **state)
{
    static const char *const bad[] = {"A", "AA", "AAA", "A===", "AA=A", "AB==", "AAB=", "A A=", "AAAA\n", "====", NULL};
    uint8_t to[16];
    size_t length;
    (void)state;
    for (size_t i = 0; bad[i]; i++)
        assert_false(decode_base64(to, sizeof(to), &length, bad[i]));
    assert_true(decode_base64(to, sizeof(to), &length, "YQBi/w=="));
    assert_int_equal(length, 4);
    assert_memory_equal(to, "a\0b\xff", 4);
    assert_false(decode_base64(to, 3, &length, "YQBi/w=="));
    assert_true(decode_hex(to, sizeof(to), &length, "00fFa9"));
    assert_memory_equal(to, "\x00\xff\xa9", 3);
    assert_false(decode_hex(to, sizeof(to), &length, "0"));
    assert_false(decode_hex(to, sizeof(to), &length, "0g"));
    assert_false(decode_hex(to, 2, &length, "000000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scheme_knows_its_secret_and_no_other),
        cmocka_unit_test(a_secret_with_a_nul_matches_nothing),
        cmocka_unit_test(a_secret_longer_than_crypt_takes_is_wrong_not_an_error),
        cmocka_unit_test(each_check_is_one_computation),
        cmocka_unit_test(states_are_told_apart),
        cmocka_unit_test(classes_hold_cost_and_no_salt),
        cmocka_unit_test(decoding_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
