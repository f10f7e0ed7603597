/*
 * admin/sample_print.c - restante.conf.sample, from the settings table. Runs while Restante is built; cannot fail.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/config_print.h"
#include "conf/check.h"
#include "util/str.h"

enum { SAMPLE_WIDTH = 100, SAMPLE_TEXT_MAX = 4 * CHECK_TEXT_MAX };

/* What cannot be left out, so that the sample works as it stands. */
static bool sample_is_needed(const char *name)
{
    return strcmp(name, "tls") == 0 || strcmp(name, "auth") == 0 || strcmp(name, "storage") == 0;
}

/* Prose, wrapped, after "-- ". */
static void sample_prose(FILE *out, const char *indent, const char *text)
{
    size_t left = SAMPLE_WIDTH - strlen(indent) - 3;
    while (*text) {
        size_t length = strlen(text);
        if (length > left) {
            for (length = left; length > 0 && text[length] != ' ';)
                length--;
            if (length == 0)
                length = left;
        }
        fprintf(out, "%s-- %.*s\n", indent, (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

/* A row's value as the sample shows it: its default, or its example. */
static void sample_value(const struct settings_row *row, char *to, size_t capacity)
{
    struct check_rule rule = check_rule_of_row(row);
    struct check_value value;
    const char *text = row->default_text ? row->default_text : row->example;
    char fault[CHECK_FAULT_MAX];
    if (!check_default(&rule, text, &value, fault))
        abort();
    check_write(row->type, value.integer, value.text, to, capacity);
    free(value.text);
}

static void sample_help(FILE *out, const char *indent, const struct settings_row *row)
{
    struct check_rule rule = check_rule_of_row(row);
    char text[CHECK_FAULT_MAX + 512], expected[CHECK_FAULT_MAX / 2];
    str_copy(text, sizeof(text), row->help);
    if (row->type == SETTINGS_CHOICE || row->min != 0 || row->max != 0) {
        size_t used = strlen(text);
        check_write_expected(&rule, expected, sizeof(expected));
        snprintf(text + used, sizeof(text) - used, " (%s)", expected);
    }
    sample_prose(out, indent, text);
}

/* One setting; `is_off` puts it behind "--". */
static void sample_setting(FILE *out, const struct settings_row *row, const char *name, const char *indent, bool is_off)
{
    char value[SAMPLE_TEXT_MAX];
    sample_help(out, indent, row);
    if (row->type == SETTINGS_MODULE_KEYS) {
        if (row->example)
            fprintf(out, "%s%s,\n", indent, row->example);
        return;
    }
    sample_value(row, value, sizeof(value));
    fprintf(out, "%s%s%s = %s%s\n", indent, is_off ? "--" : "", name, value, *indent ? "," : "");
}

/* A list of tables within a table, on one line; the row after its last. */
static const struct settings_row *sample_nested(FILE *out, const struct settings_row *first, const char *key)
{
    size_t length = (size_t)(strchr(first->path, ']') - first->path) + 2;
    const struct settings_row *row;
    for (row = first; row->path && strncmp(row->path, first->path, length) == 0; row++)
        sample_help(out, "  ", row);
    fprintf(out, "  --%.*s = { {", (int)strcspn(key, "["), key);
    for (row = first; row->path && strncmp(row->path, first->path, length) == 0; row++) {
        char value[SAMPLE_TEXT_MAX];
        sample_value(row, value, sizeof(value));
        fprintf(out, " %s = %s,", row->path + length, value);
    }
    fputs(" } },\n", out);
    return row;
}

/* A table; in a needed one only what has no default stands by itself. */
static void sample_table(FILE *out, const struct settings_row *first, const char *name)
{
    bool is_needed = sample_is_needed(name);
    size_t length = strcspn(first->path, ".") + 1;
    const char *off = is_needed ? "" : "--";
    const char *open = strstr(first->path, "[]") && !is_needed ? "{ {" : "{";
    fprintf(out, "%s%s = %s\n", off, name, open);
    for (const struct settings_row *row = first; row->path && strncmp(row->path, first->path, length) == 0;) {
        if (is_needed && strchr(row->path + length, '[')) {
            row = sample_nested(out, row, row->path + length);
            continue;
        }
        bool is_plain = row->is_required || (strcmp(name, "tls") == 0 && !row->default_text);
        if (is_needed) {
            sample_setting(out, row, row->path + length, "  ", !is_plain);
        } else {
            char value[SAMPLE_TEXT_MAX];
            sample_help(out, "", row);
            if (row->type == SETTINGS_MODULE_KEYS) {
                fprintf(out, "--  %s,\n", row->example);
            } else {
                sample_value(row, value, sizeof(value));
                fprintf(out, "--  %s = %s,\n", row->path + length, value);
            }
        }
        row++;
    }
    fprintf(out, "%s%s\n", off, *open && open[1] ? "} }" : "}");
}

void admin_sample_print(FILE *out)
{
    char last[64] = "";
    fputs("-- restante.conf: a sample. Prose follows \"-- \"; settings that may be left out follow \"--\" and show\n"
          "-- their default, or an example where there is none. See restante.conf(5), and try \"restante check\".\n",
          out);
    for (const struct settings_row *row = settings_table; row->path; row++) {
        char name[64], value[SAMPLE_TEXT_MAX];
        size_t length = strcspn(row->path, ".[");
        str_copy_n(name, sizeof(name), row->path, length);
        if (strcmp(name, last) == 0)
            continue;
        str_copy(last, sizeof(last), name);
        fputc('\n', out);
        if (!row->path[length]) {
            sample_setting(out, row, name, "", true);
        } else if (strcmp(row->path + length, "[]") == 0) {
            sample_help(out, "", row);
            sample_value(row, value, sizeof(value));
            fprintf(out, "--%s = { %s }\n", name, value);
        } else {
            sample_table(out, row, name);
        }
    }
}
