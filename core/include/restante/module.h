/*
 * restante/module.h - what every Restante module includes.
 *
 * A module is a shared object that exports one constant symbol, `restante_module`. It links against nothing of
 * Restante: everything it may use reaches it through the host table below. Drivers of one kind add the header of
 * that kind (storage.h, auth.h, policy.h).
 *
 * ABI changes, newest first. An addition at the end of a structure raises the minor number; a removal or a change of
 * meaning raises the major number. A host loads modules of its own major number and of no newer minor number.
 *   1.2  2026-11  policies: start takes its item of the configuration with further keys and answers in terms, announce,
 *                 decisions per message, limits, a store (no host before this one asks policies anything)
 *   1.1  2026-11  RESTANTE_WAIT; storage drivers may keep a journal in the state directory
 *   1.0  2026-11  first version
 */
#ifndef RESTANTE_MODULE_H
#define RESTANTE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESTANTE_MODULE_MAGIC UINT32_C(0x72657374) /* "rest" */
#define RESTANTE_ABI_MAJOR 1
#define RESTANTE_ABI_MINOR 2

/* The one symbol a module exports; compile modules with -fvisibility=hidden. */
#define RESTANTE_EXPORT __attribute__((visibility("default")))

enum restante_kind {
    RESTANTE_KIND_STORAGE = 1,
    RESTANTE_KIND_AUTH = 2,
    RESTANTE_KIND_POLICY = 3,
};

/* What a function that may fail returns. */
enum restante_status {
    RESTANTE_OK = 0,
    RESTANTE_AGAIN,     /* a stepwise operation has more to do: call it again with the same arguments */
    RESTANTE_END,       /* an iteration has no more items */
    RESTANTE_DENIED,    /* auth: these credentials open nothing (unknown user and wrong secret alike) */
    RESTANTE_IN_USE,    /* another session or program holds the maildrop: client sees [IN-USE] (RFC 2449) */
    RESTANTE_TEMPORARY, /* try again later: client sees [SYS/TEMP] (RFC 3206) */
    RESTANTE_PERMANENT, /* will not work until somebody acts: client sees [SYS/PERM] (RFC 3206) */
    RESTANTE_INVALID,   /* an argument, a setting or a file's format is wrong */
    RESTANTE_WAIT,      /* as RESTANTE_AGAIN, but somebody else has to act first: call it again after a pause */
};

/*
 * Why something failed, for two audiences. Fixed size, so that reporting a failure never allocates.
 * `client` may be sent to the client: short, no paths, no names; empty means a general sentence is used.
 * `log` is for the administrator: names the file, user or setting at fault and what to do.
 */
struct restante_error {
    enum restante_status status;
    int errno_value; /* 0 when no system call failed */
    char client[128];
    char log[512];
};

enum restante_level {
    RESTANTE_DEBUG = 0,
    RESTANTE_INFO,
    RESTANTE_WARN,  /* degraded, somebody should look */
    RESTANTE_ERROR, /* this request failed */
};

/* --- settings ------------------------------------------------------------------------------------------------- */

enum restante_setting_type {
    RESTANTE_SETTING_BOOL = 1, /* value.integer is 0 or 1 */
    RESTANTE_SETTING_INTEGER,  /* value.integer */
    RESTANTE_SETTING_DURATION, /* value.integer in milliseconds; written "30s", "10m", "7d" or as seconds */
    RESTANTE_SETTING_SIZE,     /* value.integer in octets; written "64K", "10M" or as octets */
    RESTANTE_SETTING_STRING,   /* value.text */
    RESTANTE_SETTING_CHOICE,   /* value.text, one of `choices` */
    RESTANTE_SETTING_PATH,     /* value.text, an absolute path */
    RESTANTE_SETTING_STRINGS,  /* value.list, NULL-terminated */
};

/* One row of a module's settings table. Checked by the host before the module sees a value. */
struct restante_setting {
    const char *name;
    enum restante_setting_type type;
    /* As it would be written, a list as words with blanks between; NULL: no default, value.is_set stays false. */
    const char *default_text;
    int64_t min, max;         /* for numbers, in the type's unit (ms, octets); both 0: no range */
    const char *const *choices; /* NULL-terminated, for RESTANTE_SETTING_CHOICE */
    bool is_required;
    const char *help; /* one line */
};

/* The checked value of the setting in the same row. Lives as long as the module is loaded. */
struct restante_value {
    bool is_set;
    int64_t integer;
    const char *text;
    const char *const *list;
};

