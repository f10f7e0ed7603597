/*
 * admin/config_print.c - `restante config`. In the master's program, after evaluation; cannot fail.
 */
#include "admin/config_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "util/str.h"

enum { CONFIG_ORIGIN_COLUMN = 56, CONFIG_NAME_MAX = 64 };

struct config_print {
    FILE *out;
    const char *file;
    const struct conf *conf;
    const struct message_module_setting *settings;
    size_t count;
};

/* One line: what is set, and after it where that comes from. */
static void config_line(const struct config_print *print, int indent, const char *name, const char *value,
                        uint32_t line, const char *note)
{
    int width = fprintf(print->out, "%*s%s%s%s%s", indent, "", name, *name ? " = " : "", value, indent ? "," : "");
    fprintf(print->out, "%*s  -- ", width < CONFIG_ORIGIN_COLUMN ? CONFIG_ORIGIN_COLUMN - width : 0, "");
    if (line > 0)
        fprintf(print->out, "%s:%" PRIu32, print->file, line);
    else
        fputs("default", print->out);
    fprintf(print->out, "%s%s\n", *note ? "; " : "", note);
}

static void config_row(const struct config_print *print, int indent, const char *name, const char *path,
                       enum settings_type type)
{
    char text[4 * CHECK_TEXT_MAX];
    const struct conf_value *value = conf_find(print->conf, "%s", path);
    if (!value) {
        fprintf(print->out, "%*s-- %s is not set\n", indent, "", name);
        return;
    }
    check_write(type, value->integer, value->text, text, sizeof(text));
    config_line(print, indent, name, text, value->line, "");
}

/* The line of a module's setting: of its value, or of the first item of its list. */
static uint32_t config_module_line(const struct config_print *print, const char *path)
{
    const struct conf_value *value = conf_find(print->conf, "%s", path);
    if (!value)
        value = conf_find(print->conf, "%s.1", path);
    return value ? value->line : 0;
}

/* What the module of one list item has reported. */
static void config_reported(const struct config_print *print, const char *item)
{
    size_t length = strlen(item);
    for (size_t i = 0; i < print->count; i++) {
        const struct message_module_setting *setting = &print->settings[i];
        if (strncmp(setting->setting_path, item, length) != 0 || setting->setting_path[length] != '.')
            continue;
        const char *name = setting->setting_path + length + 1;
        if (setting->value[0])
            config_line(print, 4, name, setting->value,
                        setting->is_default ? 0 : config_module_line(print, setting->setting_path), setting->help);
        else
            fprintf(print->out, "    -- %s is not set; %s\n", name, setting->help);
    }
}

/* Has a module reported this setting, or the list that it is an item of? */
static bool config_is_reported(const struct config_print *print, const char *path)
{
    for (size_t i = 0; i < print->count; i++) {
        size_t length = strlen(print->settings[i].setting_path);
        if (strncmp(print->settings[i].setting_path, path, length) == 0 && (!path[length] || path[length] == '.'))
            return true;
    }
    return false;
}

static void config_raw(const struct config_print *print, const char *table, int indent);

/* A key as the file gives it, or the list or table that it is; an item of a list has no name. */
static void config_raw_key(const struct config_print *print, const char *path, const char *name, int indent)
{
    char text[4 * CHECK_TEXT_MAX];
    const struct conf_value *value = conf_find(print->conf, "%s", path);
    if (value) {
        enum settings_type type = value->type == CONF_RAW_BOOL      ? SETTINGS_BOOL
                                  : value->type == CONF_RAW_INTEGER ? SETTINGS_INTEGER
                                                                    : SETTINGS_STRING;
        check_write(type, value->integer, value->text, text, sizeof(text));
        config_line(print, indent, name, text, value->line, "");
    } else {
        fprintf(print->out, "%*s%s%s{\n", indent, "", name, *name ? " = " : "");
        config_raw(print, path, indent + 2);
        fprintf(print->out, "%*s},\n", indent, "");
    }
}

/* What is below `table`: keys of a module that was not asked, and those of a script. */
static void config_raw(const struct config_print *print, const char *table, int indent)
{
    char name[CONFIG_NAME_MAX] = "", last[CONFIG_NAME_MAX] = "", path[512];
    size_t length = strlen(table), items = conf_list_count(print->conf, "%s", table);
    for (size_t i = 1; i <= items; i++) {
        snprintf(path, sizeof(path), "%s.%zu", table, i);
        config_raw_key(print, path, "", indent);
    }
    for (size_t i = 0; i < print->conf->count && items == 0; i++) {
        const struct conf_value *value = &print->conf->values[i];
        if (value->type < CONF_RAW_BOOL || strncmp(value->path, table, length) != 0 || value->path[length] != '.' ||
            config_is_reported(print, value->path))
            continue;
        const char *key = value->path + length + 1;
        str_copy_n(name, sizeof(name), key, strcspn(key, "."));
        if (strcmp(name, last) != 0) {
            snprintf(path, sizeof(path), "%s.%s", table, name);
            config_raw_key(print, path, name, indent);
        }
        str_copy(last, sizeof(last), name);
    }
}

