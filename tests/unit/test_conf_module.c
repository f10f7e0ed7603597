/* A module's settings against its own table: values, defaults, and the sentence for each kind of fault. */
#include "unit.h"

#include <stdlib.h>

#include "conf/conf.h"

static const char *const colours[] = {"red", "green", NULL};
static const struct restante_setting table[] = {
    {.name = "flag", .type = RESTANTE_SETTING_BOOL, .default_text = "true", .help = ""},
    {.name = "number", .type = RESTANTE_SETTING_INTEGER, .default_text = "-1", .min = -1, .max = 9, .help = ""},
    {.name = "wait", .type = RESTANTE_SETTING_DURATION, .default_text = "90", .help = ""},
    {.name = "size", .type = RESTANTE_SETTING_SIZE, .default_text = "10M", .help = ""},
    {.name = "text", .type = RESTANTE_SETTING_STRING, .help = ""},
    {.name = "colour", .type = RESTANTE_SETTING_CHOICE, .default_text = "red", .choices = colours, .help = ""},
    {.name = "file", .type = RESTANTE_SETTING_PATH, .is_required = true, .help = ""},
    {.name = "words", .type = RESTANTE_SETTING_STRINGS, .default_text = "a  bc", .help = ""},
};
enum { FLAG, NUMBER, WAIT, SIZE, TEXT, COLOUR, FILE_PATH, WORDS, COUNT };

static void defaults_fill_what_is_not_given(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    char text[256];
    (void)state;
    conf_add(&conf, "storage.1.driver", CONF_STRING, 0, "x", 1);
    conf_add(&conf, "storage.1.path", CONF_STRING, 0, "/m", 1);
    conf_add(&conf, "storage.1.file", CONF_RAW_STRING, 0, "/a//b", 1);
    conf_add(&conf, "storage.10.strange", CONF_RAW_BOOL, 1, NULL, 1);
    struct restante_value *values = conf_module_values(&conf, "storage.1", table, COUNT, false, &faults);
    assert_int_equal(faults.count, 0);
    assert_true(values[FLAG].is_set && values[FLAG].integer == 1);
    assert_int_equal(values[NUMBER].integer, -1);
    assert_int_equal(values[WAIT].integer, 90000);
    assert_int_equal(values[SIZE].integer, 10 << 20);
    assert_false(values[TEXT].is_set);
    assert_string_equal(values[COLOUR].text, "red");
    assert_string_equal(values[FILE_PATH].text, "/a/b");
    assert_string_equal(values[WORDS].list[1], "bc");
    assert_null(values[WORDS].list[2]);
    conf_module_value_text(text, sizeof(text), &table[WORDS], &values[WORDS]);
    assert_string_equal(text, "{ \"a\", \"bc\" }");
    conf_module_value_text(text, sizeof(text), &table[TEXT], &values[TEXT]);
    assert_string_equal(text, "");
    conf_module_value_text(text, sizeof(text), &table[SIZE], &values[SIZE]);
    assert_string_equal(text, "\"10M\"");
    conf_module_values_free(values, table, COUNT);
    conf_free(&conf);
}

