#include "unit.h"

#include "util/base64.h"
#include "util/str.h"
#include "util/template.h"

static void numbers_are_strict(void **state)
{
    uint64_t value = 7;
    (void)state;
    assert_true(str_parse_u64("18446744073709551615", 20, &value));
    assert_true(value == UINT64_MAX);
    assert_false(str_parse_u64("18446744073709551616", 20, &value));
    assert_false(str_parse_u64("", 0, &value));
    assert_false(str_parse_u64("-1", 2, &value));
    assert_false(str_parse_u64("+1", 2, &value));
    assert_false(str_parse_u64(" 1", 2, &value));
    assert_false(str_parse_u64("1 ", 2, &value));
}

static void durations_and_sizes_round_trip(void **state)
{
    static const char *const durations[] = {"250ms", "30s", "10m", "12h", "3d", "2w", "0s", "90s", NULL};
    static const char *const sizes[] = {"1", "100", "64K", "10M", "2G", "1025", "0", NULL};
    char text[32];
    int64_t value;
    (void)state;
    for (size_t i = 0; durations[i]; i++) {
        assert_true(str_parse_duration_ms(durations[i], &value));
        str_format_duration(text, sizeof(text), value);
        assert_string_equal(text, durations[i]);
    }
    for (size_t i = 0; sizes[i]; i++) {
        assert_true(str_parse_size(sizes[i], &value));
        str_format_size(text, sizeof(text), value);
        assert_string_equal(text, sizes[i]);
    }
    assert_false(str_parse_duration_ms("30", &value));
    assert_false(str_parse_duration_ms("30 s", &value));
    assert_false(str_parse_duration_ms("99999999999999w", &value));
    assert_false(str_parse_size("1T", &value));
}

static void nearest_spelling_is_found(void **state)
{
    static const char *const names[] = {"hostname", "listen", "storage", NULL};
    (void)state;
    assert_string_equal(str_nearest("hostnme", names), "hostname");
    assert_string_equal(str_nearest("lisen", names), "listen");
    assert_null(str_nearest("zzzzzz", names));
}

static void base64_is_strict(void **state)
{
    static const char *const bad[] = {"A", "AA", "AAA", "A===", "AA=A", "AB==", "AAB=", "A A=", "AAAA\n", "====", NULL};
    char text[16], out[16];
    size_t length;
    (void)state;
    base64_encode(text, "a\0b\xff", 4);
    assert_string_equal(text, "YQBi/w==");
    assert_true(base64_decode(out, sizeof(out), &length, "YQBi/w==", 8));
    assert_int_equal(length, 4);
    assert_memory_equal(out, "a\0b\xff", 4);
    assert_true(base64_decode(out, sizeof(out), &length, "", 0));
    assert_int_equal(length, 0);
    for (size_t i = 0; bad[i]; i++)
        assert_false(base64_decode(out, sizeof(out), &length, bad[i], strlen(bad[i])));
    assert_false(base64_decode(out, 3, &length, "YQBi/w==", 8));
}

static void paths_stay_where_they_belong(void **state)
{
    static const char *const bad_users[] = {"..", ".", "", "a/b", "../x", "a\nb", "x@..", "..@x", "x@", "@x", NULL};
    struct template_values values = {.user = "alice@example.org", .home = "/home/alice/"};
    char path[256];
    (void)state;
    assert_int_equal(template_expand(path, sizeof(path), "~/Maildir", &values, NULL), RESTANTE_OK);
    assert_string_equal(path, "/home/alice/Maildir");
    assert_int_equal(template_expand(path, sizeof(path), "/m/%{domain}/%{local}", &values, NULL), RESTANTE_OK);
    assert_string_equal(path, "/m/example.org/alice");
    values.user = "%{home}";
    assert_int_equal(template_expand(path, sizeof(path), "/m/%{user}", &values, NULL), RESTANTE_OK);
    assert_string_equal(path, "/m/%{home}");
    for (size_t i = 0; bad_users[i]; i++) {
        values.user = bad_users[i];
        assert_int_not_equal(template_expand(path, sizeof(path), "/m/%{domain}/%{local}", &values, NULL),
                             RESTANTE_OK);
    }
    values = (struct template_values){.user = "bob", .home = NULL};
    assert_int_not_equal(template_expand(path, sizeof(path), "~/Maildir", &values, NULL), RESTANTE_OK);
    assert_false(template_check("Maildir", NULL));
    assert_false(template_check("/a/../b", NULL));
    assert_false(template_check("/a/%{usr}", NULL));
    assert_true(template_check("~/Maildir", NULL));
    assert_true(template_check("/var/mail/%{user}", NULL));
}

static void a_domain_is_behind_the_last_at(void **state)
{
    size_t length = 0;
    (void)state;
    assert_null(str_domain("alice", &length));
    assert_int_equal(length, 5);
    assert_string_equal(str_domain("a@b@example.org", &length), "example.org");
    assert_int_equal(length, 3);
    assert_string_equal(str_domain("alice@", &length), "");
    assert_int_equal(length, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_behind_the_last_at),
        cmocka_unit_test(numbers_are_strict),        cmocka_unit_test(durations_and_sizes_round_trip),
        cmocka_unit_test(nearest_spelling_is_found), cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(paths_stay_where_they_belong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
