/*
 * conf/module_values.c - a module's own settings, as the configuration gave them, against the module's table. Runs in
 * the room that loaded the module; what is wrong becomes one sentence each and the room does not start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/conf.h"
#include "util/alloc.h"
#include "util/str.h"

/* What is below the prefix in this value's path; NULL: it is elsewhere. */
static const char *values_key(const char *prefix, const struct conf_value *value)
{
    size_t length = strlen(prefix);
    return strncmp(value->path, prefix, length) == 0 && value->path[length] == '.' ? value->path + length + 1 : NULL;
}

uint32_t conf_module_line(const struct conf *conf, const char *prefix)
{
    uint32_t first = 0;
    for (size_t i = 0; i < conf->count; i++) {
        uint32_t line = values_key(prefix, &conf->values[i]) ? conf->values[i].line : 0;
        if (line > 0 && (first == 0 || line < first))
            first = line;
    }
    return first;
}

/* One module's settings being checked. */
struct values_check {
    const struct conf *conf;
    const char *prefix;
    const struct restante_setting *settings;
    size_t count;
    struct faults *faults;
};

static void values_fault(const struct values_check *check, uint32_t line, const char *name, const char *what)
{
    char where[32] = "";
    if (line > 0)
        snprintf(where, sizeof(where), "line %u: ", line);
    faults_add(check->faults, "%s%s.%s: %s", where, check->prefix, name, what);
}

static struct check_given values_given(const struct conf_value *raw)
{
    struct check_given given = {.integer = raw->integer, .text = raw->text};
    given.kind = raw->text                     ? CHECK_IS_TEXT
                 : raw->type == CONF_RAW_BOOL ? CHECK_IS_BOOL
                                              : CHECK_IS_NUMBER;
    given.length = raw->text ? strlen(raw->text) : 0;
    return given;
}

static bool values_is_list(const struct restante_setting *setting)
{
    return setting->type == RESTANTE_SETTING_STRINGS;
}

/* Take over what was checked. */
static void values_keep(struct restante_value *value, const struct check_value *checked)
{
    value->is_set = true;
    value->integer = checked->integer;
    value->text = checked->text;
}

/* A list of strings, which may be written as one string; an entry of `list` for each. */
static void values_check_list(const struct values_check *check, const struct restante_setting *setting,
                              struct restante_value *value)
{
    struct check_rule rule = check_rule_of_setting(setting);
    char fault[CHECK_FAULT_MAX], item[64];
    size_t count = conf_list_count(check->conf, "%s.%s", check->prefix, setting->name);
    const struct conf_value *single = conf_find(check->conf, "%s.%s", check->prefix, setting->name);
    if (count == 0 && !single)
        return;
    char **list = alloc_array(count + 2, sizeof(*list));
    size_t kept = 0;
    for (size_t i = single ? 0 : 1; i <= count; i++) {
        const struct conf_value *raw =
            i == 0 ? single : conf_find(check->conf, "%s.%s.%zu", check->prefix, setting->name, i);
        struct check_value checked;
        if (!raw)
            continue;
        struct check_given given = values_given(raw);
        snprintf(item, sizeof(item), i == 0 ? "%s" : "%s.%zu", setting->name, i);
        if (check_scalar(&rule, &given, &checked, fault))
            list[kept++] = checked.text;
        else
            values_fault(check, raw->line, item, fault);
    }
    value->is_set = true;
    value->list = (const char *const *)list;
}

static void values_default_list(const char *text, struct restante_value *value)
{
    char **list = alloc_array(strlen(text) / 2 + 2, sizeof(*list));
    size_t kept = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        list[kept++] = alloc_string_n(at, length);
        at += length;
    }
    value->is_set = true;
    value->list = (const char *const *)list;
}

