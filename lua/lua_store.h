/*
 * lua/lua_store.h - session.store: what a policy keeps in a maildrop's ledger. Strings, numbers and booleans by name.
 */
#ifndef LUA_STORE_H
#define LUA_STORE_H

#include <lua.h>

/* Once for each state. */
void lua_store_prepare(lua_State *lua);
/* The store of the question being judged. */
void lua_store_push(lua_State *lua);

#endif
