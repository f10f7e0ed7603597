/*
 * lua/lua_test_native.c - what the made-up server of tests needs from C: starting policies, times, durations.
 */
#include "lua_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_module.h"
#include "lua_script.h"
#include "lua_value.h"

enum { NATIVE_KEYS_MAX = 1000, NATIVE_PATH_MAX = 4096 };

static const char native_policy_type[] = "test.policy";

static struct lua_test *native_test(lua_State *lua)
{
    return lua_touserdata(lua, lua_upvalueindex(1));
}

struct lua_test_policy *lua_test_check_policy(lua_State *lua, int index)
{
    return luaL_checkudata(lua, index, native_policy_type);
}

static int native_policy_gc(lua_State *lua)
{
    struct lua_test_policy *policy = lua_test_check_policy(lua, 1);
    lua_policy_free(&policy->policy);
    return 0;
}

/* --- starting ---------------------------------------------------------------------------------------------------- */

/* Beside the test, in the folder above it, among those that are shipped. False: in none of them. */
static bool native_find(const struct lua_test *test, const char *name, char path[NATIVE_PATH_MAX])
{
    static const char *const places[] = {"", "../"};
    const char *slash = strrchr(test->file, '/');
    int folder = slash ? (int)(slash - test->file) + 1 : 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, NATIVE_PATH_MAX, "%.*s%s%s.lua", folder, test->file, places[i], name);
        if (access(path, F_OK) == 0)
            return true;
    }
    snprintf(path, NATIVE_PATH_MAX, "%s/%s.lua", LUA_SHIPPED_POLICIES, name);
    return access(path, F_OK) == 0;
}

/* The text of field `name` of the table at the top; it lives as long as the table. */
static const char *native_text(lua_State *lua, const char *name)
{
    const char *text = lua_getfield(lua, -1, name) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
    lua_pop(lua, 1);
    if (!text)
        luaL_error(lua, "%s: must be a string", name);
    return text;
}

static void native_take_key(lua_State *lua, struct restante_key *key)
{
    key->name = native_text(lua, "name");
    switch (lua_getfield(lua, -1, "value")) {
    case LUA_TBOOLEAN:
        key->type = RESTANTE_KEY_BOOL;
        key->integer = lua_toboolean(lua, -1);
        break;
    case LUA_TSTRING:
        key->type = RESTANTE_KEY_STRING;
        key->text = lua_tostring(lua, -1);
        break;
    default:
        if (!lua_isinteger(lua, -1))
            luaL_error(lua, "%s: is a %s value, but must be a string, a whole number, true or false", key->name,
                       luaL_typename(lua, -1));
        key->type = RESTANTE_KEY_INTEGER;
        key->integer = lua_tointeger(lua, -1);
        break;
    }
    lua_pop(lua, 1);
}

/* Settings of the engine's own: a test may set those that change what happens. */
static bool native_take_own(lua_State *lua, const struct restante_key *key, struct restante_value *values)
{
    for (size_t i = 0; i < LUA_SETTING_COUNT; i++) {
        if (strcmp(key->name, lua_module_settings[i].name) != 0)
            continue;
        if (i == LUA_SETTING_ON_ERROR && key->type == RESTANTE_KEY_STRING)
            values[i] = (struct restante_value){.is_set = true, .text = key->text};
        else if (i == LUA_SETTING_INSTRUCTIONS && key->type == RESTANTE_KEY_INTEGER)
            values[i] = (struct restante_value){.is_set = true, .integer = key->integer};
        else
            luaL_error(lua, "%s: cannot be set in a test", key->name);
        return true;
    }
    return false;
}

/* From the list at `index` to an array that lives as long as the value pushed for it. */
static struct restante_key *native_keys(lua_State *lua, int index, struct restante_value *values, size_t *count)
{
    size_t listed = lua_rawlen(lua, index);
    luaL_argcheck(lua, listed <= NATIVE_KEYS_MAX, index, "has too many settings");
    struct restante_key *keys = lua_newuserdatauv(lua, (listed + 1) * sizeof(*keys), 0);
    *count = 0;
    for (size_t i = 1; i <= listed; i++) {
        struct restante_key *key = &keys[*count];
        *key = (struct restante_key){.line = 0};
        lua_rawgeti(lua, index, (lua_Integer)i);
        native_take_key(lua, key);
        lua_pop(lua, 1);
        if (!native_take_own(lua, key, values))
            ++*count;
    }
    return keys;
}

/* The made-up files at `index`, as a userdata that the policy keeps. */
static struct lua_policy_file *native_files(lua_State *lua, int index, size_t *count)
{
    *count = lua_rawlen(lua, index);
    struct lua_policy_file *files = lua_newuserdatauv(lua, (*count + 1) * sizeof(*files), 1);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(lua, index, (lua_Integer)i + 1);
        files[i] = (struct lua_policy_file){.path = native_text(lua, "path"), .text = native_text(lua, "text")};
        files[i].length = strlen(files[i].text);
        lua_pop(lua, 1);
    }
    lua_pushvalue(lua, index); /* what the texts belong to */
    lua_setiuservalue(lua, -2, 1);
    return files;
}

