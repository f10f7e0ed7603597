/*
 * lua/lua_library.h - the rest of `restante`: local time, lists from files, the log.
 */
#ifndef LUA_LIBRARY_H
#define LUA_LIBRARY_H

#include <stdbool.h>

#include <lua.h>

/*
 * Push a set of a file's lines, without empty ones and those that begin with #; in small letters where `is_lowered`.
 * False (and nothing pushed): `why` says what is wrong with the file.
 */
bool lua_library_push_lines(lua_State *lua, const char *path, bool is_lowered, char why[128]);

/* Push the table `restante`, with all that it has. */
void lua_library_push(lua_State *lua);

#endif
