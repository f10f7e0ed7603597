/*
 * lua/lua_settings.c - typed settings of scripts. In the nursery, inside a protected call. Says what is wrong with line,
 * key and the nearest spelling, as Restante does for its own settings.
 */
#include "lua_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_frozen.h"
#include "lua_module.h"

enum settings_type { DURATION, SIZE, INTEGER, BOOLEAN, STRING, CHOICE, LIST, SETTINGS_TYPES };
static const char *const settings_types[] = {
    [DURATION] = "duration", [SIZE] = "size",     [INTEGER] = "integer", [BOOLEAN] = "boolean",
    [STRING] = "string",     [CHOICE] = "choice", [LIST] = "list",       [SETTINGS_TYPES] = NULL,
};
static const char *const settings_expected[] = {
    [DURATION] = "a duration, seconds or \"30s\", \"10m\", \"7d\"",
    [SIZE] = "a size, octets or \"64K\", \"10M\"",
    [INTEGER] = "a whole number",
    [BOOLEAN] = "true or false",
    [STRING] = "a string",
    [CHOICE] = "one of its choices",
    [LIST] = "a string or a list of strings",
};
static const char *const settings_fields[] = {"choices", "default", "help", "max", "min", "required", "type", NULL};

struct settings {
    lua_State *lua;
    const struct restante_policy_item *item;
    char *fault;
    int declared, values; /* on the stack */
    /* The declaration being worked on. */
    const char *name;
    enum settings_type type;
    int row;
};

/* --- faults ------------------------------------------------------------------------------------------------------ */

/* A fault in the configuration. */
static void settings_refuse(const struct settings *settings, uint32_t line, const char *name, const char *what)
    __attribute__((noreturn));
static void settings_refuse(const struct settings *settings, uint32_t line, const char *name, const char *what)
{
    char where[32] = "";
    if (line > 0)
        snprintf(where, sizeof(where), "line %u: ", (unsigned)line);
    snprintf(settings->fault, LUA_SETTINGS_FAULT_MAX, "%s%s.%s: %s", where, settings->item->path, name, what);
    lua_pushnil(settings->lua);
    lua_error(settings->lua);
    abort();
}

static void settings_refuse_value(const struct settings *settings, const struct restante_key *key)
{
    char shown[48], what[160];
    if (key->type == RESTANTE_KEY_STRING)
        lua_clean(shown, sizeof(shown), key->text, strlen(key->text));
    else if (key->type == RESTANTE_KEY_BOOL)
        snprintf(shown, sizeof(shown), "%s", key->integer ? "true" : "false");
    else
        snprintf(shown, sizeof(shown), "%" PRId64, key->integer);
    snprintf(what, sizeof(what), key->type == RESTANTE_KEY_STRING ? "is \"%s\", but must be %s" : "is %s, but must be %s",
             shown, settings_expected[settings->type]);
    settings_refuse(settings, key->line, key->name, what);
}

/* --- values ------------------------------------------------------------------------------------------------------ */

/* "30s" and the like, in the unit's smallest part; false: it is none. */
static bool settings_parse(const char *text, bool is_duration, int64_t *value)
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
static void settings_push_duration(lua_State *lua, int64_t value_ms)
{
    if (value_ms % 1000 == 0)
        lua_pushinteger(lua, value_ms / 1000);
    else
        lua_pushnumber(lua, (lua_Number)value_ms / 1000);
}

static bool settings_is_choice(const struct settings *settings, const char *text)
{
    lua_State *lua = settings->lua;
    int top = lua_gettop(lua);
    bool is_one = false;
    lua_getfield(lua, settings->row, "choices");
    for (lua_Integer i = 1; !is_one && lua_rawgeti(lua, top + 1, i) == LUA_TSTRING; i++) {
        is_one = strcmp(lua_tostring(lua, -1), text) == 0;
        lua_pop(lua, 1);
    }
    lua_settop(lua, top);
    return is_one;
}

/* Push the value that a key gives; false (and nothing pushed): it is none of this type. */
static bool settings_push(const struct settings *settings, const struct restante_key *key)
{
    lua_State *lua = settings->lua;
    bool is_text = key->type == RESTANTE_KEY_STRING, is_integer = key->type == RESTANTE_KEY_INTEGER;
    int64_t parsed;
    switch (settings->type) {
    case DURATION:
    case SIZE:
        if (is_integer && key->integer >= 0)
            lua_pushinteger(lua, key->integer);
        else if (is_text && settings_parse(key->text, settings->type == DURATION, &parsed))
            settings->type == DURATION ? settings_push_duration(lua, parsed) : lua_pushinteger(lua, parsed);
        else
            return false;
        return true;
    case INTEGER:
        if (is_integer)
            lua_pushinteger(lua, key->integer);
        return is_integer;
    case BOOLEAN:
        if (key->type == RESTANTE_KEY_BOOL)
            lua_pushboolean(lua, key->integer != 0);
        return key->type == RESTANTE_KEY_BOOL;
    case CHOICE:
        if (!is_text || !settings_is_choice(settings, key->text))
            return false;
        lua_pushstring(lua, key->text);
        return true;
    default:
        if (is_text)
            lua_pushstring(lua, key->text);
        return is_text;
    }
}

