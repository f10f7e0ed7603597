/*
 * Fuzz target "module_values": settings as a room receives them, against a module's table. Input: for each setting a
 * type, a path and a text, each ended by a NUL.
 *
 * Promises: values for every row or a sentence for each fault; values keep to their table; a value written out and
 * read again is the same; looking up any path crashes nothing.
 */
#include "conf/check.h"
#include "conf/conf.h"
#include "conf/settings.h"
#include "fuzz.h"
#include "util/str.h"

const char fuzz_name[] = "module_values";

static const char *const colours[] = {"red", "green", NULL};
static const struct restante_setting table[] = {
    {.name = "flag", .type = RESTANTE_SETTING_BOOL, .default_text = "true", .help = ""},
    {.name = "number", .type = RESTANTE_SETTING_INTEGER, .default_text = "-1", .min = -1, .max = 9, .help = ""},
    {.name = "any", .type = RESTANTE_SETTING_INTEGER, .help = ""},
    {.name = "wait", .type = RESTANTE_SETTING_DURATION, .default_text = "90", .help = ""},
    {.name = "size", .type = RESTANTE_SETTING_SIZE, .default_text = "10M", .help = ""},
    {.name = "text", .type = RESTANTE_SETTING_STRING, .help = ""},
    {.name = "colour", .type = RESTANTE_SETTING_CHOICE, .default_text = "red", .choices = colours, .help = ""},
    {.name = "file", .type = RESTANTE_SETTING_PATH, .help = ""},
    {.name = "words", .type = RESTANTE_SETTING_STRINGS, .default_text = "a  bc", .help = ""},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static void check_scalar_again(const struct restante_setting *setting, const struct restante_value *value)
{
    struct check_rule rule = check_rule_of_setting(setting);
    struct check_value again;
    char text[64], fault[CHECK_FAULT_MAX];
    if (setting->type == RESTANTE_SETTING_DURATION)
        str_format_duration(text, sizeof(text), value->integer);
    else if (setting->type == RESTANTE_SETTING_SIZE)
        str_format_size(text, sizeof(text), value->integer);
    else
        return;
    FUZZ_REQUIRE(check_default(&rule, text, &again, fault) && again.integer == value->integer);
}

static void check_values(const struct restante_value *values)
{
    char text[512];
    for (size_t i = 0; i < COUNT; i++) {
        FUZZ_REQUIRE(values[i].is_set || !table[i].default_text);
        conf_module_value_text(text, sizeof(text), &table[i], &values[i]);
        FUZZ_REQUIRE(memchr(text, '\0', sizeof(text)));
        FUZZ_REQUIRE((text[0] != '\0') == values[i].is_set);
        if (values[i].is_set)
            check_scalar_again(&table[i], &values[i]);
    }
    FUZZ_REQUIRE(values[0].integer == 0 || values[0].integer == 1);
    FUZZ_REQUIRE(values[1].integer >= -1 && values[1].integer <= 9);
    FUZZ_REQUIRE(strcmp(values[6].text, "red") == 0 || strcmp(values[6].text, "green") == 0);
    FUZZ_REQUIRE(!values[7].is_set || values[7].text[0] == '/');
    FUZZ_REQUIRE(values[8].list);
}

/* The master refuses lists with holes (conf/walk.c), so that numbers stay as small as the file. */
static bool has_large_number(const char *key)
{
    for (size_t digits = 0; *key; key++) {
        digits = *key >= '0' && *key <= '9' ? digits + 1 : 0;
        if (digits > 3)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct conf conf = {0};
    struct faults faults = {0};
    for (size_t i = 0; i < 24 && fuzz_left(&input) > 0; i++) {
        enum conf_type type = (enum conf_type)(CONF_RAW_BOOL + fuzz_number(&input, 2));
        char *key = fuzz_string(&input, 200), *text = fuzz_string(&input, 2047), path[256];
        int64_t number = type == CONF_RAW_BOOL ? text[0] & 1 : strtoll(text, NULL, 10);
        (void)settings_find(key);
        snprintf(path, sizeof(path), i % 5 == 4 ? "%s" : "storage.1.%s", key);
        if (!has_large_number(key) && !conf_find(&conf, "%s", path))
            conf_add(&conf, path, type, number, type == CONF_RAW_STRING ? text : NULL, (uint32_t)i);
        (void)conf_list_count(&conf, "%s", key);
        free(key);
        free(text);
    }
    conf_sort(&conf);
    struct restante_value *values = conf_module_values(&conf, "storage.1", table, COUNT, false, &faults);
    FUZZ_REQUIRE((values == NULL) == (faults.count > 0));
    if (values) {
        check_values(values);
        size_t keys_count;
        struct restante_key *keys = conf_module_keys(&conf, "storage.1", table, COUNT, &keys_count);
        FUZZ_REQUIRE(keys_count == 0);
        free(keys);
        conf_module_values_free(values, table, COUNT);
    }
    faults_free(&faults);
    conf_free(&conf);
    return 0;
}
