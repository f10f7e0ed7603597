/*
 * lua/lua_budget.c - the limits of a script. In the nursery and its workers. An overrun ends the call and nothing else.
 */
#include "lua_budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua_clean.h"

/* Added for each message of the maildrop that a hook may look at as a whole. */
enum { LUA_BUDGET_MESSAGE_STEPS = 200, LUA_BUDGET_MESSAGES_PER_MS = 50 };

struct lua_budget *lua_budget_of(lua_State *lua)
{
    return *(struct lua_budget **)lua_getextraspace(lua);
}

static void *lua_budget_allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct lua_budget *budget = context;
    size_t before = old ? old_size : 0; /* without a block it is a type of object */
    if (size == 0) {
        free(old);
        budget->memory -= before;
        return NULL;
    }
    if (size > before && size - before > budget->memory_max - budget->memory)
        return NULL;
    void *memory = realloc(old, size);
    if (!memory)
        return size <= before ? old : NULL; /* WHY: Lua relies on shrinking */
    budget->memory = budget->memory - before + size;
    return memory;
}

int lua_budget_overrun(lua_State *lua, const char *overrun)
{
    struct lua_budget *budget = lua_budget_of(lua);
    if (!budget->overrun)
        budget->overrun = overrun;
    lua_pushnil(lua);
    return lua_error(lua);
}

static void lua_budget_hook(lua_State *lua, lua_Debug *call)
{
    struct lua_budget *budget = lua_budget_of(lua);
    int count = lua_gethookcount(lua);
    (void)call;
    budget->left -= count;
    if (!budget->overrun && budget->left < 0)
        budget->overrun = "it takes more instructions than its limit";
    else if (!budget->overrun && budget->host->monotonic_ms() > budget->deadline_ms)
        budget->overrun = "it takes more time than its limit";
    if (budget->overrun) {
        /* What still runs on the way out, to-be-closed variables for one, gets one instruction each. */
        lua_sethook(lua, lua_budget_hook, LUA_MASKCOUNT, 1);
        lua_budget_overrun(lua, budget->overrun);
    }
    if (count != LUA_BUDGET_LOOK)
        lua_sethook(lua, lua_budget_hook, LUA_MASKCOUNT, LUA_BUDGET_LOOK);
}

void lua_budget_charge(lua_State *lua, uint64_t steps)
{
    struct lua_budget *budget = lua_budget_of(lua);
    int64_t charged = steps > INT32_MAX ? INT32_MAX : (int64_t)steps;
    budget->left -= charged;
    budget->since_look += charged;
    if (budget->overrun)
        lua_budget_overrun(lua, budget->overrun);
    if (budget->left < 0)
        lua_budget_overrun(lua, "it takes more instructions than its limit");
    if (budget->since_look < LUA_BUDGET_LOOK)
        return;
    budget->since_look = 0;
    if (budget->host->monotonic_ms() > budget->deadline_ms)
        lua_budget_overrun(lua, "it takes more time than its limit");
}

lua_State *lua_budget_open(struct lua_budget *budget)
{
    lua_State *lua = lua_newstate(lua_budget_allocate, budget);
    if (!lua)
        return NULL;
    *(struct lua_budget **)lua_getextraspace(lua) = budget;
    return lua;
}

/* --- failing --------------------------------------------------------------------------------------------------- */

/* The innermost line of the script. */
static uint32_t lua_budget_line(lua_State *lua)
{
    lua_Debug call;
    for (int level = 0; lua_getstack(lua, level, &call); level++) {
        if (lua_getinfo(lua, "Sl", &call) && call.currentline > 0 && strcmp(call.source, LUA_BUDGET_OWN_CHUNK) != 0)
            return (uint32_t)call.currentline;
    }
    return 0;
}

/* Lua's own message behind its "name:12: ", which the failure's line says already. */
static const char *lua_budget_behind_line(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    return digits > 0 && strncmp(colon + 1 + digits, ": ", 2) == 0 ? colon + digits + 3 : text;
}

/* Message handler: runs where the error was raised. Calls nothing of the script, not even __tostring. */
static int lua_budget_explain(lua_State *lua)
{
    struct lua_failure *failure = lua_touserdata(lua, lua_upvalueindex(1));
    struct lua_budget *budget = lua_budget_of(lua);
    failure->line = lua_budget_line(lua);
    if (budget->overrun) {
        snprintf(failure->text, sizeof(failure->text), "%s", budget->overrun);
    } else if (lua_type(lua, 1) == LUA_TSTRING) {
        size_t length;
        const char *text = lua_tolstring(lua, 1, &length), *behind = lua_budget_behind_line(text);
        /* What does not even compile has no call. */
        if (failure->line == 0 && behind != text)
            failure->line = (uint32_t)strtoul(strchr(text, ':') + 1, NULL, 10);
        lua_clean(failure->text, sizeof(failure->text), behind, length - (size_t)(behind - text));
    } else {
        snprintf(failure->text, sizeof(failure->text), "an error that is a %s value", lua_typename(lua, lua_type(lua, 1)));
    }
    return 0;
}

struct lua_budget_call {
    lua_CFunction function;
    void *argument;
    struct lua_failure *failure;
};

/* Protected from memory errors; what it calls is protected from all. */
static int lua_budget_protected(lua_State *lua)
{
    const struct lua_budget_call *call = lua_touserdata(lua, 1);
    lua_pushlightuserdata(lua, call->failure);
    lua_pushcclosure(lua, lua_budget_explain, 1);
    lua_pushcfunction(lua, call->function);
    lua_pushlightuserdata(lua, call->argument);
    int status = lua_pcall(lua, 1, 0, -3);
    if (status == LUA_ERRMEM)
        return lua_budget_overrun(lua, "it takes more memory than its limit");
    lua_pushboolean(lua, status == LUA_OK);
    return 1;
}

bool lua_budget_run(lua_State *lua, lua_CFunction function, void *argument, size_t messages,
                    struct lua_failure *failure)
{
    struct lua_budget *budget = lua_budget_of(lua);
    struct lua_budget_call call = {function, argument, failure};
    int64_t more = messages > INT32_MAX ? INT32_MAX : (int64_t)messages;
    *failure = (struct lua_failure){.line = 0};
    budget->overrun = NULL;
    budget->since_look = 0;
    budget->left = budget->instructions + more * LUA_BUDGET_MESSAGE_STEPS;
    budget->deadline_ms = budget->host->monotonic_ms() + budget->time_ms + more / LUA_BUDGET_MESSAGES_PER_MS;
    lua_sethook(lua, lua_budget_hook, LUA_MASKCOUNT, LUA_BUDGET_LOOK);
    lua_pushcfunction(lua, lua_budget_protected);
    lua_pushlightuserdata(lua, &call);
    bool is_good = lua_pcall(lua, 1, 1, 0) == LUA_OK && lua_toboolean(lua, -1);
    if (!is_good && !failure->text[0])
        snprintf(failure->text, sizeof(failure->text), "%s",
                 budget->overrun ? budget->overrun : "it takes more memory than its limit");
    lua_settop(lua, 0);
    if (budget->overrun)
        lua_gc(lua, LUA_GCCOLLECT);
    return is_good && !budget->overrun;
}
