/*
 * lua/lua_guard.c - pcall, xpcall and coroutines that pass an overrun on; setmetatable without finalizers.
 *
 * WHY: `while true do pcall(f) end` would swallow the error of every deadline. A handler of xpcall runs within the
 * count hook when that raised the error, where no hook is called: it must not run then. Finalizers run whenever the
 * collector likes, outside of any budget.
 */
#include "lua_guard.h"

#include "lua_budget.h"

/* Raise again what no script may catch. The error is at the top. */
static void guard_pass_on(lua_State *lua, int status)
{
    if (status == LUA_ERRMEM)
        lua_budget_overrun(lua, "it takes more memory than its limit");
    if (lua_budget_of(lua)->overrun)
        lua_error(lua);
}

/* Results of a protected call; `extra` values below them are not among them. */
static int guard_finish(lua_State *lua, int status, lua_KContext extra)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(lua) - (int)extra;
    guard_pass_on(lua, status);
    lua_pushboolean(lua, 0);
    lua_pushvalue(lua, -2);
    return 2;
}

static int guard_pcall(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_pushboolean(lua, 1);
    lua_insert(lua, 1);
    return guard_finish(lua, lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0, 0, guard_finish), 0);
}

static int guard_handle(lua_State *lua)
{
    lua_settop(lua, 1);
    if (lua_budget_of(lua)->overrun)
        return 1;
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 1, 1);
    return 1;
}

static int guard_xpcall(lua_State *lua)
{
    int arguments = lua_gettop(lua) - 2;
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_pushvalue(lua, 2);
    lua_pushcclosure(lua, guard_handle, 1);
    lua_replace(lua, 2);
    lua_pushboolean(lua, 1);
    lua_pushvalue(lua, 1);
    lua_rotate(lua, 3, 2);
    return guard_finish(lua, lua_pcallk(lua, arguments, LUA_MULTRET, 2, 2, guard_finish), 2);
}

static int guard_setmetatable(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argexpected(lua, lua_isnil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
    lua_settop(lua, 2);
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
        return luaL_error(lua, "cannot change a protected metatable");
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL)
            return luaL_error(lua, "__gc: policies have no finalizers");
    }
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

/* --- coroutines ------------------------------------------------------------------------------------------------ */

static lua_State *guard_check_coroutine(lua_State *lua, int index)
{
    lua_State *coroutine = lua_tothread(lua, index);
    luaL_argexpected(lua, coroutine, index, "coroutine");
    return coroutine;
}

/* Resume with the arguments at the top. The results of a good run are at the top, or the error; false: it failed. */
static bool guard_run(lua_State *lua, lua_State *coroutine, int arguments, int *results)
{
    lua_budget_charge(lua, 1);
    *results = 1;
    if (!lua_checkstack(coroutine, arguments)) {
        lua_pushliteral(lua, "too many arguments to resume");
        return false;
    }
    lua_xmove(lua, coroutine, arguments);
    int status = lua_resume(coroutine, lua, arguments, results);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (lua_checkstack(lua, *results + 1)) {
            lua_xmove(coroutine, lua, *results);
            return true;
        }
        lua_pop(coroutine, *results);
        *results = 1;
        lua_pushliteral(lua, "too many results to resume");
        return false;
    }
    *results = 1;
    lua_xmove(coroutine, lua, 1);
    guard_pass_on(lua, status);
    return false;
}

static int guard_resume(lua_State *lua)
{
    lua_State *coroutine = guard_check_coroutine(lua, 1);
    int results;
    bool is_good = guard_run(lua, coroutine, lua_gettop(lua) - 1, &results);
    lua_pushboolean(lua, is_good);
    lua_insert(lua, -(results + 1));
    return results + 1;
}

static int guard_close(lua_State *lua)
{
    lua_State *coroutine = guard_check_coroutine(lua, 1);
    int status = lua_status(coroutine);
    lua_Debug call;
    bool is_running = coroutine == lua || (status == LUA_OK && lua_getstack(coroutine, 0, &call));
    if (is_running)
        return luaL_error(lua, "cannot close a coroutine that runs");
    status = lua_resetthread(coroutine);
    lua_pushboolean(lua, status == LUA_OK);
    if (status == LUA_OK)
        return 1;
    lua_xmove(coroutine, lua, 1);
    guard_pass_on(lua, status);
    return 2;
}

static int guard_wrapped(lua_State *lua)
{
    lua_State *coroutine = lua_tothread(lua, lua_upvalueindex(1));
    int results;
    if (guard_run(lua, coroutine, lua_gettop(lua), &results))
        return results;
    int status = lua_status(coroutine);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_resetthread(coroutine); /* closes its variables */
        if (lua_budget_of(lua)->overrun)
            return lua_budget_overrun(lua, "");
    }
    return lua_error(lua);
}

static int guard_wrap(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_State *coroutine = lua_newthread(lua);
    lua_pushvalue(lua, 1);
    lua_xmove(lua, coroutine, 1);
    lua_pushcclosure(lua, guard_wrapped, 1);
    return 1;
}

const luaL_Reg lua_guard_base[] = {
    {"pcall", guard_pcall}, {"setmetatable", guard_setmetatable}, {"xpcall", guard_xpcall}, {NULL, NULL}};
const luaL_Reg lua_guard_coroutine[] = {
    {"close", guard_close}, {"resume", guard_resume}, {"wrap", guard_wrap}, {NULL, NULL}};
