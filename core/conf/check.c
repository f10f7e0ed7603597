/*
 * conf/check.c - one value against one rule. In the master for the core's settings, in the rooms for those of modules.
 * Every refusal says what the value is and what it must be.
 */
#include "conf/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"
#include "util/template.h"

struct check_rule check_rule_of_row(const struct settings_row *row)
{
    return (struct check_rule){
        .type = row->type, .min = row->min, .max = row->max, .choices = row->choices[0] ? row->choices : NULL};
}

struct check_rule check_rule_of_setting(const struct restante_setting *setting)
{
    static const enum settings_type types[] = {
        [RESTANTE_SETTING_BOOL] = SETTINGS_BOOL,         [RESTANTE_SETTING_INTEGER] = SETTINGS_INTEGER,
        [RESTANTE_SETTING_DURATION] = SETTINGS_DURATION, [RESTANTE_SETTING_SIZE] = SETTINGS_SIZE,
        [RESTANTE_SETTING_STRING] = SETTINGS_STRING,     [RESTANTE_SETTING_CHOICE] = SETTINGS_CHOICE,
        [RESTANTE_SETTING_PATH] = SETTINGS_PATH,         [RESTANTE_SETTING_STRINGS] = SETTINGS_STRING,
    };
    return (struct check_rule){
        .type = types[setting->type], .min = setting->min, .max = setting->max, .choices = setting->choices};
}

void check_quote(const char *text, size_t length, char *to, size_t capacity)
{
    size_t used = 0;
    to[used++] = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (used + 10 > capacity) { /* an escape, the ellipsis, the quote and the NUL */
            used += (size_t)snprintf(to + used, capacity - used, "…");
            break;
        }
        if (c < ' ' || c == 0x7f)
            used += (size_t)snprintf(to + used, capacity - used, "\\%03u", c);
        else {
            if (c == '"' || c == '\\')
                to[used++] = '\\';
            to[used++] = (char)c;
        }
    }
    to[used++] = '"';
    to[used] = '\0';
}

