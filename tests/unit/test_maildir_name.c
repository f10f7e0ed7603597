#include "unit.h"

#include <stdio.h>

#include "kit_host.h"
#include "maildir/maildir.h"

static void the_base_name_ends_at_the_colon(void **state)
{
    (void)state;
    assert_int_equal(maildir_name_base_length("1.a:2,S"), 3);
    assert_int_equal(maildir_name_base_length("1.a"), 3);
    assert_int_equal(maildir_name_base_length(":2,S"), 0);
    assert_int_equal(maildir_name_base_length("a:b:c"), 1);
}

static void the_leading_number_is_the_time(void **state)
{
    (void)state;
    assert_true(maildir_name_number("1700000000.M1P2.host") == 1700000000);
    assert_true(maildir_name_number("msg1") == 0);
    assert_true(maildir_name_number("-5") == 0);
    assert_true(maildir_name_number("18446744073709551615") == UINT64_MAX);
    assert_true(maildir_name_number("99999999999999999999999.x") == UINT64_MAX);
}

static bool field(const char *base, char key, uint64_t *value)
{
    return maildir_name_field(base, strlen(base), key, value);
}

static void sizes_in_names_are_strict(void **state)
{
    uint64_t value;
    (void)state;
    assert_true(field("1.a,S=100,W=104", 'S', &value) && value == 100);
    assert_true(field("1.a,S=100,W=104", 'W', &value) && value == 104);
    assert_true(field("1.a,W=1", 'W', &value) && value == 1);
    assert_false(field("1.a,S=", 'S', &value));
    assert_false(field("1.a,S=12x", 'S', &value));
    assert_false(field("1.a,S=-1", 'S', &value));
    assert_false(field("1.aS=5", 'S', &value));
    assert_false(field("1.a,S=99999999999999999999", 'S', &value));
    assert_false(field("1.a,", 'S', &value));
    assert_false(field("1.a,S", 'S', &value));
    assert_false(maildir_name_field("1.a,S=55", 6, 'S', &value)); /* ends before the number */
}

static void odd_names_have_a_fault(void **state)
{
    (void)state;
    assert_null(maildir_name_fault("1.a:2,S"));
    assert_null(maildir_name_fault("caf\xc3\xa9"));
    assert_non_null(maildir_name_fault(".hidden"));
    assert_non_null(maildir_name_fault("a\nb"));
    assert_non_null(maildir_name_fault("a\x1b[31m"));
    assert_non_null(maildir_name_fault("a\x7f"));
}

static void only_legal_names_are_uidls(void **state)
{
    char name[128], uidl[RESTANTE_UIDL_MAX + 1], other[RESTANTE_UIDL_MAX + 1];
    (void)state;
    memset(name, 'a', sizeof(name));
    assert_true(maildir_name_is_legal_uidl(name, 70));
    assert_false(maildir_name_is_legal_uidl(name, 71));
    assert_false(maildir_name_is_legal_uidl(name, 0));
    assert_false(maildir_name_is_legal_uidl("a b", 3));
    assert_false(maildir_name_is_legal_uidl("a\x80", 2));
    assert_true(maildir_name_is_legal_uidl("!~", 2));
    maildir_name_format_digest(&kit_host, "a b", 3, uidl);
    maildir_name_format_digest(&kit_host, "a c", 3, other);
    assert_string_not_equal(uidl, other);
    assert_true(strlen(uidl) <= RESTANTE_UIDL_MAX);
    /* SHA-256 of "a b", computed elsewhere: UIDLs must never change between versions */
    assert_string_equal(uidl, "h.c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65");
    /* A file cannot take the UIDL of another one's digest. */
    assert_false(maildir_name_is_legal_uidl(uidl, strlen(uidl)));
}

static void a_twin_has_a_legal_name_in_the_same_second(void **state)
{
    struct maildir_message message = {.number = 17, .base_length = 4, .size = 9, .mtime_s = 5};
    char first[RESTANTE_UIDL_MAX + 1], second[RESTANTE_UIDL_MAX + 1];
    (void)state;
    maildir_name_format_twin(&kit_host, "17.a:2,S", &message, 0, first);
    maildir_name_format_twin(&kit_host, "17.a", &message, 0, second);
    assert_string_equal(first, second); /* flags do not matter */
    maildir_name_format_twin(&kit_host, "17.a", &message, 1, second);
    assert_string_not_equal(first, second);
    assert_true(maildir_name_number(first) == 17);
    message.number = UINT64_MAX;
    maildir_name_format_twin(&kit_host, "17.a", &message, 1, second);
    assert_true(maildir_name_is_legal_uidl(second, strlen(second)));
    assert_true(maildir_name_number(second) == UINT64_MAX);
}

static void seen_is_added_in_its_place(void **state)
{
    static const char *const pairs[][2] = {
        {"1.a", "1.a:2,S"},        {"1.a:2,", "1.a:2,S"},    {"1.a:2,F", "1.a:2,FS"},
        {"1.a:2,T", "1.a:2,ST"},   {"1.a:2,FRT", "1.a:2,FRST"}, {"1.a:2,Fab", "1.a:2,FSab"},
        {"1.a:2,S", NULL},         {"1.a:2,FSa", NULL},      {"1.a:1,x", NULL},
        {"1.a:", NULL},            {"1.a:2", NULL},          {"1.a:2,F,x", NULL},
    };
    char seen[MAILDIR_NAME_MAX + 1], name[MAILDIR_NAME_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(maildir_name_format_seen(pairs[i][0], seen), pairs[i][1] != NULL);
        if (pairs[i][1])
            assert_string_equal(seen, pairs[i][1]);
    }
    memset(name, 'x', sizeof(name));
    name[251] = '\0';
    assert_true(maildir_name_format_seen(name, seen)); /* 251 and ":2,S" are 255 */
    name[251] = 'x';
    name[252] = '\0';
    assert_false(maildir_name_format_seen(name, seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_base_name_ends_at_the_colon),
        cmocka_unit_test(the_leading_number_is_the_time),
        cmocka_unit_test(sizes_in_names_are_strict),
        cmocka_unit_test(odd_names_have_a_fault),
        cmocka_unit_test(only_legal_names_are_uidls),
        cmocka_unit_test(a_twin_has_a_legal_name_in_the_same_second),
        cmocka_unit_test(seen_is_added_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
