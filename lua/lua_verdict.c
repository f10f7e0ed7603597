/*
 * lua/lua_verdict.c - verdicts. In the nursery and its workers; errors are those of the calling script.
 */
#include "lua_verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lua_clean.h"
#include "lua_frozen.h"

static const char verdict_type[] = "restante.verdict";
static const char *const verdict_names[] = {
    [RESTANTE_ALLOW] = "allow",   [RESTANTE_REFUSE] = "refuse",       [RESTANTE_DELAY] = "delay",
    [RESTANTE_DISCONNECT] = "disconnect", [RESTANTE_HIDE] = "hide",   [RESTANTE_EXPIRE] = "expire",
    [RESTANTE_HOLD] = "hold",     [RESTANTE_SET_ASIDE] = "set_aside", [RESTANTE_LIMIT] = "limit",
};

const char *lua_verdict_name(enum restante_decision decision)
{
    return verdict_names[decision];
}

const struct lua_verdict *lua_verdict_check(lua_State *lua, int index)
{
    const struct lua_verdict *verdict = luaL_testudata(lua, index, verdict_type);
    if (!verdict)
        luaL_error(lua, "the answer is a %s value, but must be nil or made by restante.refuse and its like",
                   luaL_typename(lua, index));
    return verdict;
}

static struct restante_verdict *verdict_make(lua_State *lua, enum restante_decision decision)
{
    lua_settop(lua, 2); /* arguments that are not there are nil, not the verdict */
    struct lua_verdict *made = lua_newuserdatauv(lua, sizeof(*made), 0);
    lua_Debug call;
    *made = (struct lua_verdict){.verdict = {.decision = decision}};
    if (lua_getstack(lua, 1, &call) && lua_getinfo(lua, "l", &call) && call.currentline > 0)
        made->line = (uint32_t)call.currentline;
    luaL_setmetatable(lua, verdict_type);
    return &made->verdict;
}

static void verdict_text(lua_State *lua, int index, char *to, size_t capacity, const char *otherwise)
{
    size_t length;
    const char *text = luaL_optlstring(lua, index, otherwise, &length);
    lua_clean(to, capacity, text, length);
}

/* RFC 2449 section 8: letters, digits and what separates levels; kept strict. */
static void verdict_code(lua_State *lua, int index, char to[16])
{
    const char *code = luaL_optstring(lua, index, "");
    size_t length = strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-");
    luaL_argcheck(lua, !code[length] && length < 16, index, "must be a response code such as \"SYS/PERM\"");
    snprintf(to, 16, "%s", code);
}

/* refuse([text [, code]]) */
static int verdict_refuse(lua_State *lua)
{
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_REFUSE);
    verdict_text(lua, 1, verdict->text, sizeof(verdict->text), "not allowed here");
    verdict_code(lua, 2, verdict->code);
    return 1;
}

/* disconnect([text [, code]]) */
static int verdict_disconnect(lua_State *lua)
{
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_DISCONNECT);
    verdict_text(lua, 1, verdict->text, sizeof(verdict->text), "closing");
    verdict_code(lua, 2, verdict->code);
    return 1;
}

/* delay(seconds): more than half a minute is half a minute */
static int verdict_delay(lua_State *lua)
{
    lua_Number seconds = luaL_checknumber(lua, 1);
    luaL_argcheck(lua, seconds >= 0, 1, "must not be negative");
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_DELAY);
    verdict->delay_ms = seconds * 1000 < RESTANTE_DELAY_MAX_MS ? (uint32_t)(seconds * 1000) : RESTANTE_DELAY_MAX_MS;
    return 1;
}

/* hide([reason]), hold([reason]), expire(reason) */
static int verdict_hide(lua_State *lua)
{
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_HIDE);
    verdict_text(lua, 1, verdict->reason, sizeof(verdict->reason), "");
    return 1;
}

static int verdict_hold(lua_State *lua)
{
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_HOLD);
    verdict_text(lua, 1, verdict->reason, sizeof(verdict->reason), "");
    return 1;
}

static int verdict_expire(lua_State *lua)
{
    luaL_checkstring(lua, 1); /* what removes mail says why */
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_EXPIRE);
    verdict_text(lua, 1, verdict->reason, sizeof(verdict->reason), "");
    return 1;
}

