/*
 * lua/lua_announce.c - from announce's table to an announcement. Errors are those of the script.
 */
#include "lua_announce.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_facts.h"
#include "lua_frozen.h"
#include "lua_overrides.h"
#include "lua_policy.h"

enum { SECONDS_PER_DAY = 86400 };

static const char *const announce_fields[] = {"expire", "expire_differs", "login_delay", "login_delay_differs", NULL};

static void announce_check_fields(lua_State *lua, int table)
{
    lua_newtable(lua);
    int known = lua_gettop(lua);
    for (size_t i = 0; announce_fields[i]; i++) {
        lua_pushboolean(lua, 1);
        lua_setfield(lua, known, announce_fields[i]);
    }
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        lua_pushvalue(lua, -2);
        if (lua_rawget(lua, known) == LUA_TNIL)
            lua_frozen_refuse(lua, "announce", -3, "field", known);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static bool announce_flag(lua_State *lua, int table, const char *name)
{
    lua_getfield(lua, table, name);
    bool is_set = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is_set;
}

/* Seconds as whole units, EXPIRE's days rounded down and LOGIN-DELAY's seconds up: neither promises too much. */
static int32_t announce_number(lua_State *lua, int table, const char *name, bool is_expire)
{
    double number = RESTANTE_NO_ANNOUNCEMENT;
    int type = lua_getfield(lua, table, name);
    if (is_expire && type == LUA_TSTRING && strcmp(lua_tostring(lua, -1), "never") == 0) {
        number = RESTANTE_EXPIRE_NEVER;
    } else if (type != LUA_TNIL) {
        double seconds = type == LUA_TNUMBER ? lua_tonumber(lua, -1) : -1;
        number = is_expire ? floor(seconds / SECONDS_PER_DAY) : ceil(seconds);
        if (!(seconds >= 0 && number < INT32_MAX))
            luaL_error(lua, "announce: %s must be a number of seconds%s", name, is_expire ? " or \"never\"" : "");
    }
    lua_pop(lua, 1);
    return (int32_t)number;
}

/* What the script announces with the settings that hold now. */
static void announce_ask(lua_State *lua, struct restante_announcement *announcement)
{
    const struct lua_policy *policy = lua_policy_of(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, policy->announce);
    if (policy->facts)
        lua_facts_push_session(lua);
    else
        lua_pushnil(lua);
    lua_call(lua, 1, 1);
    int table = lua_gettop(lua);
    *announcement = (struct restante_announcement){.expire_days = RESTANTE_NO_ANNOUNCEMENT,
                                                   .login_delay_s = RESTANTE_NO_ANNOUNCEMENT};
    if (!lua_isnil(lua, table)) {
        luaL_argexpected(lua, lua_istable(lua, table), table, "table");
        announce_check_fields(lua, table);
        *announcement = (struct restante_announcement){
            .expire_days = announce_number(lua, table, "expire", true),
            .expire_differs = announce_flag(lua, table, "expire_differs"),
            .login_delay_s = announce_number(lua, table, "login_delay", false),
            .login_delay_differs = announce_flag(lua, table, "login_delay_differs"),
        };
    }
    lua_settop(lua, table - 1);
}

/* How long mail is kept at least, for comparison: longer than any number where nothing removes it. */
static int64_t announce_length(int32_t expire_days)
{
    if (expire_days == RESTANTE_EXPIRE_NEVER)
        return INT64_MAX;
    return expire_days == RESTANTE_NO_ANNOUNCEMENT ? INT64_MAX - 1 : expire_days;
}

/* The least that is true for the users of both. */
static void announce_add(struct restante_announcement *all, const struct restante_announcement *one)
{
    all->expire_differs |= one->expire_differs || one->expire_days != all->expire_days;
    all->login_delay_differs |= one->login_delay_differs || one->login_delay_s != all->login_delay_s;
    if (announce_length(one->expire_days) < announce_length(all->expire_days))
        all->expire_days = one->expire_days;
    if (one->login_delay_s > all->login_delay_s)
        all->login_delay_s = one->login_delay_s;
}

int lua_announce(lua_State *lua)
{
    struct restante_announcement *announcement = lua_touserdata(lua, 1), one;
    lua_Integer count = lua_policy_of(lua)->facts ? 1 : lua_overrides_count(lua);
    announce_ask(lua, announcement);
    for (lua_Integer set = 1; set < count; set++) {
        lua_overrides_choose(lua, set);
        announce_ask(lua, &one);
        announce_add(announcement, &one);
    }
    if (count > 1)
        lua_overrides_choose(lua, 0);
    return 0;
}
