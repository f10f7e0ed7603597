/*
 * lua/lua_script.c - loading a script, in the nursery, within its limits. What is wrong becomes one sentence: with line and
 * key of the configuration, or with the script's name and line.
 */
#include "lua_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_announce.h"
#include "lua_clean.h"
#include "lua_facts.h"
#include "lua_file.h"
#include "lua_frozen.h"
#include "lua_hooks.h"
#include "lua_library.h"
#include "lua_sandbox.h"
#include "lua_overrides.h"
#include "lua_verdict.h"

static const char *const script_fields[] = {"announce", "api",      "check", "name",
                                             "on_error", "settings", "start", NULL};
static const char *const script_on_error[] = {
    [RESTANTE_ON_ERROR_REFUSE] = "refuse", [RESTANTE_ON_ERROR_TRY_LATER] = "try-later",
    [RESTANTE_ON_ERROR_ALLOW] = "allow",
};
enum { SCRIPT_ON_ERROR = sizeof(script_on_error) / sizeof(script_on_error[0]) };

/* One run of the loader. */
struct script {
    struct lua_policy *policy;
    const struct restante_policy_item *item;
    const char *text;
    size_t length;
    struct restante_announcement announcement;
    struct lua_script_fault *fault;
};

static bool script_is_field(const char *name)
{
    for (size_t i = 0; script_fields[i]; i++) {
        if (strcmp(script_fields[i], name) == 0)
            return true;
    }
    return lua_hooks_has(name);
}

static void script_check_fields(lua_State *lua, int table)
{
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) == LUA_TSTRING && script_is_field(lua_tostring(lua, -2)))
            continue;
        /* For the nearest name: all there are. */
        lua_newtable(lua);
        for (size_t i = 0; script_fields[i]; i++) {
            lua_pushboolean(lua, 1);
            lua_setfield(lua, -2, script_fields[i]);
        }
        for (size_t i = 0; i < LUA_HOOKS; i++) {
            if (lua_hook_table[i].only_after)
                continue;
            lua_pushboolean(lua, 1);
            lua_setfield(lua, -2, lua_hook_table[i].name);
        }
        lua_frozen_refuse(lua, "policy", lua_absindex(lua, -3), "hook or field", -1);
    }
}

static void script_take_name(lua_State *lua, struct lua_policy *policy, int table)
{
    lua_getfield(lua, table, "api");
    if (!lua_isinteger(lua, -1) || lua_tointeger(lua, -1) != 1)
        luaL_error(lua, "api: must be 1, the version of the interface that this file is written for");
    if (lua_getfield(lua, table, "name") != LUA_TNIL) {
        const char *name = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
        if (!lua_clean_is_name(name, sizeof(policy->name) - 1))
            luaL_error(lua, "name: must be up to 63 of a-z, 0-9, _ and -");
        snprintf(policy->name, sizeof(policy->name), "%s", name);
    }
    lua_pop(lua, 2);
}

static void script_take_on_error(lua_State *lua, const struct script *script, int table)
{
    const char *chosen = script->item->values[LUA_SETTING_ON_ERROR].text;
    if (lua_getfield(lua, table, "on_error") != LUA_TNIL && !chosen)
        chosen = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    for (size_t i = 0; chosen && i < SCRIPT_ON_ERROR; i++) {
        if (strcmp(chosen, script_on_error[i]) == 0) {
            script->policy->on_error = (enum restante_on_error)i;
            chosen = NULL;
        }
    }
    if (chosen)
        luaL_error(lua, "on_error: must be \"allow\", \"refuse\" or \"try-later\"");
    lua_pop(lua, 1);
}

static int script_take_function(lua_State *lua, int table, const char *name)
{
    if (lua_getfield(lua, table, name) == LUA_TNIL) {
        lua_pop(lua, 1);
        return LUA_NOREF;
    }
    if (!lua_isfunction(lua, -1))
        luaL_error(lua, "%s: is a %s value, but must be a function", name, luaL_typename(lua, -1));
    return luaL_ref(lua, LUA_REGISTRYINDEX);
}

/* What `check` has against one set of settings: nothing, or a sentence and perhaps the name of the one at fault. */
static void script_check_set(lua_State *lua, struct script *script, int check, lua_Integer set)
{
    char name[96] = "", what[200];
    size_t length = 0;
    lua_overrides_choose(lua, set);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, check);
    lua_call(lua, 0, 2);
    if (lua_isnil(lua, -2)) {
        lua_pop(lua, 2);
        return;
    }
    const char *sentence = lua_type(lua, -2) == LUA_TSTRING ? lua_tolstring(lua, -2, &length) : NULL;
    const char *setting = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
    if (!sentence || !(setting || lua_isnil(lua, -1)))
        luaL_error(lua, "check: must return nothing, or a sentence and the name of a setting");
    lua_clean(what, sizeof(what), sentence, length);
    if (set > 0)
        snprintf(name, sizeof(name), "overrides.%d%s%.63s", (int)set, setting ? "." : "", setting ? setting : "");
    else if (setting)
        snprintf(name, sizeof(name), "%.63s", setting);
    lua_settings_refuse(lua, script->item, name, what, script->fault->configuration);
}

static void script_check_settings(lua_State *lua, struct script *script, int check)
{
    for (lua_Integer set = 0; check != LUA_NOREF && set < lua_overrides_count(lua); set++)
        script_check_set(lua, script, check, set);
    lua_overrides_choose(lua, 0);
}