static void every_fault_is_reported_at_once(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    conf_add(&conf, "storage.1.flg", CONF_RAW_BOOL, 1, NULL, 2);
    conf_add(&conf, "storage.1.drivr", CONF_RAW_STRING, 0, "x", 3);
    conf_add(&conf, "storage.1.flag", CONF_RAW_STRING, 0, "yes", 4);
    conf_add(&conf, "storage.1.number", CONF_RAW_INTEGER, 10, NULL, 5);
    conf_add(&conf, "storage.1.colour", CONF_RAW_STRING, 0, "gren", 6);
    conf_add(&conf, "storage.1.text.1", CONF_RAW_STRING, 0, "x", 7);
    conf_add(&conf, "storage.1.words.1", CONF_RAW_STRING, 0, "x", 8);
    conf_add(&conf, "storage.1.words.2", CONF_RAW_INTEGER, 5, NULL, 8);
    conf_add(&conf, "storage.1.wait.1.x", CONF_RAW_INTEGER, 5, NULL, 9);
    conf_add(&conf, "storage.1.strange.2.x", CONF_RAW_INTEGER, 5, NULL, 10);
    assert_null(conf_module_values(&conf, "storage.1", table, COUNT, false, &faults));
    static const char *const expected[] = {
        "line 2: storage.1.flg: there is no such setting; did you mean \"flag\"?",
        "line 3: storage.1.drivr: there is no such setting; did you mean \"driver\"?",
        "line 10: storage.1.strange: there is no such setting; the driver's manual lists those it has",
        "line 4: storage.1.flag: is \"yes\", but must be true or false",
        "line 5: storage.1.number: is 10, but must be a whole number from -1 to 9",
        "line 9: storage.1.wait: is a list of tables, but this setting takes none",
        "line 7: storage.1.text: is a list, but must be a string",
        "line 6: storage.1.colour: is \"gren\", but must be \"red\" or \"green\"; did you mean \"green\"?",
        "line 2: storage.1.file: is missing, but the module needs it",
        "line 8: storage.1.words.2: is 5, but must be a string",
    };
    assert_int_equal(faults.count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_string_equal(faults.sentences[i], expected[i]);
    faults_free(&faults);
    conf_free(&conf);
}

static void a_module_may_not_take_our_names(void **state)
{
    static const struct restante_setting bad[] = {
        {.name = "path", .type = RESTANTE_SETTING_STRING, .help = ""},
        {.name = "n", .type = RESTANTE_SETTING_INTEGER, .default_text = "x", .help = ""},
    };
    struct conf conf = {0};
    struct faults faults = {0};
    (void)state;
    assert_null(conf_module_values(&conf, "storage.1", bad, 2, false, &faults));
    assert_int_equal(faults.count, 2);
    assert_string_equal(faults.sentences[0],
                        "storage.1.path: the module declares a setting that is Restante's own");
    assert_string_equal(faults.sentences[1], "storage.1.n: the default in the module's own table is \"x\", but must be "
                                             "a whole number");
    faults_free(&faults);
}

static void keys_of_its_own_are_given_as_written(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    size_t count;
    (void)state;
    conf_add(&conf, "policy.1.driver", CONF_STRING, 0, "x", 1);
    conf_add(&conf, "policy.1.file", CONF_RAW_STRING, 0, "/a", 1);
    conf_add(&conf, "policy.1.keep", CONF_RAW_STRING, 0, "10d", 2);
    conf_add(&conf, "policy.1.strict", CONF_RAW_BOOL, 1, NULL, 3);
    conf_add(&conf, "policy.1.users.1", CONF_RAW_INTEGER, -7, NULL, 4);
    conf_add(&conf, "policy.1.words.1", CONF_RAW_STRING, 0, "w", 4);
    conf_add(&conf, "policy.10.strict", CONF_RAW_BOOL, 1, NULL, 5);
    struct restante_value *values = conf_module_values(&conf, "policy.1", table, COUNT, true, &faults);
    assert_non_null(values);
    struct restante_key *keys = conf_module_keys(&conf, "policy.1", table, COUNT, &count);
    assert_int_equal(count, 3);
    assert_string_equal(keys[0].name, "keep");
    assert_int_equal(keys[0].type, RESTANTE_KEY_STRING);
    assert_string_equal(keys[0].text, "10d");
    assert_int_equal(keys[1].type, RESTANTE_KEY_BOOL);
    assert_int_equal(keys[1].line, 3);
    assert_string_equal(keys[2].name, "users.1");
    assert_int_equal(keys[2].type, RESTANTE_KEY_INTEGER);
    free(keys);
    conf_module_values_free(values, table, COUNT);
    assert_int_equal(conf_module_line(&conf, "policy.1"), 1);
    assert_int_equal(conf_module_line(&conf, "policy.10"), 5);
    assert_int_equal(conf_module_line(&conf, "policy.2"), 0);
    /* What its table has is checked as ever. */
    conf_add(&conf, "policy.1.flag", CONF_RAW_STRING, 0, "yes", 6);
    assert_null(conf_module_values(&conf, "policy.1", table, COUNT, true, &faults));
    assert_int_equal(faults.count, 1);
    faults_free(&faults);
    conf_free(&conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_what_is_not_given),
        cmocka_unit_test(every_fault_is_reported_at_once),
        cmocka_unit_test(a_module_may_not_take_our_names),
        cmocka_unit_test(keys_of_its_own_are_given_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
