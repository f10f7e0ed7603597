/*
 * conf/check.h - is a value what its setting asks for? The same rules for the core's table and for modules' tables.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/settings.h"

#define CHECK_FAULT_MAX 768
/* Strings travel to the rooms in frames (ipc/messages.h, MESSAGE_TEXT_MAX). */
#define CHECK_TEXT_MAX 2047
#define CHECK_QUOTED_MAX 128

struct check_rule {
    enum settings_type type;
    int64_t min, max;
    const char *const *choices; /* NULL-terminated; may be NULL */
};

/* A value as it was written. */
enum check_kind { CHECK_IS_BOOL, CHECK_IS_NUMBER, CHECK_IS_TEXT, CHECK_IS_OTHER };
struct check_given {
    enum check_kind kind;
    int64_t integer;
    const char *text; /* of CHECK_IS_OTHER: what it is ("a function", "1.5") */
    size_t length;    /* of CHECK_IS_TEXT: it may hold NULs */
};

/* A value as it is kept. */
struct check_value {
    enum conf_type type;
    int64_t integer;
    char *text; /* allocated; NULL unless a string */
};

/* Turn what was given into a value; false with "is X, but must be Y" in `fault`. */
bool check_scalar(const struct check_rule *rule, const struct check_given *given, struct check_value *value,
                  char fault[CHECK_FAULT_MAX]);
/* The same for a default as tables write it: no quotes, "30s", "true". */
bool check_default(const struct check_rule *rule, const char *text, struct check_value *value,
                   char fault[CHECK_FAULT_MAX]);
/* Any string of a configuration: no control bytes, not too long. */
bool check_text(const char *text, size_t length, char fault[CHECK_FAULT_MAX]);

/* "a whole number from 1 to 65535" */
void check_write_expected(const struct check_rule *rule, char *to, size_t capacity);
/* A value as one would write it in the file. */
void check_write(enum settings_type type, int64_t integer, const char *text, char *to, size_t capacity);
/* In quotes with Lua's escapes; cut with "…" when it does not fit. */
void check_quote(const char *text, size_t length, char *to, size_t capacity);

struct check_rule check_rule_of_row(const struct settings_row *row);
/* A list's rule is that of its items. */
struct check_rule check_rule_of_setting(const struct restante_setting *setting);

#endif
