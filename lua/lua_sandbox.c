/*
 * lua/lua_sandbox.c - the environment of scripts. In the nursery; protected calls only.
 *
 * Every name is in a list below; docs/lua.md has them for people, and a test compares what it finds with its own list.
 * WHY: a distribution's Lua has left a way to `package` open once (CVE-2022-0543), and found none where nothing is.
 */
#include "lua_sandbox.h"

#include <stdbool.h>

#include <lauxlib.h>
#include <lualib.h>

#include "lua_frozen.h"
#include "lua_guard.h"
#include "lua_lists.h"
#include "lua_text.h"

/* Taken from Lua as they are. */
static const char *const base_names[] = {
    "assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen", "select", "tostring",
    "type", NULL,
};
static const char *const math_names[] = {
    "abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger", "modf", "pi", "sqrt",
    "tointeger", "type", "ult", NULL,
};
static const char *const table_names[] = {"pack", NULL};
static const char *const coroutine_names[] = {"create", "isyieldable", "running", "status", "yield", NULL};
/* Taken from Lua, and charged for the strings they are given. */
static const char *const base_charged[] = {"tonumber", NULL};
static const char *const string_charged[] = {"byte", "char", "format", "len", "lower", "reverse", "sub", "upper", NULL};
static const char *const utf8_charged[] = {"char", "codepoint", "len", "offset", NULL};

/* From the library at `from` to the table at the top. */
static void sandbox_take(lua_State *lua, int from, const char *const *names, bool is_charged)
{
    for (; names && *names; names++) {
        lua_getfield(lua, from, *names);
        if (lua_isnil(lua, -1))
            luaL_error(lua, "this Lua has no %s", *names);
        if (is_charged)
            lua_text_charged(lua);
        lua_setfield(lua, -2, *names);
    }
}

static void sandbox_open(lua_State *lua, lua_CFunction open)
{
    lua_pushcfunction(lua, open);
    lua_call(lua, 0, 1);
}

/* One library into the table at the top. */
static void sandbox_add(lua_State *lua, const char *name, lua_CFunction open, const char *const *plain,
                        const char *const *charged, const luaL_Reg *own)
{
    sandbox_open(lua, open);
    int from = lua_gettop(lua);
    lua_newtable(lua);
    sandbox_take(lua, from, plain, false);
    sandbox_take(lua, from, charged, true);
    if (own)
        luaL_setfuncs(lua, own, 0);
    lua_frozen_make(lua, name, true);
    lua_remove(lua, from);
    lua_setfield(lua, -2, name);
}

/* ("x"):upper() finds the sandbox's functions; strings are no numbers. */
static void sandbox_replace_string_metatable(lua_State *lua, int environment)
{
    lua_pushliteral(lua, "");
    lua_createtable(lua, 0, 2);
    lua_getfield(lua, environment, "string");
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
}

void lua_sandbox_make(lua_State *lua)
{
    lua_newtable(lua);
    int environment = lua_gettop(lua);
    lua_insert(lua, --environment);
    lua_frozen_make(lua, "restante", true);
    lua_setfield(lua, environment, "restante");
    sandbox_open(lua, luaopen_base);
    int from = lua_gettop(lua);
    lua_pushvalue(lua, environment);
    sandbox_take(lua, from, base_names, false);
    sandbox_take(lua, from, base_charged, true);
    luaL_setfuncs(lua, lua_guard_base, 0);
    lua_settop(lua, environment);
    sandbox_add(lua, "coroutine", luaopen_coroutine, coroutine_names, NULL, lua_guard_coroutine);
    sandbox_add(lua, "math", luaopen_math, math_names, NULL, NULL);
    sandbox_add(lua, "string", luaopen_string, NULL, string_charged, lua_text_string);
    sandbox_add(lua, "table", luaopen_table, table_names, NULL, lua_lists);
    sandbox_add(lua, "utf8", luaopen_utf8, NULL, utf8_charged, NULL);
    sandbox_replace_string_metatable(lua, environment);
    lua_frozen_make(lua, "globals", true);
    /* Lua's own libraries are gone with the last way to them. */
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushnil(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}
