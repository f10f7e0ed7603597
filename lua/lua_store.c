/*
 * lua/lua_store.c - the store as a table-like value. In a worker, during judge. A value is kept as one letter for its
 * type and its text; without a ledger nothing is known and nothing can be kept.
 */
#include "lua_store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_policy.h"

static const char store_type[] = "session.store";

/* Of the value at index 1, while its call lasts; and the name at index 2. */
static const struct restante_store *store_check(lua_State *lua, const char **name)
{
    const uint64_t *call = luaL_checkudata(lua, 1, store_type);
    const struct lua_policy *policy = lua_policy_of(lua);
    if (!policy->facts || *call != policy->call)
        luaL_error(lua, "session.store: its call is over; facts cannot be kept");
    *name = luaL_checkstring(lua, 2);
    if (!lua_clean_is_name(*name, RESTANTE_STORE_NAME_MAX))
        luaL_error(lua, "session.store: names are 1 to %d of a-z, 0-9, _ and -", RESTANTE_STORE_NAME_MAX);
    return policy->facts->store;
}

static int store_index(lua_State *lua)
{
    const char *name;
    const struct restante_store *store = store_check(lua, &name);
    const char *kept = store ? store->get(store, name) : NULL;
    int64_t number;
    /* TRUST: the ledger belongs to the mailbox owner; what is no value of ours counts as none. */
    if (kept && kept[0] == 's')
        lua_pushstring(lua, kept + 1);
    else if (kept && kept[0] == 'i' && sscanf(kept + 1, "%" SCNd64, &number) == 1)
        lua_pushinteger(lua, number);
    else if (kept && kept[0] == 'n' && lua_stringtonumber(lua, kept + 1) != 0)
        return 1;
    else if (kept && kept[0] == 'b')
        lua_pushboolean(lua, kept[1] == '1');
    else
        lua_pushnil(lua);
    return 1;
}

/* The value at index 3 as text; NULL: forget. */
static const char *store_text(lua_State *lua, char text[RESTANTE_STORE_VALUE_MAX + 1])
{
    size_t length;
    switch (lua_type(lua, 3)) {
    case LUA_TNIL:
        return NULL;
    case LUA_TBOOLEAN:
        snprintf(text, 3, "b%d", lua_toboolean(lua, 3));
        return text;
    case LUA_TNUMBER:
        if (lua_isinteger(lua, 3))
            snprintf(text, 32, "i%" PRId64, (int64_t)lua_tointeger(lua, 3));
        else if (isfinite(lua_tonumber(lua, 3)))
            snprintf(text, 32, "n%.17g", lua_tonumber(lua, 3));
        else
            luaL_error(lua, "session.store: keeps finite numbers only");
        return text;
    case LUA_TSTRING:
        lua_tolstring(lua, 3, &length);
        if (length >= RESTANTE_STORE_VALUE_MAX)
            luaL_error(lua, "session.store: a string has at most %d octets", RESTANTE_STORE_VALUE_MAX - 1);
        text[0] = 's';
        lua_clean(text + 1, RESTANTE_STORE_VALUE_MAX, lua_tostring(lua, 3), length);
        if (memcmp(text + 1, lua_tostring(lua, 3), length + 1) != 0)
            luaL_error(lua, "session.store: a string is printable ASCII");
        return text;
    default:
        luaL_error(lua, "session.store: keeps strings, numbers and booleans, not a %s value", luaL_typename(lua, 3));
        return NULL;
    }
}

static int store_newindex(lua_State *lua)
{
    const char *name;
    const struct restante_store *store = store_check(lua, &name);
    char text[RESTANTE_STORE_VALUE_MAX + 1];
    const char *value = store_text(lua, text);
    if (!store && !value)
        return 0;
    if (!store || !store->put(store, name, value))
        return luaL_error(lua, "session.store: \"%s\" cannot be kept", name);
    return 0;
}

void lua_store_prepare(lua_State *lua)
{
    luaL_newmetatable(lua, store_type);
    lua_pushcfunction(lua, store_index);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, store_newindex);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

void lua_store_push(lua_State *lua)
{
    uint64_t *call = lua_newuserdatauv(lua, sizeof(*call), 0);
    *call = lua_policy_of(lua)->call;
    luaL_setmetatable(lua, store_type);
}
