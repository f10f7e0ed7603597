/*
 * conf/script_poison.c - the value of names that do not exist. Master only, inside a protected call.
 */
#include "conf/script_poison.h"

#include <stddef.h>

static const char poison_key;

static int poison_result(lua_State *lua)
{
    poison_push(lua);
    return 1;
}

static int poison_call(lua_State *lua)
{
    /* `for k, v in pairs(t)`: called with nil, nil it is a loop's first step, and the loop ends. */
    if (lua_gettop(lua) == 3 && lua_isnil(lua, 2) && lua_isnil(lua, 3))
        return 0;
    return poison_result(lua);
}

static int poison_ignore(lua_State *lua)
{
    (void)lua;
    return 0;
}

static int poison_false(lua_State *lua)
{
    lua_pushboolean(lua, 0);
    return 1;
}

void poison_make(lua_State *lua)
{
    static const struct {
        const char *event;
        lua_CFunction function;
    } events[] = {
        {"__index", poison_result}, {"__newindex", poison_ignore}, {"__call", poison_call},
        {"__concat", poison_result}, {"__len", poison_result},     {"__unm", poison_result},
        {"__add", poison_result},   {"__sub", poison_result},      {"__mul", poison_result},
        {"__div", poison_result},   {"__mod", poison_result},      {"__pow", poison_result},
        {"__idiv", poison_result},  {"__band", poison_result},     {"__bor", poison_result},
        {"__bxor", poison_result},  {"__shl", poison_result},      {"__shr", poison_result},
        {"__bnot", poison_result},  {"__lt", poison_false},        {"__le", poison_false},
    };
    lua_newuserdatauv(lua, 1, 0);
    lua_createtable(lua, 0, (int)(sizeof(events) / sizeof(events[0])));
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        lua_pushcfunction(lua, events[i].function);
        lua_setfield(lua, -2, events[i].event);
    }
    lua_setmetatable(lua, -2);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &poison_key);
}

void poison_push(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &poison_key);
}

bool poison_is(lua_State *lua, int index)
{
    return lua_type(lua, index) == LUA_TUSERDATA;
}
