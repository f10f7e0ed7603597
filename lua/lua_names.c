#include "lua_names.h"

#include <stdlib.h>
#include <string.h>

#include "lua_clean.h"
#include "lua_frozen.h"

bool lua_names_add(struct lua_names *names, const char *name)
{
    char **items = realloc(names->items, (names->count + 2) * sizeof(*items));
    if (!items)
        return false;
    names->items = items;
    items[names->count] = strdup(name);
    if (!items[names->count])
        return false;
    items[++names->count] = NULL;
    return true;
}

bool lua_names_add_keys(struct lua_names *names, lua_State *lua, int index)
{
    int top = lua_gettop(lua);
    bool is_good = true;
    if (!lua_frozen_push_true(lua, index))
        lua_pushvalue(lua, index);
    int table = lua_gettop(lua);
    for (lua_pushnil(lua); is_good && lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) == LUA_TSTRING)
            is_good = lua_names_add(names, lua_tostring(lua, -2));
    }
    lua_settop(lua, top);
    return is_good;
}

bool lua_names_has(const struct lua_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return true;
    }
    return false;
}

const char *lua_names_nearest(const struct lua_names *names, const char *name)
{
    return names->items ? lua_clean_nearest(name, (const char *const *)names->items) : NULL;
}

void lua_names_free(struct lua_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct lua_names){.items = NULL};
}
