/*
 * lua/lua_overrides.c - settings by user. Made in the nursery, inside a protected call; read in its workers during
 * judge. The sets are a list in the registry, which no script can reach: { values, users, domains, list } each.
 */
#include "lua_overrides.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_frozen.h"
#include "lua_library.h"
#include "lua_text.h"

enum { OVERRIDES_MAX = 1000, OVERRIDES_PATH_MAX = 160, OVERRIDES_USER_MAX = 256 };
enum { SET_VALUES = 1, SET_USERS, SET_DOMAINS, SET_LIST };

static const char overrides_form[] = "must be a list of tables: { { users = { \"...\" }, ... }, ... }";

/* Whom an override is for; a setting of the script that is called so cannot be overridden. */
static const struct {
    const char *name, *type;
    lua_Integer place;
} overrides_selectors[] = {
    {"users", "list", SET_USERS}, {"domains", "list", SET_DOMAINS}, {"list", "string", SET_LIST}};
enum { SELECTORS = 3 };

/* --- while loading ------------------------------------------------------------------------------------------------ */

/* Of "overrides.12.keep" the number and what comes behind it; 0: another key; -1: not of this form. */
static lua_Integer overrides_place(const struct restante_key *key, const char **behind)
{
    static const char name[] = "overrides";
    size_t length = sizeof(name) - 1;
    if (strncmp(key->name, name, length) != 0 || !strchr(".", key->name[length]))
        return 0;
    const char *digits = key->name + length + (key->name[length] != '\0');
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 4 || digits[count] != '.')
        return -1;
    *behind = digits + count + 1;
    return strtoll(digits, NULL, 10);
}

static lua_Integer overrides_check(lua_State *lua, const struct restante_policy_item *item,
                                   char fault[LUA_SETTINGS_FAULT_MAX])
{
    lua_Integer last = 0;
    const char *behind;
    for (size_t i = 0; i < item->keys_count; i++) {
        lua_Integer place = overrides_place(&item->keys[i], &behind);
        if (place < 0 || place > OVERRIDES_MAX)
            lua_settings_refuse(lua, item, "overrides", overrides_form, fault);
        if (place > last)
            last = place;
    }
    return last;
}

/* The script's declarations, and those of the selectors, into a new table. */
static void overrides_declare(lua_State *lua, int declared)
{
    lua_newtable(lua);
    for (lua_pushnil(lua); lua_istable(lua, declared) && lua_next(lua, declared);) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, -4);
    }
    lua_settop(lua, declared + 1);
    for (size_t i = 0; i < SELECTORS; i++) {
        lua_createtable(lua, 0, 1);
        lua_pushstring(lua, overrides_selectors[i].type);
        lua_setfield(lua, -2, "type");
        lua_setfield(lua, -2, overrides_selectors[i].name);
    }
}

/* The name of a file at the top becomes the set of its lines. */
static void overrides_read(lua_State *lua, const struct restante_policy_item *item,
                           char fault[LUA_SETTINGS_FAULT_MAX])
{
    const char *path = lua_tostring(lua, -1);
    char why[128], what[320];
    if (path[0] != '/')
        lua_settings_refuse(lua, item, "list", "must be an absolute path, of a file of user names", fault);
    if (!lua_library_push_lines(lua, path, true, why)) {
        snprintf(what, sizeof(what), "%.150s %s", path, why);
        lua_settings_refuse(lua, item, "list", what, fault);
    }
    lua_remove(lua, -2);
}

/* The values at the top, made with the selectors among them, become a set. */
static void overrides_make_set(lua_State *lua, const struct restante_policy_item *item, int base,
                               char fault[LUA_SETTINGS_FAULT_MAX])
{
    int values = lua_gettop(lua);
    bool is_for_somebody = false;
    lua_createtable(lua, 4, 0);
    for (size_t i = 0; i < SELECTORS; i++) {
        lua_getfield(lua, values, overrides_selectors[i].name);
        is_for_somebody |= lua_toboolean(lua, -1) != 0;
        if (overrides_selectors[i].place == SET_LIST && lua_toboolean(lua, -1))
            overrides_read(lua, item, fault);
        lua_rawseti(lua, -2, overrides_selectors[i].place);
        lua_getfield(lua, base, overrides_selectors[i].name);
        lua_setfield(lua, values, overrides_selectors[i].name);
    }
    if (!is_for_somebody)
        lua_settings_refuse(lua, item, "", "is for nobody: it needs users, domains or list", fault);
    lua_insert(lua, values);
    lua_rawseti(lua, values, SET_VALUES);
}

/* The keys of one override as an item of their own; `keys` has room for all. */
static void overrides_view(const struct restante_policy_item *item, lua_Integer number, struct restante_key *keys,
                           struct restante_policy_item *view)
{
    view->keys = keys;
    view->keys_count = 0;
    for (size_t i = 0; i < item->keys_count; i++) {
        const char *behind;
        if (overrides_place(&item->keys[i], &behind) != number)
            continue;
        keys[view->keys_count] = item->keys[i];
        keys[view->keys_count++].name = behind;
    }
}

static int overrides_index(lua_State *lua);
static int overrides_pairs(lua_State *lua);
static int overrides_newindex(lua_State *lua);

