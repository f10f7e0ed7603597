/*
 * conf/names.c - the names in the settings table, level by level. Master only; cannot fail.
 */
#include "conf/names.h"

#include <stdio.h>
#include <string.h>

#include "conf/settings.h"
#include "util/str.h"

enum { NAMES_MAX = 96, NAMES_LENGTH = 64 };

/* The part of a row's path that is a key of the table `parent`; NULL when it is elsewhere or any key. */
static const char *names_key(const struct settings_row *row, const char *parent, size_t *length)
{
    size_t parent_length = strlen(parent);
    const char *key = row->path + parent_length;
    if (strncmp(row->path, parent, parent_length) != 0 || *key == '*')
        return NULL;
    *length = strcspn(key, ".[");
    return key;
}

bool names_has(const char *parent, const char *name)
{
    for (const struct settings_row *row = settings_table; row->path; row++) {
        size_t length;
        const char *key = names_key(row, parent, &length);
        if (key && strlen(name) == length && strncmp(name, key, length) == 0)
            return true;
    }
    return false;
}

static bool names_nearest(const char *parent, const char *name, char *to)
{
    char texts[NAMES_MAX][NAMES_LENGTH];
    const char *candidates[NAMES_MAX + 1] = {NULL};
    size_t count = 0;
    for (const struct settings_row *row = settings_table; row->path && count < NAMES_MAX; row++) {
        size_t length;
        const char *key = names_key(row, parent, &length);
        if (key && str_copy_n(texts[count], NAMES_LENGTH, key, length)) {
            candidates[count] = texts[count];
            count++;
        }
    }
    const char *nearest = str_nearest(name, candidates);
    if (nearest)
        str_copy(to, NAMES_LENGTH, nearest);
    return nearest != NULL;
}

/* A row of another table that ends with this name: a key in the wrong place. */
static const char *names_elsewhere(const char *name)
{
    for (const struct settings_row *row = settings_table; row->path; row++) {
        const char *dot = strrchr(row->path, '.');
        if (strcmp(dot ? dot + 1 : row->path, name) == 0)
            return row->path;
    }
    return NULL;
}

void names_suggest(const char *parent, const char *name, char to[NAMES_SUGGESTION_MAX])
{
    char nearest[NAMES_LENGTH];
    const char *elsewhere = names_elsewhere(name);
    if (elsewhere)
        snprintf(to, NAMES_SUGGESTION_MAX, "; did you mean \"%s\"?", elsewhere);
    else if (names_nearest(parent, name, nearest))
        snprintf(to, NAMES_SUGGESTION_MAX, "; did you mean \"%s\"?", nearest);
    else
        str_copy(to, NAMES_SUGGESTION_MAX, "; restante.conf(5) lists them all");
}
