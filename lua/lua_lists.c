/*
 * lua/lua_lists.c - table functions. In the nursery and its workers.
 *
 * WHY: Lua's own trust a length: with a metatable, or elements at the powers of two, table.insert and table.move run
 * for 2^62 steps inside one call, and table.sort believes any comparator. These work on the table itself, without
 * metamethods.
 */
#include "lua_lists.h"

#include "lua_budget.h"

enum { LUA_LISTS_MAX = 1000000 };

/* The length of the list; the caller may charge for moving all of it. */
static lua_Integer lists_check(lua_State *lua, int index)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    if (lua_getmetatable(lua, index))
        luaL_argerror(lua, index, "has a metatable, but must be a plain list that may be changed");
    lua_Unsigned length = lua_rawlen(lua, index);
    luaL_argcheck(lua, length <= LUA_LISTS_MAX, index, "is longer than a list may be");
    return (lua_Integer)length;
}

/* insert(list, [place,] value) */
static int lists_insert(lua_State *lua)
{
    lua_Integer end = lists_check(lua, 1) + 1, place = end;
    if (lua_gettop(lua) == 3)
        place = luaL_checkinteger(lua, 2);
    else if (lua_gettop(lua) != 2)
        return luaL_error(lua, "insert takes two or three arguments");
    luaL_argcheck(lua, place >= 1 && place <= end, 2, "is outside of the list");
    lua_budget_charge(lua, (uint64_t)(end - place));
    for (lua_Integer i = end; i > place; i--) {
        lua_rawgeti(lua, 1, i - 1);
        lua_rawseti(lua, 1, i);
    }
    lua_rawseti(lua, 1, place);
    return 0;
}

/* remove(list [, place]): what was there */
static int lists_remove(lua_State *lua)
{
    lua_Integer length = lists_check(lua, 1), place = luaL_optinteger(lua, 2, length);
    if (length == 0)
        return 0;
    luaL_argcheck(lua, place >= 1 && place <= length, 2, "is outside of the list");
    lua_budget_charge(lua, (uint64_t)(length - place));
    lua_rawgeti(lua, 1, place);
    for (lua_Integer i = place; i < length; i++) {
        lua_rawgeti(lua, 1, i + 1);
        lua_rawseti(lua, 1, i);
    }
    lua_pushnil(lua);
    lua_rawseti(lua, 1, length);
    return 1;
}

/* How many elements from `from` to `to`; refuses more than a list may have. */
static lua_Integer lists_check_range(lua_State *lua, lua_Integer from, lua_Integer to)
{
    if (from > to)
        return 0;
    if ((lua_Unsigned)to - (lua_Unsigned)from >= LUA_LISTS_MAX)
        luaL_error(lua, "the range is longer than a list may be");
    lua_Integer count = to - from + 1;
    lua_budget_charge(lua, (uint64_t)count);
    return count;
}

/* move(list, from, to, place [, other]) */
static int lists_move(lua_State *lua)
{
    lua_Integer from = luaL_checkinteger(lua, 2), to = luaL_checkinteger(lua, 3), place = luaL_checkinteger(lua, 4);
    int other = lua_isnoneornil(lua, 5) ? 1 : 5;
    lists_check(lua, 1);
    lists_check(lua, other);
    lua_Integer count = lists_check_range(lua, from, to);
    luaL_argcheck(lua, place <= LUA_MAXINTEGER - count, 4, "is too large");
    bool is_upwards = place <= from || place > to || other != 1;
    for (lua_Integer i = 0; i < count; i++) {
        lua_Integer step = is_upwards ? i : count - 1 - i;
        lua_rawgeti(lua, 1, from + step);
        lua_rawseti(lua, other, place + step);
    }
    lua_pushvalue(lua, other);
    return 1;
}

