/*
 * lua/lua_clean.h - texts of scripts on their way out, and names that were meant.
 */
#ifndef LUA_CLEAN_H
#define LUA_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/* Copy as printable ASCII: other octets become "?"; cut to capacity. */
void lua_clean(char *to, size_t capacity, const char *text, size_t length);
/* Is it all of a-z, 0-9, _ and -, from 1 to `max` octets? */
bool lua_clean_is_name(const char *text, size_t max);

/* How far two names are apart: keep the smallest in *best (start with lua_clean_farthest) and its name. */
size_t lua_clean_farthest(const char *name);
bool lua_clean_is_nearer(const char *name, const char *candidate, size_t *best);
/* The nearest of a NULL-terminated list, or NULL. */
const char *lua_clean_nearest(const char *name, const char *const *candidates);

#endif
