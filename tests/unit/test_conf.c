/* The list of settings and the table that it follows. */
#include "unit.h"

#include <stdlib.h>

#include "conf/check.h"
#include "conf/conf.h"
#include "conf/settings.h"

static void values_are_found_sorted_or_not(void **state)
{
    struct conf conf = {0};
    (void)state;
    assert_null(conf_find(&conf, "a"));
    conf_add(&conf, "listen.10.port", CONF_INTEGER, 10, NULL, 4);
    conf_add(&conf, "listen.2.port", CONF_INTEGER, 2, NULL, 0);
    conf_add(&conf, "listening", CONF_STRING, 0, "x", 0);
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(conf_integer(&conf, "listen.%d.port", 10), 10);
        assert_int_equal(conf_find(&conf, "listen.10.port")->line, 4);
        assert_string_equal(conf_string(&conf, "listening"), "x");
        assert_null(conf_string_or_null(&conf, "listen"));
        assert_int_equal(conf_list_count(&conf, "listen"), 10);
        assert_int_equal(conf_list_count(&conf, "liste"), 0);
        conf_sort(&conf);
    }
    conf_add(&conf, "a", CONF_BOOL, 1, NULL, 0);
    assert_true(conf_bool(&conf, "a"));
    conf_free(&conf);
    assert_int_equal(conf.count, 0);
}

static void concrete_paths_lead_to_their_rows(void **state)
{
    (void)state;
    assert_string_equal(settings_find("hostname")->path, "hostname");
    assert_string_equal(settings_find("listen.2.port")->path, "listen[].port");
    assert_string_equal(settings_find("module_path.13")->path, "module_path[]");
    assert_string_equal(settings_find("auth.1.driver")->path, "auth[].driver");
    assert_string_equal(settings_find("auth.1.path")->path, "auth[].*");
    assert_string_equal(settings_find("storage.1.words.2")->path, "storage[].*");
    assert_null(settings_find("listen.0.port"));
    assert_null(settings_find("listen.port"));
    assert_null(settings_find("listen.1"));
    assert_null(settings_find("hostnam"));
    assert_null(settings_find("hostname2"));
    assert_null(settings_find(""));
}

static void every_row_is_sane(void **state)
{
    (void)state;
    for (const struct settings_row *row = settings_table; row->path; row++) {
        struct check_rule rule = check_rule_of_row(row);
        struct check_value value;
        char fault[CHECK_FAULT_MAX];
        assert_true(row->min <= row->max);
        assert_non_null(row->help);
        assert_int_equal(row->type == SETTINGS_CHOICE, row->type == SETTINGS_CHOICE && row->choices[0] != NULL);
        assert_null(row->choices[4]);
        if (row->type == SETTINGS_MODULE_KEYS)
            continue;
        const char *text = row->default_text ? row->default_text : row->example;
        assert_non_null(text);
        assert_false(row->default_text && row->is_required);
        if (!check_default(&rule, text, &value, fault))
            fail_msg("%s: %s", row->path, fault);
        free(value.text);
    }
}

/* A room is told what it needs and no more: secrets and paths stay where they are used. */
static void rooms_are_told_only_their_own(void **state)
{
    (void)state;
    assert_int_equal(settings_find("tls.key")->rooms, SETTINGS_FRONTEND); /* the path, for its sentences */
    assert_int_equal(settings_find("auth.1.path")->rooms, SETTINGS_AUTH_WORKER);
    assert_int_equal(settings_find("auth.1.driver")->rooms, SETTINGS_AUTH | SETTINGS_AUTH_WORKER);
    assert_int_equal(settings_find("storage.1.path")->rooms, SETTINGS_NURSERY);
    assert_int_equal(settings_find("username.lowercase")->rooms, SETTINGS_AUTH | SETTINGS_AUTH_WORKER);
    assert_int_equal(settings_find("module_path.1")->rooms, SETTINGS_AUTH_WORKER | SETTINGS_NURSERY);
    assert_int_equal(settings_find("plaintext_auth")->rooms, SETTINGS_FRONTEND);
    assert_int_equal(settings_find("state")->rooms, SETTINGS_MASTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_sorted_or_not),
        cmocka_unit_test(concrete_paths_lead_to_their_rows),
        cmocka_unit_test(every_row_is_sane),
        cmocka_unit_test(rooms_are_told_only_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