/* unpack(list [, from [, to]]) */
static int lists_unpack(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_Integer from = luaL_optinteger(lua, 2, 1);
    lua_Integer to = lua_isnoneornil(lua, 3) ? luaL_len(lua, 1) : luaL_checkinteger(lua, 3);
    lua_Integer count = lists_check_range(lua, from, to);
    if (!lua_checkstack(lua, (int)count))
        return luaL_error(lua, "too many results to unpack");
    for (lua_Integer i = 0; i < count; i++)
        lua_geti(lua, 1, from + i);
    return (int)count;
}

/* concat(list [, between [, from [, to]]]) */
static int lists_concat(lua_State *lua)
{
    size_t between_length;
    luaL_Buffer buffer;
    luaL_checktype(lua, 1, LUA_TTABLE);
    const char *between = luaL_optlstring(lua, 2, "", &between_length);
    lua_Integer from = luaL_optinteger(lua, 3, 1);
    lua_Integer to = lua_isnoneornil(lua, 4) ? luaL_len(lua, 1) : luaL_checkinteger(lua, 4);
    lua_Integer count = lists_check_range(lua, from, to);
    luaL_buffinit(lua, &buffer);
    for (lua_Integer i = 0; i < count; i++) {
        lua_geti(lua, 1, from + i);
        if (!lua_isstring(lua, -1))
            return luaL_error(lua, "element %I of the list is a %s value, but must be a string or a number", from + i,
                              luaL_typename(lua, -1));
        lua_budget_charge(lua, (lua_rawlen(lua, -1) + between_length) / 16);
        luaL_addvalue(&buffer);
        if (i + 1 < count)
            luaL_addlstring(&buffer, between, between_length);
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* --- sort ------------------------------------------------------------------------------------------------------ */

/* Is element `a` before element `b`? A comparator at index 2, or <. Charged, because none of it need be Lua's. */
static bool lists_is_before(lua_State *lua, lua_Integer a, lua_Integer b)
{
    bool is_before;
    lua_rawgeti(lua, 1, a);
    lua_rawgeti(lua, 1, b);
    uint64_t octets = lua_type(lua, -2) == LUA_TSTRING ? lua_rawlen(lua, -2) : 0;
    lua_budget_charge(lua, 1 + octets / 16);
    if (lua_isnil(lua, 2)) {
        is_before = lua_compare(lua, -2, -1, LUA_OPLT);
        lua_pop(lua, 2);
    } else {
        lua_pushvalue(lua, 2);
        lua_insert(lua, -3);
        lua_call(lua, 2, 1);
        is_before = lua_toboolean(lua, -1);
        lua_pop(lua, 1);
    }
    return is_before;
}

static void lists_swap(lua_State *lua, lua_Integer a, lua_Integer b)
{
    lua_rawgeti(lua, 1, a);
    lua_rawgeti(lua, 1, b);
    lua_rawseti(lua, 1, a);
    lua_rawseti(lua, 1, b);
}

static void lists_sift(lua_State *lua, lua_Integer root, lua_Integer length)
{
    for (lua_Integer child = 2 * root; child <= length; root = child, child = 2 * root) {
        if (child < length && lists_is_before(lua, child, child + 1))
            child++;
        if (!lists_is_before(lua, root, child))
            return;
        lists_swap(lua, root, child);
    }
}

/* sort(list [, is_before]): a heap, whose steps are bounded whatever the comparator says. */
static int lists_sort(lua_State *lua)
{
    lua_Integer length = lists_check(lua, 1);
    lua_settop(lua, 2);
    if (!lua_isnil(lua, 2))
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    for (lua_Integer root = length / 2; root >= 1; root--)
        lists_sift(lua, root, length);
    for (lua_Integer end = length; end > 1; end--) {
        lists_swap(lua, 1, end);
        lists_sift(lua, 1, end - 1);
    }
    return 0;
}

const luaL_Reg lua_lists[] = {
    {"concat", lists_concat}, {"insert", lists_insert}, {"move", lists_move},     {"remove", lists_remove},
    {"sort", lists_sort},     {"unpack", lists_unpack}, {NULL, NULL},
};