/* The declared min or max as this type's number; false: none. */
static bool settings_bound(const struct settings *settings, const char *field, lua_Number *bound)
{
    lua_State *lua = settings->lua;
    bool is_there = lua_getfield(lua, settings->row, field) != LUA_TNIL;
    int64_t parsed;
    if (lua_type(lua, -1) == LUA_TNUMBER) {
        *bound = lua_tonumber(lua, -1);
    } else if (is_there) {
        const char *text = lua_tostring(lua, -1);
        if (settings->type > SIZE || !text || !settings_parse(text, settings->type == DURATION, &parsed))
            luaL_error(lua, "settings.%s: its %s must be a number", settings->name, field);
        *bound = settings->type == DURATION ? (lua_Number)parsed / 1000 : (lua_Number)parsed;
    }
    lua_pop(lua, 1);
    return is_there;
}

/* Is the value at the top within its range? */
static bool settings_is_in_range(const struct settings *settings)
{
    lua_Number value, bound;
    if (settings->type > INTEGER)
        return true;
    value = lua_tonumber(settings->lua, -1);
    if (settings_bound(settings, "min", &bound) && value < bound)
        return false;
    return !settings_bound(settings, "max", &bound) || value <= bound;
}

/* --- what the configuration gives --------------------------------------------------------------------------------- */

/* The place of `key` in a list of this name: 0: not one of its; the list may also be a single string (1). */
static lua_Integer settings_place(const struct settings *settings, const struct restante_key *key)
{
    size_t length = strlen(settings->name);
    if (strncmp(key->name, settings->name, length) != 0)
        return 0;
    if (!key->name[length])
        return 1;
    size_t digits = key->name[length] == '.' ? strspn(key->name + length + 1, "0123456789") : 0;
    if (digits == 0 || digits > 6 || key->name[length + 1 + digits])
        return key->name[length] == '.' ? -1 : 0;
    return strtoll(key->name + length + 1, NULL, 10);
}

/* Push the given value; false: none is given. */
static bool settings_push_given(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    bool is_given = false;
    for (size_t i = 0; i < settings->item->keys_count; i++) {
        const struct restante_key *key = &settings->item->keys[i];
        lua_Integer place = settings_place(settings, key);
        if (place == 0)
            continue;
        if (settings->type == LIST && !is_given)
            lua_newtable(lua);
        is_given = true;
        if (place < 0 || (settings->type != LIST && strchr(key->name, '.')))
            settings_refuse(settings, key->line, key->name, "is in a table, but this setting takes none of this form");
        if (!settings_push(settings, key))
            settings_refuse_value(settings, key);
        if (!settings_is_in_range(settings))
            settings_refuse(settings, key->line, key->name, "is outside of the range that the policy allows");
        if (settings->type == LIST)
            lua_rawseti(lua, -2, place);
    }
    return is_given;
}

/* Push the default; false: there is none. */
static bool settings_push_default(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    struct restante_key key = {.name = settings->name};
    int type = lua_getfield(lua, settings->row, "default");
    if (type == LUA_TNIL)
        return false;
    if (settings->type == LIST && type == LUA_TTABLE)
        return true;
    if (type == LUA_TSTRING) {
        key.type = RESTANTE_KEY_STRING;
        key.text = lua_tostring(lua, -1);
    } else if (type == LUA_TBOOLEAN) {
        key.type = RESTANTE_KEY_BOOL;
        key.integer = lua_toboolean(lua, -1);
    } else if (lua_isinteger(lua, -1)) {
        key.type = RESTANTE_KEY_INTEGER;
        key.integer = lua_tointeger(lua, -1);
    }
    if (!key.type || settings->type == LIST || !settings_push(settings, &key) || !settings_is_in_range(settings))
        luaL_error(lua, "settings.%s: its default must be %s within its range", settings->name,
                   settings_expected[settings->type]);
    lua_remove(lua, -2);
    return true;
}

/* --- declarations ------------------------------------------------------------------------------------------------- */

