/*
 * lua/lua_guard.h - the functions that could hide an overrun from the engine, or reach behind the sandbox, made safe.
 */
#ifndef LUA_GUARD_H
#define LUA_GUARD_H

#include <lauxlib.h>

/* pcall, xpcall, setmetatable; NULL-terminated. */
extern const luaL_Reg lua_guard_base[];
/* resume, wrap, close. */
extern const luaL_Reg lua_guard_coroutine[];

#endif
