/*
 * lua/lua_value.c - values of settings. In the nursery, while a script loads.
 */
#include "lua_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const lua_value_types[] = {
    [LUA_VALUE_DURATION] = "duration", [LUA_VALUE_SIZE] = "size",     [LUA_VALUE_INTEGER] = "integer",
    [LUA_VALUE_BOOLEAN] = "boolean",   [LUA_VALUE_STRING] = "string", [LUA_VALUE_CHOICE] = "choice",
    [LUA_VALUE_DATE] = "date",         [LUA_VALUE_LIST] = "list",     [LUA_VALUE_TYPES] = NULL,
};
const char *const lua_value_expected[] = {
    [LUA_VALUE_DURATION] = "a duration, seconds or \"30s\", \"10m\", \"7d\"",
    [LUA_VALUE_SIZE] = "a size, octets or \"64K\", \"10M\"",
    [LUA_VALUE_INTEGER] = "a whole number",
    [LUA_VALUE_BOOLEAN] = "true or false",
    [LUA_VALUE_STRING] = "a string",
    [LUA_VALUE_CHOICE] = "one of",
    [LUA_VALUE_DATE] = "a date such as \"2026-01-31\" or \"2026-01-31 18:30\"",
    [LUA_VALUE_LIST] = "a string or a list of strings",
};

bool lua_value_parse(const char *text, bool is_duration, int64_t *value)
{
    static const struct {
        const char *unit;
        bool is_duration;
        int64_t factor;
    } units[] = {
        {"ms", true, 1},     {"s", true, 1000},       {"m", true, 60000},        {"h", true, 3600000},
        {"d", true, 86400000}, {"w", true, INT64_C(604800000)}, {"", false, 1}, {"K", false, 1024},
        {"M", false, 1048576}, {"G", false, 1073741824},
    };
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9) /* no overflow, whatever the unit */
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].is_duration == is_duration && strcmp(text + digits, units[i].unit) == 0) {
            *value = strtoll(text, NULL, 10) * units[i].factor;
            return true;
        }
    }
    return false;
}

/* Seconds: a whole number where it is one. */
static void value_push_duration(lua_State *lua, int64_t value_ms)
{
    if (value_ms % 1000 == 0)
        lua_pushinteger(lua, value_ms / 1000);
    else
        lua_pushnumber(lua, (lua_Number)value_ms / 1000);
}

/* "2026-01-31", at which the day begins here, or "2026-01-31 18:30"; false: there is no such moment. */
static bool value_parse_date(const char *text, int64_t *when_s)
{
    static const char form[] = "0000-00-00 00:00";
    struct tm local = {.tm_isdst = -1}, day;
    size_t length = strlen(text);
    if (length != 10 && length != 16)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    }
    sscanf(text, "%4d-%2d-%2d %2d:%2d", &local.tm_year, &local.tm_mon, &local.tm_mday, &local.tm_hour, &local.tm_min);
    local.tm_year -= 1900;
    local.tm_mon -= 1;
    day = local;
    *when_s = (int64_t)mktime(&local);
    /* WHY: mktime makes the 2nd of March of the 30th of February. */
    return day.tm_year >= 70 && day.tm_hour < 24 && day.tm_min < 60 && local.tm_mon == day.tm_mon &&
           local.tm_mday == day.tm_mday;
}

static bool value_is_choice(lua_State *lua, int row, const char *text)
{
    int top = lua_gettop(lua);
    bool is_one = false;
    lua_getfield(lua, row, "choices");
    for (lua_Integer i = 1; !is_one && lua_rawgeti(lua, top + 1, i) == LUA_TSTRING; i++) {
        is_one = strcmp(lua_tostring(lua, -1), text) == 0;
        lua_pop(lua, 1);
    }
    lua_settop(lua, top);
    return is_one;
}

bool lua_value_push(lua_State *lua, enum lua_value_type type, int row, const struct restante_key *key)
{
    bool is_text = key->type == RESTANTE_KEY_STRING, is_integer = key->type == RESTANTE_KEY_INTEGER;
    int64_t parsed;
    switch (type) {
    case LUA_VALUE_DURATION:
    case LUA_VALUE_SIZE:
        if (is_integer && key->integer >= 0)
            lua_pushinteger(lua, key->integer);
        else if (is_text && lua_value_parse(key->text, type == LUA_VALUE_DURATION, &parsed))
            type == LUA_VALUE_DURATION ? value_push_duration(lua, parsed) : lua_pushinteger(lua, parsed);
        else
            return false;
        return true;
    case LUA_VALUE_INTEGER:
        if (is_integer)
            lua_pushinteger(lua, key->integer);
        return is_integer;
    case LUA_VALUE_BOOLEAN:
        if (key->type == RESTANTE_KEY_BOOL)
            lua_pushboolean(lua, key->integer != 0);
        return key->type == RESTANTE_KEY_BOOL;
    case LUA_VALUE_CHOICE:
        if (!is_text || !value_is_choice(lua, row, key->text))
            return false;
        lua_pushstring(lua, key->text);
        return true;
    case LUA_VALUE_DATE:
        if (!is_text || !value_parse_date(key->text, &parsed))
            return false;
        lua_pushinteger(lua, parsed);
        return true;
    default:
        if (is_text)
            lua_pushstring(lua, key->text);
        return is_text;
    }
}
