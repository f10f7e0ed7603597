/*
 * lua/lua_verdict.h - what hooks return: restante.refuse(…) and its like, values that a script can read and not change.
 */
#ifndef LUA_VERDICT_H
#define LUA_VERDICT_H

#include <lauxlib.h>

#include <restante/policy.h>

struct lua_verdict {
    struct restante_verdict verdict;
    uint32_t line; /* of the script, where it was made; 0: not known */
};

/* delay, disconnect, expire, hide, hold, limit, refuse, set_aside: of `restante`. */
extern const luaL_Reg lua_verdict_restante[];
/* Once for each state. */
void lua_verdict_prepare(lua_State *lua);
/* Raises an error when the value is no verdict. */
const struct lua_verdict *lua_verdict_check(lua_State *lua, int index);
const char *lua_verdict_name(enum restante_decision decision);

#endif
