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
#include "lua_value.h"

static const char *const settings_fields[] = {"choices", "default",  "help", "max",
                                              "min",     "none",     "required", "type", NULL};

struct settings {
    lua_State *lua;
    const struct restante_policy_item *item;
    char *fault;
    int declared, base, values; /* on the stack; base 0: what is not given has its default */
    /* The declaration being worked on. */
    const char *name;
    enum lua_value_type type;
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
    snprintf(settings->fault, LUA_SETTINGS_FAULT_MAX, "%s%s%s%s: %s", where, settings->item->path, *name ? "." : "", name,
             what);
    /* Bounds, choices and the like are in the script's own words. */
    lua_clean(settings->fault, LUA_SETTINGS_FAULT_MAX, settings->fault, strlen(settings->fault));
    lua_pushnil(settings->lua);
    lua_error(settings->lua);
    abort();
}

/* The first line of a key that is `name` or below it; 0: there is none. */
static uint32_t settings_line_below(const struct restante_policy_item *item, const char *name, size_t length)
{
    uint32_t first = 0;
    for (size_t i = 0; i < item->keys_count; i++) {
        const struct restante_key *key = &item->keys[i];
        bool is_below = length == 0 || (strncmp(key->name, name, length) == 0 && strchr(".", key->name[length]));
        if (is_below && (first == 0 || key->line < first))
            first = key->line;
    }
    return first;
}

void lua_settings_refuse(lua_State *lua, const struct restante_policy_item *item, const char *name, const char *what,
                         char fault[LUA_SETTINGS_FAULT_MAX])
{
    const struct settings settings = {.lua = lua, .item = item, .fault = fault};
    size_t length = strlen(name);
    uint32_t line = settings_line_below(item, name, length);
    while (line == 0 && length > 0) {
        while (length > 0 && name[--length] != '.')
            continue;
        line = settings_line_below(item, name, length);
    }
    settings_refuse(&settings, line, name, what);
}

/* What the value of the present declaration must be: of a choice, its choices. */
static void settings_write_expected(const struct settings *settings, char *text, size_t capacity)
{
    lua_State *lua = settings->lua;
    size_t used = (size_t)snprintf(text, capacity, "%s", lua_value_expected[settings->type]);
    lua_getfield(lua, settings->row, "choices");
    for (lua_Integer i = 1; settings->type == LUA_VALUE_CHOICE && lua_rawgeti(lua, -1, i) == LUA_TSTRING; i++) {
        if (used < capacity)
            used += (size_t)snprintf(text + used, capacity - used, "%s\"%.30s\"", i > 1 ? ", " : " ",
                                     lua_tostring(lua, -1));
        lua_pop(lua, 1);
    }
    if (lua_getfield(lua, settings->row, "none") == LUA_TSTRING && used < capacity)
        snprintf(text + used, capacity - used, ", or \"%.30s\"", lua_tostring(lua, -1));
}

static void settings_refuse_value(const struct settings *settings, const struct restante_key *key)
{
    char shown[48], expected[200], what[280];
    if (key->type == RESTANTE_KEY_STRING)
        lua_clean(shown, sizeof(shown), key->text, strlen(key->text));
    else if (key->type == RESTANTE_KEY_BOOL)
        snprintf(shown, sizeof(shown), "%s", key->integer ? "true" : "false");
    else
        snprintf(shown, sizeof(shown), "%" PRId64, key->integer);
    settings_write_expected(settings, expected, sizeof(expected));
    snprintf(what, sizeof(what),
             key->type == RESTANTE_KEY_STRING ? "is \"%s\", but must be %s" : "is %s, but must be %s", shown, expected);
    settings_refuse(settings, key->line, key->name, what);
}

/* A bound as the script declares it, behind these words; "" when there is none. */
static void settings_write_bound(const struct settings *settings, const char *field, const char *words, char text[48])
{
    lua_State *lua = settings->lua;
    text[0] = '\0';
    if (lua_getfield(lua, settings->row, field) != LUA_TNIL)
        snprintf(text, 48, "%s %.24s", words, luaL_tolstring(lua, -1, NULL));
}

