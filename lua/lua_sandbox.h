/*
 * lua/lua_sandbox.h - what a script finds: an environment built from lists, never by taking away.
 */
#ifndef LUA_SANDBOX_H
#define LUA_SANDBOX_H

#include <lua.h>

/*
 * Push the environment of scripts: read-only, strict about names it lacks. `restante` (a table at the top, taken) is
 * the engine's own library. Afterwards neither the registry's globals nor the metatable of strings hold more.
 */
void lua_sandbox_make(lua_State *lua);

#endif
