/*
 * conf/settings.c - finding the row of a path. "listen[].port" is the row of "listen.2.port".
 */
#include "conf/settings.h"

#include <stddef.h>
#include <string.h>

/* Does the concrete path fit the row's pattern? */
static bool settings_fits(const char *pattern, const char *path)
{
    while (*pattern && *path) {
        if (strcmp(pattern, "*") == 0)
            return true;
        if (strncmp(pattern, "[]", 2) == 0) {
            size_t digits = *path == '.' ? strspn(path + 1, "0123456789") : 0;
            if (digits == 0 || path[1] == '0')
                return false;
            path += 1 + digits;
            pattern += 2;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && !*path;
}

const struct settings_row *settings_find(const char *path)
{
    for (const struct settings_row *row = settings_table; row->path; row++) {
        if (settings_fits(row->path, path))
            return row;
    }
    return NULL;
}