static void settings_refuse_range(const struct settings *settings, const struct restante_key *key)
{
    char min[48], max[48], what[160];
    settings_write_bound(settings, "min", " at least", min);
    settings_write_bound(settings, "max", " at most", max);
    snprintf(what, sizeof(what), "is outside of the range that the policy allows:%s%s%s", min,
             min[0] && max[0] ? "," : "", max);
    settings_refuse(settings, key->line, key->name, what);
}

/* --- values ------------------------------------------------------------------------------------------------------ */

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
        if (settings->type > LUA_VALUE_SIZE || !text ||
            !lua_value_parse(text, settings->type == LUA_VALUE_DURATION, &parsed))
            luaL_error(lua, "settings.%s: its %s must be a number", settings->name, field);
        *bound = settings->type == LUA_VALUE_DURATION ? (lua_Number)parsed / 1000 : (lua_Number)parsed;
    }
    lua_pop(lua, 1);
    return is_there;
}

/* Is the value at the top within its range? */
static bool settings_is_in_range(const struct settings *settings)
{
    lua_Number value, bound;
    if (settings->type > LUA_VALUE_INTEGER)
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

/* Is it the word for having no value? */
static bool settings_is_none(const struct settings *settings, const struct restante_key *key)
{
    lua_State *lua = settings->lua;
    bool is_none = lua_getfield(lua, settings->row, "none") == LUA_TSTRING && key->type == RESTANTE_KEY_STRING &&
                   strcmp(key->text, lua_tostring(lua, -1)) == 0;
    lua_pop(lua, 1);
    return is_none;
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
        if (!strchr(key->name, '.') && settings_is_none(settings, key)) {
            lua_pushboolean(lua, 0);
            return true;
        }
        if (settings->type == LUA_VALUE_LIST && !is_given)
            lua_newtable(lua);
        is_given = true;
        if (place < 0 || (settings->type != LUA_VALUE_LIST && strchr(key->name, '.')))
            settings_refuse(settings, key->line, key->name, "is in a table, but this setting takes none of this form");
        if (!lua_value_push(lua, settings->type, settings->row, key))
            settings_refuse_value(settings, key);
        if (!settings_is_in_range(settings))
            settings_refuse_range(settings, key);
        if (settings->type == LUA_VALUE_LIST)
            lua_rawseti(lua, -2, place);
    }
    return is_given;
}

/* Push the default; false: there is none. */
static bool settings_push_default(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    struct restante_key key = {.name = settings->name};
    char expected[200];
    int type = lua_getfield(lua, settings->row, "default");
    if (type == LUA_TNIL)
        return false;
    if (settings->type == LUA_VALUE_LIST && type == LUA_TTABLE)
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
    if (!key.type || settings->type == LUA_VALUE_LIST ||
        !lua_value_push(lua, settings->type, settings->row, &key) || !settings_is_in_range(settings)) {
        settings_write_expected(settings, expected, sizeof(expected));
        luaL_error(lua, "settings.%s: its default must be %s within its range", settings->name, expected);
    }
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
    for (settings->type = LUA_VALUE_DURATION; settings->type < LUA_VALUE_TYPES; settings->type++) {
        if (strcmp(lua_value_types[settings->type], type) == 0)
            break;
    }
    if (settings->type == LUA_VALUE_TYPES) {
        const char *nearest = lua_clean_nearest(type, lua_value_types);
        luaL_error(lua, "settings.%s: its type is \"%s\"; did you mean \"%s\"?", settings->name, type,
                   nearest ? nearest : "string");
    }
    lua_pop(lua, 1);
    if (lua_getfield(lua, settings->row, "none") != LUA_TNIL &&
        (settings->type == LUA_VALUE_BOOLEAN || lua_type(lua, -1) != LUA_TSTRING))
        luaL_error(lua, "settings.%s: its none must be a word that stands for no value", settings->name);
    lua_pop(lua, 1);
    bool has_choices = lua_getfield(lua, settings->row, "choices") == LUA_TTABLE && lua_rawlen(lua, -1) > 0;
    lua_pop(lua, 1);
    if (settings->type == LUA_VALUE_CHOICE && !has_choices)
        luaL_error(lua, "settings.%s: a choice needs choices, a list of strings", settings->name);
}