/* Append to a text of at most `capacity` octets. */
static void check_append(char *to, size_t capacity, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void check_append(char *to, size_t capacity, const char *format, ...)
{
    size_t used = strlen(to);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(to + used, capacity - used, format, arguments);
    va_end(arguments);
}

static void check_write_expected_range(const struct check_rule *rule, char *to, size_t capacity)
{
    char min[CHECK_QUOTED_MAX], max[CHECK_QUOTED_MAX];
    if (rule->min == 0 && rule->max == 0)
        return;
    check_write(rule->type, rule->min, NULL, min, sizeof(min));
    check_write(rule->type, rule->max, NULL, max, sizeof(max));
    check_append(to, capacity, " from %s to %s", min, max);
}

static void check_write_expected_choices(const struct check_rule *rule, const char *first, char *to, size_t capacity)
{
    str_copy(to, capacity, first);
    for (size_t i = 0; rule->choices && rule->choices[i]; i++) {
        const char *between = !to[0] ? "" : rule->choices[i + 1] ? ", " : " or ";
        check_append(to, capacity, "%s\"%s\"", between, rule->choices[i]);
    }
}

void check_write_expected(const struct check_rule *rule, char *to, size_t capacity)
{
    static const char *const texts[] = {
        [SETTINGS_BOOL] = "true or false",
        [SETTINGS_INTEGER] = "a whole number",
        [SETTINGS_DURATION] = "a duration such as \"30s\" or a number of seconds,",
        [SETTINGS_SIZE] = "a size such as \"10M\" or a number of octets,",
        [SETTINGS_STRING] = "a string",
        [SETTINGS_CHOICE] = "",
        [SETTINGS_PATH] = "an absolute path without \"..\"",
        [SETTINGS_TEMPLATE] = "a path as a string",
        [SETTINGS_MODULE_KEYS] = "a setting of the module",
        [SETTINGS_ACCOUNT] = "a name or a number",
    };
    if (rule->choices) {
        check_write_expected_choices(rule, texts[rule->type], to, capacity);
        return;
    }
    str_copy(to, capacity, texts[rule->type]);
    check_write_expected_range(rule, to, capacity);
    size_t length = strlen(to);
    if (length > 0 && to[length - 1] == ',')
        to[length - 1] = '\0';
}

void check_write(enum settings_type type, int64_t integer, const char *text, char *to, size_t capacity)
{
    char number[32];
    switch (type) {
    case SETTINGS_BOOL:
        str_copy(to, capacity, integer ? "true" : "false");
        break;
    case SETTINGS_INTEGER:
        snprintf(to, capacity, "%" PRId64, integer);
        break;
    case SETTINGS_DURATION:
        str_format_duration(number, sizeof(number), integer);
        snprintf(to, capacity, "\"%s\"", number);
        break;
    case SETTINGS_SIZE:
        str_format_size(number, sizeof(number), integer);
        snprintf(to, capacity, "\"%s\"", number);
        break;
    case SETTINGS_STRING:
    case SETTINGS_CHOICE:
    case SETTINGS_PATH:
    case SETTINGS_TEMPLATE:
    case SETTINGS_MODULE_KEYS:
    case SETTINGS_ACCOUNT:
        check_quote(text, strlen(text), to, capacity);
        break;
    }
}

static void check_describe(const struct check_given *given, char *to, size_t capacity)
{
    switch (given->kind) {
    case CHECK_IS_BOOL:
        str_copy(to, capacity, given->integer ? "true" : "false");
        break;
    case CHECK_IS_NUMBER:
        snprintf(to, capacity, "%" PRId64, given->integer);
        break;
    case CHECK_IS_TEXT:
        check_quote(given->text, given->length, to, capacity);
        break;
    case CHECK_IS_OTHER:
        str_copy(to, capacity, given->text);
        break;
    }
}

/* "is X, but must be Y", and the choice that was probably meant. */
static bool check_refuse(const struct check_rule *rule, const struct check_given *given, char *fault)
{
    char is[CHECK_QUOTED_MAX], expected[CHECK_FAULT_MAX / 2];
    check_describe(given, is, sizeof(is));
    check_write_expected(rule, expected, sizeof(expected));
    snprintf(fault, CHECK_FAULT_MAX, "is %s, but must be %s", is, expected);
    if (rule->choices && given->kind == CHECK_IS_TEXT) {
        const char *nearest = str_nearest(given->text, rule->choices);
        if (nearest)
            check_append(fault, CHECK_FAULT_MAX, "; did you mean \"%s\"?", nearest);
    }
    return false;
}

bool check_text(const char *text, size_t length, char fault[CHECK_FAULT_MAX])
{
    char quoted[CHECK_QUOTED_MAX];
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= ' ' && text[i] != 0x7f)
            continue;
        check_quote(text, length, quoted, sizeof(quoted));
        snprintf(fault, CHECK_FAULT_MAX, "is %s, but must not hold control bytes", quoted);
        return false;
    }
    if (length <= CHECK_TEXT_MAX)
        return true;
    snprintf(fault, CHECK_FAULT_MAX, "is %zu octets long, but must not be longer than %d", length, CHECK_TEXT_MAX);
    return false;
}

static bool check_in_range(const struct check_rule *rule, int64_t integer)
{
    return (rule->min == 0 && rule->max == 0) || (integer >= rule->min && integer <= rule->max);
}

/* Numbers: whole ones, seconds and octets, or texts with a unit. */
static bool check_number(const struct check_rule *rule, const struct check_given *given, struct check_value *value)
{
    static const enum conf_type types[] = {
        [SETTINGS_INTEGER] = CONF_INTEGER, [SETTINGS_DURATION] = CONF_DURATION, [SETTINGS_SIZE] = CONF_SIZE};
    int64_t integer = given->integer;
    if (given->kind == CHECK_IS_NUMBER) {
        if (rule->type == SETTINGS_DURATION && __builtin_mul_overflow(integer, 1000, &integer))
            return false;
        if (rule->type != SETTINGS_INTEGER && integer < 0)
            return false;
    } else if (given->kind != CHECK_IS_TEXT || rule->type == SETTINGS_INTEGER) {
        return false;
    } else if (rule->type == SETTINGS_DURATION ? !str_parse_duration_ms(given->text, &integer)
                                               : !str_parse_size(given->text, &integer)) {
        return false;
    }
    *value = (struct check_value){.type = types[rule->type], .integer = integer};
    return check_in_range(rule, integer);
}

