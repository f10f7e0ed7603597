#include "admin/config_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/settings.h"
#include "util/str.h"

enum { ORIGIN_COLUMN = 56 };

/* "storage.1.path" as one writes it: storage[1].path */
static void path_text(char *to, size_t capacity, const char *path)
{
    size_t used = 0;
    while (*path && used + 4 < capacity) {
        size_t length = strcspn(path, ".");
        bool is_number = length > 0 && strspn(path, "0123456789") >= length;
        int wrote = snprintf(to + used, capacity - used, is_number ? "[%.*s]" : used ? ".%.*s" : "%.*s", (int)length,
                             path);
        used += wrote > 0 ? (size_t)wrote : 0;
        path += length + (path[length] == '.');
    }
}

/* A Lua string literal. */
static void quote(char *to, size_t capacity, const char *text)
{
    size_t used = 0;
    to[used++] = '"';
    for (; *text && used + 6 < capacity; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            to[used++] = '\\';
        if (c < ' ' || c == 0x7f)
            used += (size_t)snprintf(to + used, capacity - used, "\\x%02x", c);
        else
            to[used++] = (char)c;
    }
    to[used++] = '"';
    to[used] = '\0';
}

static void value_text(char *to, size_t capacity, const struct conf_value *value)
{
    char number[32];
    switch (value->type) {
    case CONF_BOOL:
    case CONF_RAW_BOOL:
        str_copy(to, capacity, value->integer ? "true" : "false");
        return;
    case CONF_DURATION:
        str_format_duration(number, sizeof(number), value->integer);
        quote(to, capacity, number);
        return;
    case CONF_SIZE:
        str_format_size(number, sizeof(number), value->integer);
        quote(to, capacity, number);
        return;
    case CONF_INTEGER:
    case CONF_RAW_INTEGER:
        snprintf(to, capacity, "%" PRId64, value->integer);
        return;
    case CONF_STRING:
    case CONF_RAW_STRING:
        break;
    }
    quote(to, capacity, value->text ? value->text : "");
}

static void print_line(FILE *out, const char *path, const char *value, const char *file, uint32_t line)
{
    char name[300];
    path_text(name, sizeof(name), path);
    int width = fprintf(out, "%s = %s", name, value);
    fprintf(out, "%*s", width < ORIGIN_COLUMN ? ORIGIN_COLUMN - width : 1, "");
    if (line > 0)
        fprintf(out, "-- %s:%u\n", file, line);
    else
        fputs("-- default\n", out);
}

/* The modules' own settings below a list item: checked values, which say more than what the file gave. */
static const struct message_module_setting *module_setting(const struct message_module_setting *settings,
                                                           size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].setting_path, path) == 0)
            return &settings[i];
    }
    return NULL;
}

static void print_module_defaults(FILE *out, const struct message_module_setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (settings[i].is_default)
            print_line(out, settings[i].setting_path, settings[i].value, NULL, 0);
    }
}

void admin_config_print(FILE *out, const char *file, const struct conf *conf,
                        const struct message_module_setting *settings, size_t count)
{
    char text[2 * MESSAGE_TEXT_MAX];
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_value *value = &conf->values[i];
        const struct message_module_setting *checked = module_setting(settings, count, value->path);
        value_text(text, sizeof(text), value);
        print_line(out, value->path, checked ? checked->value : text, file, value->line);
    }
    print_module_defaults(out, settings, count);
}