static struct lua_test_policy *native_make(lua_State *lua, const struct lua_test *test,
                                           const struct restante_value *values)
{
    struct lua_test_policy *made = lua_newuserdatauv(lua, sizeof(*made), 1);
    *made = (struct lua_test_policy){.policy = NULL};
    luaL_setmetatable(lua, native_policy_type);
    made->policy = lua_policy_make(&test->quiet_host, values);
    if (!made->policy)
        luaL_error(lua, "out of memory");
    return made;
}

/* start(script, settings, files): the policy, its name, what on_error is */
static int native_start(lua_State *lua)
{
    static const char *const on_error[] = {"refuse", "try-later", "allow"};
    const struct lua_test *test = native_test(lua);
    const char *script = luaL_checkstring(lua, 1);
    struct restante_value values[LUA_SETTING_COUNT];
    struct restante_policy_item item = {.path = "policy", .values = values};
    struct restante_policy_terms terms;
    struct restante_error error = {.log = ""};
    char path[NATIVE_PATH_MAX];
    lua_module_defaults(values);
    if (!lua_clean_is_name(script, 63))
        return luaL_error(lua, "policy: the script is named without folder and ending");
    if (!native_find(test, script, path))
        return luaL_error(lua, "policy: there is no %s.lua beside the test, above it or among the shipped ones", script);
    values[LUA_SETTING_SCRIPT] = (struct restante_value){.is_set = true, .text = path};
    item.keys = native_keys(lua, 2, values, &item.keys_count);
    size_t files_count;
    struct lua_policy_file *files = native_files(lua, 3, &files_count);
    struct lua_test_policy *made = native_make(lua, test, values);
    lua_pushvalue(lua, -2);
    lua_setiuservalue(lua, -2, 1);
    made->policy->files = files;
    made->policy->files_count = files_count;
    if (lua_script_load(made->policy, &item, &terms, &error) != RESTANTE_OK)
        return luaL_error(lua, "%s", error.log);
    made->announced = terms.announcement;
    lua_pushstring(lua, made->policy->name);
    lua_pushstring(lua, on_error[made->policy->on_error]);
    return 3;
}

/* --- times ------------------------------------------------------------------------------------------------------- */

/* duration("7d"), or seconds */
static int native_duration(lua_State *lua)
{
    int64_t value_ms;
    if (lua_isinteger(lua, 1)) {
        lua_settop(lua, 1);
        return 1;
    }
    const char *text = luaL_checkstring(lua, 1);
    bool is_negative = text[0] == '-';
    if (!lua_value_parse(text + is_negative, true, &value_ms))
        return luaL_error(lua, "\"%s\" is no duration, such as \"30s\", \"10m\" or \"7d\"", text);
    lua_pushinteger(lua, (is_negative ? -value_ms : value_ms) / 1000);
    return 1;
}

/* time("2026-03-01 09:00"), local, or seconds */
static int native_time(lua_State *lua)
{
    struct tm when = {.tm_isdst = -1};
    int behind = 0;
    if (lua_isinteger(lua, 1)) {
        lua_settop(lua, 1);
        return 1;
    }
    const char *text = luaL_checkstring(lua, 1);
    int fields = sscanf(text, "%4d-%2d-%2d%n %2d:%2d%n:%2d%n", &when.tm_year, &when.tm_mon, &when.tm_mday, &behind,
                        &when.tm_hour, &when.tm_min, &behind, &when.tm_sec, &behind);
    bool is_good = fields >= 3 && fields != 4 && !text[behind] && when.tm_mon >= 1 && when.tm_mon <= 12;
    when.tm_year -= 1900;
    when.tm_mon--;
    time_t seconds = is_good ? mktime(&when) : -1;
    if (seconds < 0)
        return luaL_error(lua, "\"%s\" is no time, such as \"2026-03-01\" or \"2026-03-01 09:00\"", text);
    lua_pushinteger(lua, (lua_Integer)seconds);
    return 1;
}

void lua_test_push_native(lua_State *lua, struct lua_test *test)
{
    static const luaL_Reg functions[] = {
        {"announce", lua_test_announce}, {"ask", lua_test_ask},   {"duration", native_duration},
        {"start", native_start},         {"time", native_time},   {NULL, NULL},
    };
    luaL_newmetatable(lua, native_policy_type);
    lua_pushcfunction(lua, native_policy_gc);
    lua_setfield(lua, -2, "__gc");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
    lua_newtable(lua);
    lua_pushlightuserdata(lua, test);
    luaL_setfuncs(lua, functions, 1);
}