/* A whole number of seconds, rounded down: a time, or a length of time. */
static int64_t verdict_seconds(lua_State *lua, int index)
{
    lua_Number seconds = luaL_checknumber(lua, index);
    luaL_argcheck(lua, seconds >= 0 && seconds < 9e15, index, "is no time");
    return (int64_t)floor(seconds);
}

/* set_aside(until [, reason]) */
static int verdict_set_aside(lua_State *lua)
{
    int64_t until_s = verdict_seconds(lua, 1);
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_SET_ASIDE);
    verdict->until_s = until_s;
    verdict_text(lua, 2, verdict->reason, sizeof(verdict->reason), "");
    return 1;
}

/* One number of limit's table, taken out of it; 0 when it is not there. */
static int64_t verdict_limit_of(lua_State *lua, const char *name, int64_t min)
{
    lua_pushstring(lua, name);
    if (lua_rawget(lua, 1) == LUA_TNIL) {
        lua_pop(lua, 1);
        return 0;
    }
    lua_Number number = lua_isnumber(lua, -1) ? lua_tonumber(lua, -1) : -1;
    if (!(number >= (lua_Number)min && number <= INT32_MAX))
        luaL_error(lua, "limit: %s must be a number of at least %I", name, (lua_Integer)min);
    lua_pop(lua, 1);
    return (int64_t)number;
}

/* limit{ idle = seconds, bad_commands = number } */
static int verdict_limit(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_newtable(lua);
    lua_pushboolean(lua, 1);
    lua_setfield(lua, 2, "idle");
    lua_pushboolean(lua, 1);
    lua_setfield(lua, 2, "bad_commands");
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        lua_pushvalue(lua, -2);
        if (lua_rawget(lua, 2) == LUA_TNIL)
            lua_frozen_refuse(lua, "limit", -3, "limit", 2);
        lua_pop(lua, 1);
    }
    struct restante_verdict *verdict = verdict_make(lua, RESTANTE_LIMIT);
    verdict->limits.idle_ms = verdict_limit_of(lua, "idle", 600) * 1000; /* RFC 1939 section 3 */
    verdict->limits.bad_commands = (uint32_t)verdict_limit_of(lua, "bad_commands", 1);
    return 1;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static const char *const verdict_fields[] = {"code", "decision", "delay", "line", "reason", "text", "until", NULL};

static int verdict_index(lua_State *lua)
{
    const struct lua_verdict *made = luaL_checkudata(lua, 1, verdict_type);
    const char *name = luaL_checkstring(lua, 2);
    if (strcmp(name, "decision") == 0)
        lua_pushstring(lua, lua_verdict_name(made->verdict.decision));
    else if (strcmp(name, "text") == 0)
        lua_pushstring(lua, made->verdict.text);
    else if (strcmp(name, "code") == 0)
        lua_pushstring(lua, made->verdict.code);
    else if (strcmp(name, "reason") == 0)
        lua_pushstring(lua, made->verdict.reason);
    else if (strcmp(name, "delay") == 0)
        lua_pushnumber(lua, made->verdict.delay_ms / 1000.0);
    else if (strcmp(name, "until") == 0)
        lua_pushinteger(lua, made->verdict.until_s);
    else if (strcmp(name, "line") == 0)
        lua_pushinteger(lua, made->line);
    else {
        const char *nearest = lua_clean_nearest(name, verdict_fields);
        return luaL_error(lua, "verdict: there is no such field%s%s%s", nearest ? "; did you mean \"" : "",
                          nearest ? nearest : "", nearest ? "\"?" : "");
    }
    return 1;
}

static int verdict_newindex(lua_State *lua)
{
    return luaL_error(lua, "a verdict cannot be changed");
}

void lua_verdict_prepare(lua_State *lua)
{
    luaL_newmetatable(lua, verdict_type);
    lua_pushcfunction(lua, verdict_index);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, verdict_newindex);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

const luaL_Reg lua_verdict_restante[] = {
    {"delay", verdict_delay}, {"disconnect", verdict_disconnect}, {"expire", verdict_expire},
    {"hide", verdict_hide},   {"hold", verdict_hold},             {"limit", verdict_limit},
    {"refuse", verdict_refuse}, {"set_aside", verdict_set_aside}, {NULL, NULL},
};
