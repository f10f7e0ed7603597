/*
 * conf/conf.h - checked settings: a flat list of path, value and origin, and typed access to it.
 *
 * The master fills it from restante.conf (conf/evaluate.h) and sends each room its own part; a room fills it from
 * those frames. Lists are numbered from 1: "listen.2.port". Everything the settings table (conf/settings.h) names has
 * a value here unless it has no default and was not given.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

#include "util/faults.h"

/* What a value is once checked. Durations are milliseconds, sizes octets. */
enum conf_type {
    CONF_BOOL = 1,
    CONF_INTEGER,
    CONF_DURATION,
    CONF_SIZE,
    CONF_STRING, /* also choices and paths */
    CONF_RAW_BOOL, /* a module's setting, not yet checked against its table: as Lua gave it */
    CONF_RAW_INTEGER,
    CONF_RAW_STRING,
};

struct conf_value {
    char *path;
    enum conf_type type;
    int64_t integer;
    char *text;    /* NULL unless a string */
    uint32_t line; /* in the configuration file; 0: the default */
};

struct conf {
    struct conf_value *values; /* sorted by path once conf_sort was called */
    size_t count;
    bool is_sorted; /* finding is quick; conf_add takes it back */
};

/* Add a value (copies path and text). */
void conf_add(struct conf *conf, const char *path, enum conf_type type, int64_t integer, const char *text,
              uint32_t line);
void conf_sort(struct conf *conf);
void conf_free(struct conf *conf);

/* The value of a path made as by printf, or NULL. */
const struct conf_value *conf_find(const struct conf *conf, const char *path_format, ...)
    __attribute__((format(printf, 2, 3)));
/* Typed access to settings that the table gives a default; a missing one is a bug and aborts. */
bool conf_bool(const struct conf *conf, const char *path_format, ...) __attribute__((format(printf, 2, 3)));
int64_t conf_integer(const struct conf *conf, const char *path_format, ...) __attribute__((format(printf, 2, 3)));
const char *conf_string(const struct conf *conf, const char *path_format, ...) __attribute__((format(printf, 2, 3)));
/* As conf_string, but NULL where there is no value. */
const char *conf_string_or_null(const struct conf *conf, const char *path_format, ...)
    __attribute__((format(printf, 2, 3)));
/* How many items the list has: the largest N of "<path>.N" or "<path>.N.…"; 0 when there is none. */
size_t conf_list_count(const struct conf *conf, const char *path_format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Check the settings below `prefix` ("storage.1") against a module's table. Keys of the core's own table (driver,
 * path of storage, …) are skipped. Every fault is "line N: key.path: what, what is expected, nearest spelling" (a room
 * does not know the file's name; without a line of its own it begins with the key). With `takes_keys` a key that
 * neither table knows is no fault: conf_module_keys has it. Returns `count` values, to be freed with
 * conf_module_values_free, or NULL when there were faults.
 */
struct restante_value *conf_module_values(const struct conf *conf, const char *prefix,
                                          const struct restante_setting *settings, size_t count, bool takes_keys,
                                          struct faults *faults);
/* Those keys as they were written, in the order of their names; free the array, its texts are those of `conf`. */
struct restante_key *conf_module_keys(const struct conf *conf, const char *prefix,
                                      const struct restante_setting *settings, size_t count, size_t *keys_count);
void conf_module_values_free(struct restante_value *values, const struct restante_setting *settings, size_t count);
/* How a checked module value would be written, for `restante config`; "" when it has no value. */
void conf_module_value_text(char *to, size_t capacity, const struct restante_setting *setting,
                            const struct restante_value *value);
/* The first line of the configuration that has a setting below this prefix; 0: none has one. */
uint32_t conf_module_line(const struct conf *conf, const char *prefix);

#endif