static void settings_check_name(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    if (!settings->name || !lua_clean_is_name(settings->name, 63))
        luaL_error(lua, "settings: names are of a-z, 0-9, _ and -");
    for (size_t i = 0; i < LUA_SETTING_COUNT; i++) {
        if (strcmp(settings->name, lua_module_settings[i].name) == 0 || strcmp(settings->name, "driver") == 0 ||
            strcmp(settings->name, "name") == 0 || strcmp(settings->name, "overrides") == 0)
            luaL_error(lua, "settings.%s: is a name of the engine's own", settings->name);
    }
}

/* One that is required is not given. */
static void settings_miss(const struct settings *settings)
{
    struct lua_policy *policy = lua_policy_of(settings->lua);
    if (!policy->is_on_trial)
        settings_refuse(settings, settings_line_below(settings->item, "", 0), settings->name,
                        "is missing, but the policy needs it");
    snprintf(policy->lacks, sizeof(policy->lacks), "%s", settings->name);
}

/* Push what holds where the configuration says nothing. */
static void settings_push_otherwise(const struct settings *settings)
{
    lua_State *lua = settings->lua;
    if (settings->base && lua_getfield(lua, settings->base, settings->name) != LUA_TNIL)
        return;
    lua_settop(lua, settings->row);
    if (settings_push_default(settings))
        return;
    lua_settop(lua, settings->row);
    if (lua_getfield(lua, settings->row, "required") == LUA_TBOOLEAN && lua_toboolean(lua, -1))
        settings_miss(settings);
    lua_pushboolean(lua, 0); /* a name that is known, without a value */
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
    if (!settings_push_given(settings))
        settings_push_otherwise(settings);
    bool is_frozen = lua_getmetatable(lua, -1); /* as one of `base` is */
    lua_pop(lua, is_frozen ? 1 : 0);
    if (settings->type == LUA_VALUE_LIST && lua_istable(lua, -1) && !is_frozen)
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
        if (!settings->base && strcmp(name, "overrides") == 0)
            continue;
        if (lua_getfield(lua, settings->values, name) != LUA_TNIL) {
            lua_pop(lua, 1);
            continue;
        }
        best = lua_clean_farthest(name);
        for (lua_pop(lua, 1), lua_pushnil(lua); lua_next(lua, settings->values); lua_pop(lua, 1)) {
            if (lua_clean_is_nearer(name, lua_tostring(lua, -2), &best))
                snprintf(nearest, sizeof(nearest), "%s", lua_tostring(lua, -2));
        }
        for (size_t own = 0; own < LUA_SETTING_COUNT && !settings->base; own++) {
            if (lua_clean_is_nearer(name, lua_module_settings[own].name, &best))
                snprintf(nearest, sizeof(nearest), "%s", lua_module_settings[own].name);
        }
        if (!settings->base && lua_clean_is_nearer(name, "overrides", &best))
            snprintf(nearest, sizeof(nearest), "overrides");
        snprintf(what, sizeof(what), "there is no such setting%s%s%s",
                 nearest[0] ? "; did you mean \"" : "; the policy declares those it has", nearest,
                 nearest[0] ? "\"?" : "");
        settings_refuse(settings, key->line, name, what);
    }
}

void lua_settings_push(lua_State *lua, int declared, const struct restante_policy_item *item, int base,
                       char fault[LUA_SETTINGS_FAULT_MAX])
{
    struct settings settings = {.lua = lua, .item = item, .fault = fault, .declared = lua_absindex(lua, declared),
                                .base = base ? lua_absindex(lua, base) : 0};
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
}