static void overrides_push_proxy(lua_State *lua)
{
    static const luaL_Reg events[] = {
        {"__index", overrides_index}, {"__newindex", overrides_newindex}, {"__pairs", overrides_pairs}, {NULL, NULL}};
    lua_newtable(lua);
    lua_createtable(lua, 0, 4);
    luaL_setfuncs(lua, events, 0);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

void lua_overrides_push(lua_State *lua, int declared, const struct restante_policy_item *item,
                        char fault[LUA_SETTINGS_FAULT_MAX])
{
    char path[OVERRIDES_PATH_MAX];
    struct restante_policy_item view = {.path = path};
    lua_Integer count = overrides_check(lua, item, fault);
    luaL_checkstack(lua, 20, NULL);
    lua_pushvalue(lua, declared);
    declared = lua_gettop(lua);
    overrides_declare(lua, declared);
    lua_settings_push(lua, declared, item, 0, fault);
    int base = lua_gettop(lua);
    lua_newtable(lua);
    int sets = lua_gettop(lua);
    struct restante_key *keys = lua_newuserdatauv(lua, (item->keys_count + 1) * sizeof(*keys), 0);
    for (lua_Integer i = 1; i <= count; i++) {
        snprintf(path, sizeof(path), "%s.overrides.%d", item->path, (int)i);
        overrides_view(item, i, keys, &view);
        lua_settings_push(lua, declared + 1, &view, base, fault);
        overrides_make_set(lua, &view, base, fault);
        lua_rawseti(lua, sets, i);
    }
    lua_createtable(lua, 1, 0);
    lua_pushvalue(lua, base);
    lua_rawseti(lua, -2, SET_VALUES);
    lua_rawseti(lua, sets, 0);
    lua_pushvalue(lua, sets);
    lua_policy_of(lua)->sets = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_settop(lua, declared - 1);
    overrides_push_proxy(lua);
}

lua_Integer lua_overrides_count(lua_State *lua)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, lua_policy_of(lua)->sets);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, -1) + 1;
    lua_pop(lua, 1);
    return count;
}

void lua_overrides_choose(lua_State *lua, lua_Integer set)
{
    lua_policy_of(lua)->set = set;
}

/* --- in a hook ---------------------------------------------------------------------------------------------------- */

/* Does `text` fit one of the patterns at `place` of the set at the top? */
static bool overrides_fits_pattern(lua_State *lua, lua_Integer place, const char *text)
{
    int top = lua_gettop(lua);
    bool fits = false, has_patterns = lua_rawgeti(lua, -1, place) == LUA_TTABLE && text[0];
    for (lua_Integer i = 1; has_patterns && !fits && lua_geti(lua, top + 1, i) == LUA_TSTRING; i++) {
        fits = lua_text_fits(lua, lua_tostring(lua, -1), text);
        lua_settop(lua, top + 1);
    }
    lua_settop(lua, top);
    return fits;
}

static bool overrides_is_listed(lua_State *lua, const char *user)
{
    char lowered[OVERRIDES_USER_MAX];
    size_t length = strlen(user);
    if (lua_rawgeti(lua, -1, SET_LIST) != LUA_TTABLE || length >= sizeof(lowered)) {
        lua_pop(lua, 1);
        return false;
    }
    for (size_t i = 0; i < length; i++)
        lowered[i] = (char)tolower((unsigned char)user[i]);
    lua_pushlstring(lua, lowered, length);
    bool is_listed = lua_rawget(lua, -2) != LUA_TNIL;
    lua_pop(lua, 2);
    return is_listed;
}

/* The set of this session's user; of the list at the top. */
static lua_Integer overrides_find(lua_State *lua, const struct restante_session_facts *session)
{
    lua_Integer count = (lua_Integer)lua_rawlen(lua, -1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, i);
        bool fits = overrides_fits_pattern(lua, SET_USERS, session->user) ||
                    overrides_fits_pattern(lua, SET_DOMAINS, session->domain) ||
                    overrides_is_listed(lua, session->user);
        lua_pop(lua, 1);
        if (fits)
            return i;
    }
    return 0;
}

/* WHY: the set is sought once for each call. */
void lua_overrides_push_values(lua_State *lua)
{
    struct lua_policy *policy = lua_policy_of(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, policy->sets);
    if (policy->facts && policy->set_call != policy->call) {
        policy->set = overrides_find(lua, policy->facts->session);
        policy->set_call = policy->call;
    }
    lua_rawgeti(lua, -1, policy->set);
    lua_rawgeti(lua, -1, SET_VALUES);
    lua_insert(lua, -3);
    lua_pop(lua, 2);
}

static int overrides_index(lua_State *lua)
{
    lua_settop(lua, 2);
    lua_overrides_push_values(lua);
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, 3) == LUA_TNIL)
        return lua_frozen_refuse(lua, "p.settings", 2, "name", 3);
    return 1;
}

static int overrides_newindex(lua_State *lua)
{
    return luaL_error(lua, "p.settings cannot be changed");
}

static int overrides_next(lua_State *lua)
{
    lua_settop(lua, 2);
    return lua_next(lua, lua_upvalueindex(1)) ? 2 : 0;
}

/* WHY: a loop gets a function that knows the true table, never the table. */
static int overrides_pairs(lua_State *lua)
{
    lua_overrides_push_values(lua);
    lua_pushcclosure(lua, overrides_next, 1);
    lua_pushnil(lua);
    lua_pushnil(lua);
    return 3;
}
