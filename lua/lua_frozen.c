/*
 * lua/lua_frozen.c - read-only tables: an empty one before the true one, which no function of the sandbox gives out.
 */
#include "lua_frozen.h"

#include <stdio.h>

#include <lauxlib.h>

#include "lua_clean.h"

int lua_frozen_refuse(lua_State *lua, const char *what, int name, const char *kind, int keys)
{
    char shown[64], nearest[64] = "";
    keys = lua_absindex(lua, keys);
    if (lua_type(lua, name) != LUA_TSTRING)
        return luaL_error(lua, "%s: there is no such %s, its names are strings", what, kind);
    const char *text = lua_tostring(lua, name);
    size_t best = lua_clean_farthest(text);
    lua_clean(shown, sizeof(shown), text, lua_rawlen(lua, name));
    for (lua_pushnil(lua); lua_next(lua, keys); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) == LUA_TSTRING && lua_clean_is_nearer(text, lua_tostring(lua, -2), &best))
            snprintf(nearest, sizeof(nearest), "%s", lua_tostring(lua, -2));
    }
    if (nearest[0])
        return luaL_error(lua, "%s.%s: there is no such %s; did you mean \"%s\"?", what, shown, kind, nearest);
    return luaL_error(lua, "%s.%s: there is no such %s", what, shown, kind);
}

/* Upvalues: the true table, what. */
static int lua_frozen_missing(lua_State *lua)
{
    const char *what = lua_touserdata(lua, lua_upvalueindex(2));
    return lua_frozen_refuse(lua, what, 2, "name", lua_upvalueindex(1));
}

static int lua_frozen_newindex(lua_State *lua)
{
    return luaL_error(lua, "%s cannot be changed", (const char *)lua_touserdata(lua, lua_upvalueindex(1)));
}

static int lua_frozen_len(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)lua_rawlen(lua, lua_upvalueindex(1)));
    return 1;
}

static int lua_frozen_next(lua_State *lua)
{
    lua_settop(lua, 2);
    return lua_next(lua, lua_upvalueindex(1)) ? 2 : 0;
}

/* WHY: a loop gets a function that knows the true table, never the table. */
static int lua_frozen_pairs(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushcclosure(lua, lua_frozen_next, 1);
    lua_pushnil(lua);
    lua_pushnil(lua);
    return 3;
}

/* The true table at the top becomes unable to be silent about what it lacks. */
static void lua_frozen_make_strict(lua_State *lua, const char *what)
{
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, -2);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)what);
    lua_pushcclosure(lua, lua_frozen_missing, 2);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

/* From the true table at the top to the metatable of what stands before it. */
static void lua_frozen_metatable(lua_State *lua, const char *what)
{
    lua_createtable(lua, 0, 5);
    lua_pushvalue(lua, -2);
    lua_setfield(lua, -2, "__index");
    lua_pushlightuserdata(lua, (void *)(uintptr_t)what);
    lua_pushcclosure(lua, lua_frozen_newindex, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushvalue(lua, -2);
    lua_pushcclosure(lua, lua_frozen_len, 1);
    lua_setfield(lua, -2, "__len");
    lua_pushvalue(lua, -2);
    lua_pushcclosure(lua, lua_frozen_pairs, 1);
    lua_setfield(lua, -2, "__pairs");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_remove(lua, -2);
}

void lua_frozen_make(lua_State *lua, const char *what, bool is_strict)
{
    if (is_strict)
        lua_frozen_make_strict(lua, what);
    lua_frozen_metatable(lua, what);
    lua_newtable(lua);
    lua_insert(lua, -2);
    lua_setmetatable(lua, -2);
}

void lua_frozen_make_in_place(lua_State *lua, const char *what)
{
    int table = lua_gettop(lua);
    lua_newtable(lua);
    for (lua_pushnil(lua); lua_next(lua, table);) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, table + 1);
    }
    /* Giving nil to a key that is there is allowed while walking. */
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        lua_pushvalue(lua, -2);
        lua_pushnil(lua);
        lua_rawset(lua, table);
    }
    lua_frozen_metatable(lua, what);
    lua_setmetatable(lua, table);
}

bool lua_frozen_push_true(lua_State *lua, int index)
{
    if (!lua_istable(lua, index) || luaL_getmetafield(lua, index, "__index") == LUA_TNIL)
        return false;
    if (lua_istable(lua, -1))
        return true;
    lua_pop(lua, 1);
    return false;
}
