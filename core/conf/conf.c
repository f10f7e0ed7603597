/*
 * conf/conf.c - the list of settings in force, in every room. A missing setting that the table gives a default is a
 * bug of ours and aborts; nothing else here fails.
 */
#include "conf/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"

enum { CONF_PATH_MAX = 256 };

void conf_add(struct conf *conf, const char *path, enum conf_type type, int64_t integer, const char *text,
              uint32_t line)
{
    /* Room for a power of two: a list built one by one is not copied each time. */
    if ((conf->count & (conf->count - 1)) == 0)
        conf->values = alloc_resize(conf->values, conf->count ? conf->count * 2 : 1, sizeof(*conf->values));
    conf->values[conf->count++] = (struct conf_value){
        .path = alloc_string(path),
        .type = type,
        .integer = integer,
        .text = text ? alloc_string(text) : NULL,
        .line = line,
    };
    conf->is_sorted = false;
}

static int conf_compare(const void *a, const void *b)
{
    const struct conf_value *left = a, *right = b;
    return strcmp(left->path, right->path);
}

void conf_sort(struct conf *conf)
{
    if (conf->count > 0)
        qsort(conf->values, conf->count, sizeof(*conf->values), conf_compare);
    conf->is_sorted = true;
}

void conf_free(struct conf *conf)
{
    for (size_t i = 0; i < conf->count; i++) {
        free(conf->values[i].path);
        free(conf->values[i].text);
    }
    free(conf->values);
    *conf = (struct conf){0};
}

static const struct conf_value *conf_find_path(const struct conf *conf, const char *path)
{
    struct conf_value key = {.path = (char *)(uintptr_t)path};
    if (conf->count == 0)
        return NULL;
    if (conf->is_sorted)
        return bsearch(&key, conf->values, conf->count, sizeof(*conf->values), conf_compare);
    for (size_t i = 0; i < conf->count; i++) {
        if (strcmp(conf->values[i].path, path) == 0)
            return &conf->values[i];
    }
    return NULL;
}

/* The path that a printf-like format makes, in the caller's array `path`. */
#define CONF_MAKE_PATH(path, format)                                                                                  \
    do {                                                                                                              \
        va_list arguments;                                                                                            \
        va_start(arguments, format);                                                                                  \
        vsnprintf(path, sizeof(path), format, arguments);                                                             \
        va_end(arguments);                                                                                            \
    } while (0)

const struct conf_value *conf_find(const struct conf *conf, const char *path_format, ...)
{
    char path[CONF_PATH_MAX];
    CONF_MAKE_PATH(path, path_format);
    return conf_find_path(conf, path);
}

static const struct conf_value *conf_need(const struct conf *conf, const char *path, bool is_wanted_text)
{
    const struct conf_value *value = conf_find_path(conf, path);
    if (!value || (value->text != NULL) != is_wanted_text) {
        fprintf(stderr, "restante: bug: the setting \"%s\" %s in this room\n", path,
                value ? "is of another type" : "has no value");
        abort();
    }
    return value;
}

bool conf_bool(const struct conf *conf, const char *path_format, ...)
{
    char path[CONF_PATH_MAX];
    CONF_MAKE_PATH(path, path_format);
    return conf_need(conf, path, false)->integer != 0;
}

int64_t conf_integer(const struct conf *conf, const char *path_format, ...)
{
    char path[CONF_PATH_MAX];
    CONF_MAKE_PATH(path, path_format);
    return conf_need(conf, path, false)->integer;
}

const char *conf_string(const struct conf *conf, const char *path_format, ...)
{
    char path[CONF_PATH_MAX];
    CONF_MAKE_PATH(path, path_format);
    return conf_need(conf, path, true)->text;
}

const char *conf_string_or_null(const struct conf *conf, const char *path_format, ...)
{
    char path[CONF_PATH_MAX];
    CONF_MAKE_PATH(path, path_format);
    const struct conf_value *value = conf_find_path(conf, path);
    return value ? value->text : NULL;
}

size_t conf_list_count(const struct conf *conf, const char *path_format, ...)
{
    char path[CONF_PATH_MAX];
    size_t count = 0;
    CONF_MAKE_PATH(path, path_format);
    size_t length = strlen(path);
    for (size_t i = 0; i < conf->count; i++) {
        const char *at = conf->values[i].path;
        uint64_t number;
        if (strncmp(at, path, length) != 0 || at[length] != '.')
            continue;
        at += length + 1;
        if (str_parse_u64(at, strcspn(at, "."), &number) && number > count)
            count = (size_t)number;
    }
    return count;
}
