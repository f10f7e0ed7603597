/*
 * lua/lua_text.c - plain search, glob, split and bounded repetition. In the nursery and its workers.
 *
 * WHY: Lua's patterns backtrack inside one call, its plain find is quadratic, and string.rep("", 2^62) never ends: no
 * hook sees any of that.
 */
#include "lua_text.h"

#include <ctype.h>
#include <string.h>

#include "lua_budget.h"

enum { LUA_TEXT_GLOB_MAX = 255, LUA_TEXT_OCTETS_PER_STEP = 16 };

static const char *text_check(lua_State *lua, int index, size_t *length)
{
    const char *text = luaL_checklstring(lua, index, length);
    lua_budget_charge(lua, *length / LUA_TEXT_OCTETS_PER_STEP);
    return text;
}

/* find(text, what [, from]): where it begins and ends, or nil. A fourth argument is Lua's "plain", and always so. */
static int text_find(lua_State *lua)
{
    size_t length, what_length;
    const char *text = text_check(lua, 1, &length);
    const char *what = text_check(lua, 2, &what_length);
    lua_Integer from = luaL_optinteger(lua, 3, 1);
    if (from < 0)
        from = from < -(lua_Integer)length ? 1 : (lua_Integer)length + 1 + from;
    if (from == 0)
        from = 1;
    if ((lua_Unsigned)from > length + 1)
        return 0;
    const char *begin = text + (size_t)from - 1;
    const char *found = memmem(begin, length - (size_t)from + 1, what, what_length);
    if (!found)
        return 0;
    lua_pushinteger(lua, (lua_Integer)(found - text) + 1);
    lua_pushinteger(lua, (lua_Integer)((size_t)(found - text) + what_length));
    return 2;
}

static int text_rep(lua_State *lua)
{
    size_t length, between_length;
    const char *text = luaL_checklstring(lua, 1, &length);
    lua_Integer count = luaL_checkinteger(lua, 2);
    const char *between = luaL_optlstring(lua, 3, "", &between_length);
    size_t part = length + between_length, max = lua_budget_of(lua)->memory_max;
    luaL_Buffer buffer;
    if (count <= 0 || part == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((lua_Unsigned)count > max / part)
        return lua_budget_overrun(lua, "it takes more memory than its limit");
    size_t total = (size_t)count * part - between_length;
    lua_budget_charge(lua, total / LUA_TEXT_OCTETS_PER_STEP + (size_t)count / 32);
    char *at = luaL_buffinitsize(lua, &buffer, total);
    for (lua_Integer i = 0; i < count; i++) {
        memcpy(at, text, length);
        at += length;
        if (i + 1 < count)
            memcpy(at, between, between_length);
        at += between_length;
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

/* Does `text` as a whole fit? * is any run, ? any one octet; case does not matter. */
static bool text_matches(const char *glob, const char *text, const char *end)
{
    const char *star = NULL, *retry = NULL;
    while (text < end) {
        if (*glob == '*') {
            star = ++glob;
            retry = text;
        } else if (*glob && (*glob == '?' || tolower((unsigned char)*glob) == tolower((unsigned char)*text))) {
            glob++;
            text++;
        } else if (star) {
            glob = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    return glob[strspn(glob, "*")] == '\0';
}

bool lua_text_fits(lua_State *lua, const char *pattern, const char *text)
{
    size_t length = strlen(text);
    lua_budget_charge(lua, length * (strlen(pattern) + 1) / LUA_TEXT_OCTETS_PER_STEP);
    return text_matches(pattern, text, text + length);
}

/* glob(pattern, text): true or false. */
static int text_glob(lua_State *lua)
{
    size_t glob_length, length;
    const char *glob = luaL_checklstring(lua, 1, &glob_length);
    const char *text = luaL_checklstring(lua, 2, &length);
    luaL_argcheck(lua, glob_length <= LUA_TEXT_GLOB_MAX && strlen(glob) == glob_length, 1,
                  "is longer than 255 octets or holds a NUL");
    lua_budget_charge(lua, length * (glob_length + 1) / LUA_TEXT_OCTETS_PER_STEP);
    lua_pushboolean(lua, text_matches(glob, text, text + length));
    return 1;
}

/* split(text, separator): the parts, a list; an empty text has none. */
static int text_split(lua_State *lua)
{
    size_t length, separator_length;
    const char *text = text_check(lua, 1, &length);
    const char *separator = luaL_checklstring(lua, 2, &separator_length), *end = text + length;
    luaL_argcheck(lua, separator_length > 0, 2, "is empty");
    lua_newtable(lua);
    for (lua_Integer part = 1; length > 0; part++) {
        const char *found = memmem(text, (size_t)(end - text), separator, separator_length);
        lua_budget_charge(lua, 1);
        lua_pushlstring(lua, text, (size_t)((found ? found : end) - text));
        lua_rawseti(lua, -2, part);
        if (!found)
            break;
        text = found + separator_length;
    }
    return 1;
}

static int text_charged(lua_State *lua)
{
    int arguments = lua_gettop(lua);
    uint64_t octets = 0;
    for (int i = 1; i <= arguments; i++)
        octets += lua_type(lua, i) == LUA_TSTRING ? lua_rawlen(lua, i) : 0;
    lua_budget_charge(lua, octets / LUA_TEXT_OCTETS_PER_STEP);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, arguments, LUA_MULTRET);
    return lua_gettop(lua);
}

void lua_text_charged(lua_State *lua)
{
    lua_pushcclosure(lua, text_charged, 1);
}

const luaL_Reg lua_text_string[] = {{"find", text_find}, {"rep", text_rep}, {NULL, NULL}};
const luaL_Reg lua_text_restante[] = {
    {"find", text_find}, {"glob", text_glob}, {"split", text_split}, {NULL, NULL}};
