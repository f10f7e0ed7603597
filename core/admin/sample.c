/*
 * The sample configuration, made from the settings table at build time: every setting with its help, commented out.
 */
#include <stdbool.h>
#include <string.h>

#include "admin/config_print.h"
#include "conf/settings.h"

static bool is_number_or_bool(const struct settings_row *row)
{
    return row->type == SETTINGS_INTEGER || row->type == SETTINGS_BOOL;
}

/* The key below its group: "address" of "listen[].address". */
static const char *row_key(const struct settings_row *row, size_t *group_length)
{
    const char *dot = strrchr(row->path, '.');
    *group_length = dot ? (size_t)(dot - row->path) : 0;
    return dot ? dot + 1 : row->path;
}

static void print_row(FILE *out, const struct settings_row *row, const char *key, const char *indent)
{
    const char *value = row->default_text ? row->default_text : row->example;
    const char *mark = row->default_text ? "" : "   -- an example";
    fprintf(out, "-- %s-- %s\n", indent, row->help);
    if (row->type == SETTINGS_MODULE_KEYS)
        return;
    size_t length = strcspn(key, "[");
    if (key[length])
        fprintf(out, "-- %s%.*s = { \"%s\" }%s%s\n", indent, (int)length, key, value ? value : "", *indent ? "," : "", mark);
    else
        fprintf(out, is_number_or_bool(row) ? "-- %s%s = %s%s%s\n" : "-- %s%s = \"%s\"%s%s\n", indent, key,
                value ? value : "", *indent ? "," : "", mark);
}

void admin_sample_print(FILE *out)
{
    const char *group = "";
    size_t group_length = 0;
    fputs("-- Configuration of Restante: a Lua file that only makes data. restante.conf(5) describes every setting.\n"
          "-- What is commented out is the default, or an example where there is none.\n",
          out);
    for (const struct settings_row *row = settings_table; row->path; row++) {
        size_t length;
        const char *key = row_key(row, &length);
        bool is_same = length == group_length && strncmp(group, row->path, length) == 0;
        if (!is_same && group_length > 0)
            fputs("-- }\n", out);
        if (!is_same || length == 0)
            fputs("\n", out);
        if (!is_same && length > 0)
            fprintf(out, "-- %.*s = {\n", (int)strcspn(row->path, "[."), row->path);
        print_row(out, row, key, length > 0 ? "  " : "");
        group = row->path;
        group_length = length;
    }
    if (group_length > 0)
        fputs("-- }\n", out);
}