static bool check_is_choice(const struct check_rule *rule, const char *text)
{
    for (size_t i = 0; rule->choices && rule->choices[i]; i++) {
        if (strcmp(text, rule->choices[i]) == 0)
            return true;
    }
    return false;
}

/* A user or group: POSIX names, or a number that is an id. */
static bool check_account(const struct check_given *given, char *text, size_t capacity)
{
    if (given->kind == CHECK_IS_NUMBER) {
        snprintf(text, capacity, "%" PRId64, given->integer);
        return given->integer >= 0 && given->integer < UINT32_MAX;
    }
    if (given->kind != CHECK_IS_TEXT || given->length == 0 || given->length > 64)
        return false;
    uint64_t number;
    if (str_parse_u64(given->text, given->length, &number) && number >= UINT32_MAX)
        return false;
    str_copy(text, capacity, given->text);
    return text[0] != '-' && !strpbrk(text, " :/,");
}

/* Texts of all types but plain strings; `text` receives what is kept. */
static bool check_meaning(const struct check_rule *rule, const struct check_given *given, char *text, size_t capacity)
{
    if (rule->type == SETTINGS_ACCOUNT)
        return check_account(given, text, capacity);
    if (given->kind != CHECK_IS_TEXT)
        return false;
    str_copy(text, capacity, given->text);
    if (rule->choices && check_is_choice(rule, given->text))
        return true;
    if (rule->type == SETTINGS_PATH)
        return template_clean(text, capacity, given->text);
    return rule->type != SETTINGS_CHOICE;
}

static bool check_string(const struct check_rule *rule, const struct check_given *given, struct check_value *value,
                         char *fault)
{
    char text[CHECK_TEXT_MAX + 1], quoted[CHECK_QUOTED_MAX];
    const char *why;
    if (given->kind == CHECK_IS_TEXT && !check_text(given->text, given->length, fault))
        return false;
    if (!check_meaning(rule, given, text, sizeof(text)))
        return check_refuse(rule, given, fault);
    if (rule->type == SETTINGS_TEMPLATE && !template_check(text, &why)) {
        check_quote(text, strlen(text), quoted, sizeof(quoted));
        snprintf(fault, CHECK_FAULT_MAX, "is %s, but %s", quoted, why);
        return false;
    }
    *value = (struct check_value){.type = CONF_STRING, .text = alloc_string(text)};
    return true;
}

bool check_scalar(const struct check_rule *rule, const struct check_given *given, struct check_value *value,
                  char fault[CHECK_FAULT_MAX])
{
    switch (rule->type) {
    case SETTINGS_BOOL:
        *value = (struct check_value){.type = CONF_BOOL, .integer = given->integer};
        return given->kind == CHECK_IS_BOOL || check_refuse(rule, given, fault);
    case SETTINGS_INTEGER:
    case SETTINGS_DURATION:
    case SETTINGS_SIZE:
        return check_number(rule, given, value) || check_refuse(rule, given, fault);
    case SETTINGS_STRING:
    case SETTINGS_CHOICE:
    case SETTINGS_PATH:
    case SETTINGS_TEMPLATE:
    case SETTINGS_MODULE_KEYS:
    case SETTINGS_ACCOUNT:
        break;
    }
    return check_string(rule, given, value, fault);
}

bool check_default(const struct check_rule *rule, const char *text, struct check_value *value,
                   char fault[CHECK_FAULT_MAX])
{
    struct check_given given = {.kind = CHECK_IS_TEXT, .text = text, .length = strlen(text)};
    bool is_negative = text[0] == '-';
    uint64_t number;
    if (rule->type == SETTINGS_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        given.kind = CHECK_IS_BOOL;
        given.integer = text[0] == 't';
    } else if ((rule->type == SETTINGS_INTEGER || rule->type == SETTINGS_DURATION) &&
               str_parse_u64(text + is_negative, given.length - is_negative, &number) && number <= INT64_MAX) {
        given.kind = CHECK_IS_NUMBER;
        given.integer = is_negative ? -(int64_t)number : (int64_t)number;
    }
    return check_scalar(rule, &given, value, fault);
}