/* A key that is not in the module's table, as it was written: for modules that check such keys themselves. */
enum restante_key_type {
    RESTANTE_KEY_BOOL = 1, /* integer is 0 or 1 */
    RESTANTE_KEY_INTEGER,
    RESTANTE_KEY_STRING,
};
struct restante_key {
    const char *name; /* "keep"; of the items of a list "users.1", "users.2" */
    uint32_t line;    /* in the configuration file */
    enum restante_key_type type;
    int64_t integer;
    const char *text; /* NULL unless a string */
};

/* --- the host table ------------------------------------------------------------------------------------------- */

/* A running count of what stored bytes become on the wire; zero it before the first call. */
struct restante_octet_count {
    uint64_t octets; /* final after count_end */
    char last;       /* the last byte seen, 0 at the start */
};

struct restante_ledger; /* the per-maildrop ledger; only the host looks inside */

/* Functions the host lends to a module. They may be called from the process that the module was given them in. */
struct restante_host {
    uint32_t size; /* sizeof(struct restante_host) of the host */

    /* Log one line; outside strings among the arguments are escaped by the host. Adds the module's name. */
    void (*log)(enum restante_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

    /* Fill `error` (both texts may be NULL; `log_format` is printf-like) and return `status`. */
    enum restante_status (*fail)(struct restante_error *error, enum restante_status status, int errno_value,
                                 const char *client, const char *log_format, ...)
        __attribute__((format(printf, 5, 6)));

    int64_t (*now_s)(void);        /* wall clock, seconds since 1970 */
    int64_t (*monotonic_ms)(void); /* never goes back */

    /* Octets on the wire (RFC 1939 section 11): bare LF counts as CRLF, dot-stuffing is not counted. */
    void (*count_octets)(struct restante_octet_count *count, const void *stored, size_t length);
    void (*count_end)(struct restante_octet_count *count); /* adds the line end a message may lack */

    /* SHA-256, for names that must be made legal and stable. */
    void (*digest)(const void *data, size_t length, uint8_t digest[32]);
    /* A fast checksum for caches; no protection against an attacker. */
    uint64_t (*checksum)(const void *data, size_t length);

    /*
     * Ledger records of the maildrop that is open, keyed by UIDL: what a driver cannot derive again.
     * All accept a NULL ledger (nothing known, nothing kept). `put` functions are durable when the host's
     * commit ends, not before. A note is the driver's own text of at most 255 printable ASCII characters.
     */
    int64_t (*ledger_first_seen_s)(const struct restante_ledger *ledger, const char *uidl); /* 0: unknown */
    void (*ledger_put_first_seen)(struct restante_ledger *ledger, const char *uidl, int64_t when_s);
    const char *(*ledger_note)(const struct restante_ledger *ledger, const char *uidl); /* NULL: none */
    void (*ledger_put_note)(struct restante_ledger *ledger, const char *uidl, const char *note);
    /* Next known UIDL; start with *cursor = 0; NULL at the end. */
    const char *(*ledger_next)(const struct restante_ledger *ledger, size_t *cursor);
};

/* --- the descriptor ------------------------------------------------------------------------------------------- */

/* What a module needs beyond files of the mailbox owner; the room's confinement follows from it. */
enum restante_needs {
    RESTANTE_NEEDS_NOTHING = 0,
    RESTANTE_NEEDS_ROOT = 1u << 0,    /* auth only: its worker keeps root */
    RESTANTE_NEEDS_NETWORK = 1u << 1, /* opens sockets */
    RESTANTE_NEEDS_EXEC = 1u << 2,    /* starts programs */
};

struct restante_module {
    uint32_t magic; /* RESTANTE_MODULE_MAGIC */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t module_size;     /* sizeof(struct restante_module) */
    uint32_t operations_size; /* sizeof the operations structure of this kind */
    uint32_t host_size;       /* sizeof(struct restante_host) the module was compiled with */
    enum restante_kind kind;
    const char *name;    /* equal to the file's name without its ending: [a-z0-9_-]+ */
    const char *summary; /* one line for `restante modules` */
    const struct restante_setting *settings;
    size_t settings_count;
    uint32_t needs;                 /* of enum restante_needs */
    const char *const *needs_paths; /* further paths it reads, NULL-terminated; may be NULL */
    const void *operations;         /* struct restante_storage, restante_auth or restante_policy */
};

/* The symbol. Every module defines it; the host looks it up by this name. */
extern RESTANTE_EXPORT const struct restante_module restante_module;

/* The first fields of every descriptor. */
#define RESTANTE_MODULE_HEADER(operations_type)                                                                       \
    .magic = RESTANTE_MODULE_MAGIC, .abi_major = RESTANTE_ABI_MAJOR, .abi_minor = RESTANTE_ABI_MINOR,                 \
    .module_size = sizeof(struct restante_module), .operations_size = sizeof(operations_type),                        \
    .host_size = sizeof(struct restante_host)

#endif