/* A list of tables: the rows from `first` on that begin with its name. */
static void config_list(const struct config_print *print, const struct settings_row *first, const char *name)
{
    size_t length = strcspn(first->path, "["), count = conf_list_count(print->conf, "%s", name);
    if (count == 0) {
        fprintf(print->out, "-- %s is not set\n", name); /* an empty list would be a fault */
        return;
    }
    fprintf(print->out, "%s = {\n", name);
    for (size_t i = 1; i <= count; i++) {
        char item[CONFIG_NAME_MAX + 24], path[256];
        snprintf(item, sizeof(item), "%s.%zu", name, i);
        fputs("  {\n", print->out);
        for (const struct settings_row *row = first; row->path && strncmp(row->path, first->path, length + 2) == 0;
             row++) {
            snprintf(path, sizeof(path), "%s%s", item, row->path + length + 2);
            if (row->type != SETTINGS_MODULE_KEYS) {
                config_row(print, 4, row->path + length + 3, path, row->type);
                continue;
            }
            config_reported(print, item);
            config_raw(print, item, 4);
        }
        fputs("  },\n", print->out);
    }
    fputs("}\n", print->out);
}

static void config_words(const struct config_print *print, const struct settings_row *row, const char *name)
{
    char path[CONFIG_NAME_MAX + 24];
    size_t count = conf_list_count(print->conf, "%s", name);
    if (count == 0) {
        fprintf(print->out, "-- %s is not set\n", name); /* an empty list would be a fault */
        return;
    }
    fprintf(print->out, "%s = {\n", name);
    for (size_t i = 1; i <= count; i++) {
        snprintf(path, sizeof(path), "%s.%zu", name, i);
        config_row(print, 2, "", path, row->type);
    }
    fputs("}\n", print->out);
}

/* A list of tables within a group ("tls.sni[].key"): the rows from `first` on that begin with its name. */
static void config_nested_list(const struct config_print *print, const struct settings_row *first, const char *name)
{
    size_t length = strcspn(first->path, "[");
    char list[CONFIG_NAME_MAX], path[256];
    str_copy_n(list, sizeof(list), first->path, length);
    size_t count = conf_list_count(print->conf, "%s", list);
    if (count == 0) {
        fprintf(print->out, "  -- %s is not set\n", name);
        return;
    }
    fprintf(print->out, "  %s = {\n", name);
    for (size_t i = 1; i <= count; i++) {
        fputs("    {\n", print->out);
        for (const struct settings_row *row = first; row->path && strncmp(row->path, first->path, length + 2) == 0;
             row++) {
            snprintf(path, sizeof(path), "%s.%zu%s", list, i, row->path + length + 2);
            config_row(print, 6, row->path + length + 3, path, row->type);
        }
        fputs("    },\n", print->out);
    }
    fputs("  },\n", print->out);
}

static void config_group(const struct config_print *print, const struct settings_row *first, const char *name)
{
    size_t length = strlen(name) + 1;
    char nested[CONFIG_NAME_MAX], last[CONFIG_NAME_MAX] = "";
    fprintf(print->out, "%s = {\n", name);
    for (const struct settings_row *row = first; row->path && strncmp(row->path, first->path, length) == 0; row++) {
        const char *key = row->path + length;
        str_copy_n(nested, sizeof(nested), key, strcspn(key, "["));
        if (strcmp(nested, key) == 0)
            config_row(print, 2, key, row->path, row->type);
        else if (strcmp(nested, last) != 0)
            config_nested_list(print, row, nested);
        str_copy(last, sizeof(last), nested);
    }
    fputs("}\n", print->out);
}

void admin_config_print(FILE *out, const char *file, const struct conf *conf,
                        const struct message_module_setting *module_settings, size_t count)
{
    struct config_print print = {
        .out = out, .file = file, .conf = conf, .settings = module_settings, .count = count};
    char last[CONFIG_NAME_MAX] = "";
    for (const struct settings_row *row = settings_table; row->path; row++) {
        char name[CONFIG_NAME_MAX];
        size_t length = strcspn(row->path, ".[");
        str_copy_n(name, sizeof(name), row->path, length);
        if (strcmp(name, last) == 0)
            continue;
        str_copy(last, sizeof(last), name);
        if (!row->path[length])
            config_row(&print, 0, name, row->path, row->type);
        else if (strcmp(row->path + length, "[]") == 0)
            config_words(&print, row, name);
        else if (row->path[length] == '[')
            config_list(&print, row, name);
        else
            config_group(&print, row, name);
    }
}
