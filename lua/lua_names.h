/*
 * lua/lua_names.h - lists of names, for those that were meant.
 */
#ifndef LUA_NAMES_H
#define LUA_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

/* Zeroed: none. */
struct lua_names {
    char **items; /* NULL-terminated, or NULL */
    size_t count;
};

/* False: out of memory. */
bool lua_names_add(struct lua_names *names, const char *name);
/* The string keys of the table at `index`, the one behind a frozen table instead of it. */
bool lua_names_add_keys(struct lua_names *names, lua_State *lua, int index);
bool lua_names_has(const struct lua_names *names, const char *name);
/* The nearest, or NULL. */
const char *lua_names_nearest(const struct lua_names *names, const char *name);
void lua_names_free(struct lua_names *names);

#endif
