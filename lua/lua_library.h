/*
 * lua/lua_library.h - the rest of `restante`: local time, lists from files, the log.
 */
#ifndef LUA_LIBRARY_H
#define LUA_LIBRARY_H

#include <lua.h>

/* Push the table `restante`, with all that it has. */
void lua_library_push(lua_State *lua);

#endif
