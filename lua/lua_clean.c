/*
 * lua/lua_clean.c - cleaned texts and nearest spellings. Cannot fail.
 */
#include "lua_clean.h"

#include <string.h>

enum { LUA_CLEAN_NAME_MAX = 64 };

void lua_clean(char *to, size_t capacity, const char *text, size_t length)
{
    size_t kept = length < capacity - 1 ? length : capacity - 1;
    for (size_t i = 0; i < kept; i++)
        to[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    to[kept] = '\0';
}

bool lua_clean_is_name(const char *text, size_t max)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && length <= max && !text[length];
}

static size_t clean_smallest(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* How many letters must be inserted, removed or replaced (Levenshtein). */
static size_t clean_distance(const char *a, const char *b)
{
    size_t row[LUA_CLEAN_NAME_MAX + 1];
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > LUA_CLEAN_NAME_MAX || b_length > LUA_CLEAN_NAME_MAX)
        return 2 * LUA_CLEAN_NAME_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            row[j] = clean_smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_length];
}

size_t lua_clean_farthest(const char *name)
{
    return strlen(name) / 3 + 2;
}

bool lua_clean_is_nearer(const char *name, const char *candidate, size_t *best)
{
    size_t distance = clean_distance(name, candidate);
    if (distance >= *best)
        return false;
    *best = distance;
    return true;
}

const char *lua_clean_nearest(const char *name, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t best = lua_clean_farthest(name);
    for (; *candidates; candidates++) {
        if (lua_clean_is_nearer(name, *candidates, &best))
            nearest = *candidates;
    }
    return nearest;
}
