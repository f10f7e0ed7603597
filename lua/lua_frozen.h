/*
 * lua/lua_frozen.h - tables that a script may read and nothing else, with words for what they do not have.
 */
#ifndef LUA_FROZEN_H
#define LUA_FROZEN_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

/*
 * Replace the table at the top by one that reads from it and cannot be changed. `what` begins sentences ("string",
 * "p.settings") and must live for ever. Reading what is not there is an error with the nearest name when `is_strict`,
 * else nil.
 */
void lua_frozen_make(lua_State *lua, const char *what, bool is_strict);
/* The same, but the table itself becomes the frozen one; it must have no metatable. */
void lua_frozen_make_in_place(lua_State *lua, const char *what);
/* Push the true table behind the frozen one at `index`; false (and nothing pushed): it is none. For C alone. */
bool lua_frozen_push_true(lua_State *lua, int index);
/* Raise `what.name: there is no such <kind>`, with the nearest string key of the table at `keys`. */
int lua_frozen_refuse(lua_State *lua, const char *what, int name, const char *kind, int keys);

#endif