static void values_use_default(const struct values_check *check, const struct restante_setting *setting,
                               struct restante_value *value)
{
    struct check_rule rule = check_rule_of_setting(setting);
    char fault[CHECK_FAULT_MAX], what[CHECK_FAULT_MAX + 64];
    struct check_value checked;
    if (setting->is_required) {
        values_fault(check, conf_module_line(check->conf, check->prefix), setting->name, "is missing, but the module needs it");
    } else if (setting->default_text && values_is_list(setting)) {
        values_default_list(setting->default_text, value);
    } else if (setting->default_text) {
        if (check_default(&rule, setting->default_text, &checked, fault)) {
            values_keep(value, &checked);
            return;
        }
        snprintf(what, sizeof(what), "the default in the module's own table %s", fault);
        values_fault(check, 0, setting->name, what);
    }
}

static void values_check_scalar(const struct values_check *check, const struct restante_setting *setting,
                                struct restante_value *value)
{
    struct check_rule rule = check_rule_of_setting(setting);
    const struct conf_value *raw = conf_find(check->conf, "%s.%s", check->prefix, setting->name);
    const struct conf_value *item = conf_find(check->conf, "%s.%s.1", check->prefix, setting->name);
    char fault[CHECK_FAULT_MAX];
    struct check_given given = {.kind = CHECK_IS_OTHER, .text = "a list"};
    struct check_value checked;
    if (!raw && !item)
        return;
    if (raw)
        given = values_given(raw);
    if (check_scalar(&rule, &given, &checked, fault))
        values_keep(value, &checked);
    else
        values_fault(check, raw ? raw->line : item->line, setting->name, fault);
}

/* Lists hold strings; tables in them are for modules that check their keys themselves. */
static bool values_has_tables(const struct values_check *check, const struct restante_setting *setting)
{
    char path[256];
    size_t length = (size_t)snprintf(path, sizeof(path), "%s.%s.", check->prefix, setting->name);
    for (size_t i = 0; i < check->conf->count; i++) {
        const struct conf_value *value = &check->conf->values[i];
        if (strncmp(value->path, path, length) != 0 || !strchr(value->path + length, '.'))
            continue;
        values_fault(check, value->line, setting->name, "is a list of tables, but this setting takes none");
        return true;
    }
    return false;
}

static void values_check_setting(const struct values_check *check, const struct restante_setting *setting,
                                 struct restante_value *value)
{
    char path[256];
    snprintf(path, sizeof(path), "%s.%s", check->prefix, setting->name);
    const struct settings_row *row = settings_find(path);
    size_t before = check->faults->count;
    if (row && row->type != SETTINGS_MODULE_KEYS) {
        values_fault(check, 0, setting->name, "the module declares a setting that is Restante's own");
        return;
    }
    if (values_has_tables(check, setting))
        return;
    if (values_is_list(setting))
        values_check_list(check, setting, value);
    else
        values_check_scalar(check, setting, value);
    if (!value->is_set && check->faults->count == before)
        values_use_default(check, setting, value);
}

/* The names that would have been right: the module's and the core's of the same list. */
static const char *values_nearest(const struct values_check *check, const char *name)
{
    const char **names = alloc_array(check->count + 64, sizeof(*names));
    size_t used = 0, list_length = strcspn(check->prefix, ".");
    for (size_t i = 0; i < check->count; i++)
        names[used++] = check->settings[i].name;
    for (const struct settings_row *row = settings_table; row->path && used < check->count + 63; row++) {
        if (strncmp(row->path, check->prefix, list_length) == 0 && strncmp(row->path + list_length, "[].", 3) == 0)
            names[used++] = row->path + list_length + 3;
    }
    const char *nearest = str_nearest(name, names);
    free(names);
    return nearest && strcmp(nearest, "*") != 0 ? nearest : NULL;
}