static void settings_check_row(struct settings *settings)
{
    lua_State *lua = settings->lua;
    for (lua_pushnil(lua); lua_next(lua, settings->row); lua_pop(lua, 1)) {
        const char *field = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
        const char *nearest = lua_clean_nearest(field, settings_fields);
        if (!nearest || strcmp(nearest, field) != 0)
            luaL_error(lua, "settings.%s.%s: there is no such field%s%s%s", settings->name, field,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    }
    const char *type = lua_getfield(lua, settings->row, "type") == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    for (settings->type = DURATION; settings->type < SETTINGS_TYPES; settings->type++) {
        if (strcmp(settings_types[settings->type], type) == 0)
            break;
    }
    if (settings->type == SETTINGS_TYPES) {
        const char *nearest = lua_clean_nearest(type, settings_types);
        luaL_error(lua, "settings.%s: its type is \"%s\"; did you mean \"%s\"?", settings->name, type,
                   nearest ? nearest : "string");
    }
    lua_pop(lua, 1);
    bool has_choices = lua_getfield(lua, settings->row, "choices") == LUA_TTABLE && lua_rawlen(lua, -1) > 0;
    lua_pop(lua, 1);
    if (settings->type == CHOICE && !has_choices)
        luaL_error(lua, "settings.%s: a choice needs choices, a list of strings", settings->name);
}

static void settings_check_name(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    if (!settings->name || !lua_clean_is_name(settings->name, 63))
        luaL_error(lua, "settings: names are of a-z, 0-9, _ and -");
    for (size_t i = 0; i < LUA_SETTING_COUNT; i++) {
        if (strcmp(settings->name, lua_module_settings[i].name) == 0 || strcmp(settings->name, "driver") == 0)
            luaL_error(lua, "settings.%s: is a name of the engine's own", settings->name);
    }
}

/* One that is required is not given. */
static void settings_miss(const struct settings *settings)
{
    struct lua_policy *policy = lua_policy_of(settings->lua);
    if (!policy->is_on_trial)
        settings_refuse(settings, 0, settings->name, "is missing, but the policy needs it");
    snprintf(policy->lacks, sizeof(policy->lacks), "%s", settings->name);
}

/* The declaration at the top of the stack becomes a value in settings->values. */
static void settings_make_one(struct settings *settings)
{
    lua_State *lua = settings->lua;
    settings_check_name(settings);
    if (!lua_istable(lua, settings->row))
        luaL_error(lua, "settings.%s: must be a table such as { type = \"duration\", default = \"7d\" }",
                   settings->name);
    settings_check_row(settings);
    if (!settings_push_given(settings)) {
        lua_settop(lua, settings->row);
        if (!settings_push_default(settings)) {
            lua_settop(lua, settings->row);
            if (lua_getfield(lua, settings->row, "required") == LUA_TBOOLEAN && lua_toboolean(lua, -1))
                settings_miss(settings);
            lua_pushboolean(lua, 0); /* a name that is known, without a value */
        }
    }
    if (settings->type == LIST && lua_istable(lua, -1))
        lua_frozen_make(lua, "a list of p.settings", false);
    lua_setfield(lua, settings->values, settings->name);
    lua_settop(lua, settings->row);
}

/* A key of the configuration that no declaration takes. */
static void settings_check_keys(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    for (size_t i = 0; i < settings->item->keys_count; i++) {
        const struct restante_key *key = &settings->item->keys[i];
        char name[64], what[160], nearest[64] = "";
        size_t best;
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(key->name, "."), key->name);
        if (lua_getfield(lua, settings->values, name) != LUA_TNIL) {
            lua_pop(lua, 1);
            continue;
        }
        best = lua_clean_farthest(name);
        for (lua_pop(lua, 1), lua_pushnil(lua); lua_next(lua, settings->values); lua_pop(lua, 1)) {
            if (lua_clean_is_nearer(name, lua_tostring(lua, -2), &best))
                snprintf(nearest, sizeof(nearest), "%s", lua_tostring(lua, -2));
        }
        for (size_t own = 0; own < LUA_SETTING_COUNT; own++) {
            if (lua_clean_is_nearer(name, lua_module_settings[own].name, &best))
                snprintf(nearest, sizeof(nearest), "%s", lua_module_settings[own].name);
        }
        snprintf(what, sizeof(what), "there is no such setting%s%s%s",
                 nearest[0] ? "; did you mean \"" : "; the policy declares those it has", nearest,
                 nearest[0] ? "\"?" : "");
        settings_refuse(settings, key->line, name, what);
    }
}

void lua_settings_make(lua_State *lua, int declared, const struct restante_policy_item *item,
                       char fault[LUA_SETTINGS_FAULT_MAX])
{
    struct settings settings = {.lua = lua, .item = item, .fault = fault, .declared = lua_absindex(lua, declared)};
    luaL_checkstack(lua, 20, NULL);
    lua_newtable(lua);
    settings.values = lua_gettop(lua);
    if (!lua_isnil(lua, settings.declared)) {
        if (!lua_istable(lua, settings.declared))
            luaL_error(lua, "settings: is a %s value, but must be a table", luaL_typename(lua, settings.declared));
        for (lua_pushnil(lua); lua_next(lua, settings.declared); lua_pop(lua, 1)) {
            settings.row = lua_gettop(lua);
            settings.name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : NULL;
            settings_make_one(&settings);
        }
    }
    settings_check_keys(&settings);
    lua_frozen_make(lua, "p.settings", true);
}
