/*
 * lua/lua_announce.h - what a policy announces in CAPA: EXPIRE and LOGIN-DELAY (RFC 2449).
 */
#ifndef LUA_ANNOUNCE_H
#define LUA_ANNOUNCE_H

#include <lua.h>

/* Within lua_budget_run: ask the script's `announce`, with the session or nil at start; the argument is to be filled. */
int lua_announce(lua_State *lua);

#endif
