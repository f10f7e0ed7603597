/*
 * lua/lua_lists.h - Lua's table functions again, for plain lists of bounded length, charged for each element.
 */
#ifndef LUA_LISTS_H
#define LUA_LISTS_H

#include <lauxlib.h>

/* concat, insert, move, remove, sort, unpack. */
extern const luaL_Reg lua_lists[];

#endif