/* Does one of the tables know the key? */
static bool values_is_known(const struct restante_setting *settings, size_t count, const char *path, const char *key)
{
    const struct settings_row *row = settings_find(path);
    size_t length = strcspn(key, ".");
    /* "driver" has led to this module, whatever list it is in. */
    if ((row && row->type != SETTINGS_MODULE_KEYS) || strcmp(key, "driver") == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (strlen(settings[i].name) == length && strncmp(settings[i].name, key, length) == 0)
            return true;
    }
    return false;
}

static void values_refuse_key(const struct values_check *check, const struct conf_value *value, const char *key)
{
    char name[256], what[512];
    str_copy_n(name, sizeof(name), key, strcspn(key, "."));
    const char *nearest = values_nearest(check, name);
    if (nearest)
        snprintf(what, sizeof(what), "there is no such setting; did you mean \"%s\"?", nearest);
    else
        snprintf(what, sizeof(what), "there is no such setting; the driver's manual lists those it has");
    values_fault(check, value->line, name, what);
}

struct restante_value *conf_module_values(const struct conf *conf, const char *prefix,
                                          const struct restante_setting *settings, size_t count, bool takes_keys,
                                          struct faults *faults)
{
    struct values_check check = {.conf = conf, .prefix = prefix, .settings = settings, .count = count,
                                 .faults = faults};
    struct restante_value *values = alloc_array(count, sizeof(*values));
    size_t before = faults->count;
    for (size_t i = 0; i < conf->count && !takes_keys; i++) {
        const char *key = values_key(prefix, &conf->values[i]);
        if (key && !values_is_known(settings, count, conf->values[i].path, key))
            values_refuse_key(&check, &conf->values[i], key);
    }
    for (size_t i = 0; i < count; i++)
        values_check_setting(&check, &settings[i], &values[i]);
    if (faults->count > before)
        conf_module_values_free(values, settings, count);
    return faults->count > before ? NULL : values;
}

struct restante_key *conf_module_keys(const struct conf *conf, const char *prefix,
                                      const struct restante_setting *settings, size_t count, size_t *keys_count)
{
    struct restante_key *keys = alloc_array(conf->count, sizeof(*keys));
    *keys_count = 0;
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_value *value = &conf->values[i];
        const char *name = values_key(prefix, value);
        if (!name || values_is_known(settings, count, value->path, name))
            continue;
        keys[(*keys_count)++] = (struct restante_key){
            .name = name,
            .line = value->line,
            .type = value->text                     ? RESTANTE_KEY_STRING
                    : value->type == CONF_RAW_BOOL ? RESTANTE_KEY_BOOL
                                                    : RESTANTE_KEY_INTEGER,
            .integer = value->integer,
            .text = value->text,
        };
    }
    return keys;
}

void conf_module_values_free(struct restante_value *values, const struct restante_setting *settings, size_t count)
{
    (void)settings;
    for (size_t i = 0; values && i < count; i++) {
        for (size_t item = 0; values[i].list && values[i].list[item]; item++)
            free((void *)(uintptr_t)values[i].list[item]);
        free((void *)(uintptr_t)values[i].list);
        free((void *)(uintptr_t)values[i].text);
    }
    free(values);
}

static void values_write_list(char *to, size_t capacity, const char *const *list)
{
    char text[CHECK_TEXT_MAX + 3];
    size_t used = (size_t)snprintf(to, capacity, "{");
    for (size_t i = 0; list[i] && used < capacity; i++) {
        check_quote(list[i], strlen(list[i]), text, sizeof(text));
        used += (size_t)snprintf(to + used, capacity - used, "%s%s", i ? ", " : " ", text);
    }
    if (used < capacity)
        snprintf(to + used, capacity - used, " }");
}

void conf_module_value_text(char *to, size_t capacity, const struct restante_setting *setting,
                            const struct restante_value *value)
{
    if (!value->is_set)
        str_copy(to, capacity, "");
    else if (values_is_list(setting))
        values_write_list(to, capacity, value->list);
    else
        check_write(check_rule_of_setting(setting).type, value->integer, value->text, to, capacity);
}
