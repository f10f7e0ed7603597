/*
 * conf/settings.h - the one table of settings. From it come the checks, `restante config`, the sample file and
 * restante.conf(5).
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Which rooms are told a setting. */
enum settings_room {
    SETTINGS_MASTER = 0,
    SETTINGS_FRONTEND = 1u << 0,
    SETTINGS_AUTH = 1u << 1, /* the dispatcher */
    SETTINGS_AUTH_WORKER = 1u << 2,
    SETTINGS_NURSERY = 1u << 3,
};

enum settings_type {
    SETTINGS_BOOL,
    SETTINGS_INTEGER,
    SETTINGS_DURATION,
    SETTINGS_SIZE,
    SETTINGS_STRING,
    SETTINGS_CHOICE,
    SETTINGS_PATH,     /* absolute; or one of `choices`, where there are some */
    SETTINGS_TEMPLATE, /* a path with ~ and %{…} (util/template.h) */
    SETTINGS_MODULE_KEYS, /* "storage[].*": any further key, checked by the module's own table */
    SETTINGS_ACCOUNT,  /* a user or group: a name or a number, kept as text */
};

/*
 * `path` writes a list as "listen[]" and a list of plain strings as "module_path[]". `default_text` is what one would
 * write in the file (without quotes); NULL: no default.
 */
struct settings_row {
    const char *path;
    enum settings_type type;
    const char *default_text;
    int64_t min, max; /* in ms, octets or as they are; both 0: no range */
    const char *choices[5]; /* the last is NULL */
    uint32_t rooms;
    bool is_required; /* within its list item, or at the top */
    const char *unit; /* for people: "connections"; "" where the type says it */
    const char *help; /* why one would change it */
    const char *example; /* for the sample file, where there is no default; of module keys a whole line */
};

extern const struct settings_row settings_table[]; /* ends with a NULL path */

/* The row that a concrete path ("listen.2.port") is an instance of, or NULL. */
const struct settings_row *settings_find(const char *path);

#endif