/* p.settings, p itself read-only, then its `check`, `start` and `announce`. */
static void script_finish(lua_State *lua, struct script *script, int table)
{
    struct lua_policy *policy = script->policy;
    int start = script_take_function(lua, table, "start"), check = script_take_function(lua, table, "check");
    lua_getfield(lua, table, "settings");
    lua_overrides_push(lua, lua_gettop(lua), script->item, script->fault->configuration);
    lua_pushvalue(lua, -1);
    policy->settings = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_setfield(lua, table, "settings");
    lua_settop(lua, table);
    lua_frozen_make_in_place(lua, "a policy");
    if (policy->lacks[0])
        return;
    script_check_settings(lua, script, check);
    if (start != LUA_NOREF) {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, start);
        lua_call(lua, 0, 0);
    }
    lua_settop(lua, 1);
    if (policy->announce != LUA_NOREF) {
        lua_pushcfunction(lua, lua_announce);
        lua_pushlightuserdata(lua, &script->announcement);
        lua_call(lua, 1, 0);
    }
}

/* Within lua_budget_run. */
static int script_run(lua_State *lua)
{
    struct script *script = lua_touserdata(lua, 1);
    char chunk[80];
    lua_verdict_prepare(lua);
    lua_facts_prepare(lua);
    lua_library_push(lua);
    lua_sandbox_make(lua);
    int environment = lua_gettop(lua);
    snprintf(chunk, sizeof(chunk), "=%s", script->policy->name);
    if (luaL_loadbufferx(lua, script->text, script->length, chunk, "t") != LUA_OK)
        return lua_error(lua);
    lua_pushvalue(lua, environment);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    int table = lua_gettop(lua);
    if (!lua_istable(lua, table))
        return luaL_error(lua, "returns a %s value, but must return the table of the policy", luaL_typename(lua, table));
    if (lua_getmetatable(lua, table))
        return luaL_error(lua, "returns a table with a metatable, but must return a plain one");
    script_check_fields(lua, table);
    script_take_name(lua, script->policy, table);
    script_take_on_error(lua, script, table);
    lua_hooks_take(lua, script->policy, table);
    script->policy->announce = script_take_function(lua, table, "announce");
    script_finish(lua, script, table);
    return 0;
}

bool lua_script_load_text(struct lua_policy *policy, const struct restante_policy_item *item, const char *text,
                          size_t length, struct restante_policy_terms *terms, struct lua_script_fault *fault)
{
    struct script script = {.policy = policy, .item = item, .text = text, .length = length, .fault = fault};
    *fault = (struct lua_script_fault){.configuration = ""};
    script.announcement = (struct restante_announcement){.expire_days = RESTANTE_NO_ANNOUNCEMENT,
                                                       .login_delay_s = RESTANTE_NO_ANNOUNCEMENT};
    policy->announce = policy->settings = policy->sets = LUA_NOREF;
    for (size_t i = 0; i < LUA_HOOKS; i++)
        policy->hooks[i] = policy->after[i] = LUA_NOREF;
    policy->is_loading = true;
    bool is_good = lua_budget_run(policy->lua, script_run, &script, 0, &fault->failure);
    policy->is_loading = false;
    if (!is_good)
        return false;
    *terms = (struct restante_policy_terms){.on_error = policy->on_error, .announcement = script.announcement};
    snprintf(terms->name, sizeof(terms->name), "%s", policy->name);
    lua_hooks_write_wanted(policy, &terms->wanted, &terms->wanted_after);
    return true;
}

static enum restante_status script_fail(const struct lua_policy *policy, const char *item,
                                        const struct lua_script_fault *fault, struct restante_error *error)
{
    char line[24] = "";
    if (fault->configuration[0])
        return policy->host->fail(error, RESTANTE_INVALID, 0, NULL, "%s", fault->configuration);
    if (fault->failure.line > 0)
        snprintf(line, sizeof(line), ", line %u", (unsigned)fault->failure.line);
    return policy->host->fail(error, RESTANTE_INVALID, 0, NULL, "%s.script: policy %s%s: %s", item, policy->name, line,
                              fault->failure.text);
}

/* The file that `script` means; false: neither a name nor a path. */
static bool script_find(const struct restante_policy_item *item, char *path, size_t capacity)
{
    const char *script = item->values[LUA_SETTING_SCRIPT].text;
    int length = script[0] == '/'
                     ? snprintf(path, capacity, "%s", script)
                     : snprintf(path, capacity, "%s/%s.lua", item->values[LUA_SETTING_SHIPPED].text, script);
    return length > 0 && (size_t)length < capacity && (script[0] == '/' || lua_clean_is_name(script, 63));
}

void lua_script_name_after(struct lua_policy *policy, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    if (length > 4 && strcmp(base + length - 4, ".lua") == 0)
        length -= 4;
    lua_clean(policy->name, sizeof(policy->name), base, length);
}

enum restante_status lua_script_load(struct lua_policy *policy, const struct restante_policy_item *item,
                              struct restante_policy_terms *terms, struct restante_error *error)
{
    struct lua_script_fault fault;
    char path[4096], why[128];
    size_t length;
    if (!script_find(item, path, sizeof(path)))
        return policy->host->fail(error, RESTANTE_INVALID, 0, NULL,
                                  "%s.script: must be the name of a shipped policy or an absolute path", item->path);
    char *text = lua_file_read(path, LUA_SCRIPT_FILE_MAX, &length, why);
    if (!text)
        return policy->host->fail(error, RESTANTE_INVALID, 0, NULL, "%s.script: %s %s", item->path, path, why);
    lua_script_name_after(policy, path);
    bool is_good = lua_script_load_text(policy, item, text, length, terms, &fault);
    free(text);
    return is_good ? RESTANTE_OK : script_fail(policy, item->path, &fault, error);
}
