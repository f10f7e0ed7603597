/*
 * lua/lua_hooks.c - from an event to a function of the script and back to a decision. Raises errors inside protected
 * calls; an answer that the hook cannot give is one.
 */
#include "lua_hooks.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_facts.h"
#include "lua_frozen.h"
#include "lua_verdict.h"

#define ANSWER(name) (UINT32_C(1) << RESTANTE_##name)
#define ANSWERS_ALL (ANSWER(ALLOW) | ANSWER(REFUSE) | ANSWER(DELAY) | ANSWER(DISCONNECT))

const struct lua_hook lua_hook_table[LUA_HOOKS] = {
    {.name = "login", .event = RESTANTE_EVENT_LOGIN, .answers = ANSWERS_ALL | ANSWER(LIMIT)},
    {.name = "open", .event = RESTANTE_EVENT_OPEN, .takes_maildrop = true, .answers = ANSWERS_ALL,
     .message_answers = ANSWER(ALLOW) | ANSWER(HIDE) | ANSWER(EXPIRE) | ANSWER(HOLD)},
    {.name = "capa", .event = RESTANTE_EVENT_CAPA, .answers = ANSWERS_ALL},
    {.name = "list", .event = RESTANTE_EVENT_LIST, .takes_message = true, .answers = ANSWERS_ALL},
    {.name = "uidl", .event = RESTANTE_EVENT_UIDL, .takes_message = true, .answers = ANSWERS_ALL},
    {.name = "retr", .event = RESTANTE_EVENT_RETR, .takes_message = true, .answers = ANSWERS_ALL},
    {.name = "top", .event = RESTANTE_EVENT_TOP, .takes_message = true, .answers = ANSWERS_ALL},
    {.name = "dele", .event = RESTANTE_EVENT_DELE, .takes_message = true,
     .answers = ANSWERS_ALL | ANSWER(HIDE) | ANSWER(SET_ASIDE)},
    {.name = "quit", .event = RESTANTE_EVENT_QUIT, .takes_maildrop = true, .answers = ANSWER(ALLOW),
     .message_answers = ANSWER(ALLOW) | ANSWER(EXPIRE)},
    {.name = "close", .event = RESTANTE_EVENT_CLOSE, .takes_maildrop = true, .only_after = true},
};

const struct lua_hook *lua_hooks_find(enum restante_event event)
{
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        if (lua_hook_table[i].event == event)
            return &lua_hook_table[i];
    }
    return NULL;
}

bool lua_hooks_has(const char *name)
{
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        if (strcmp(lua_hook_table[i].name, name) == 0)
            return !lua_hook_table[i].only_after;
    }
    return strcmp(name, "after") == 0;
}

/* The function `name` of the table at `table`, as a reference. */
static int hooks_take_one(lua_State *lua, int table, const char *name, const char *where)
{
    if (lua_getfield(lua, table, name) == LUA_TNIL) {
        lua_pop(lua, 1);
        return LUA_NOREF;
    }
    if (!lua_isfunction(lua, -1))
        luaL_error(lua, "%s%s: is a %s value, but must be a function", where, name, luaL_typename(lua, -1));
    return luaL_ref(lua, LUA_REGISTRYINDEX);
}

/* `after` knows the names of hooks and no others. */
static void hooks_check_after(lua_State *lua, int after)
{
    lua_newtable(lua);
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        lua_pushboolean(lua, 1);
        lua_setfield(lua, -2, lua_hook_table[i].name);
    }
    for (lua_pushnil(lua); lua_next(lua, after); lua_pop(lua, 1)) {
        lua_pushvalue(lua, -2);
        if (lua_rawget(lua, -4) == LUA_TNIL)
            lua_frozen_refuse(lua, "after", -3, "hook", -4);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

void lua_hooks_take(lua_State *lua, struct lua_policy *policy, int table)
{
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        if (!lua_hook_table[i].only_after)
            policy->hooks[i] = hooks_take_one(lua, table, lua_hook_table[i].name, "");
    }
    if (lua_getfield(lua, table, "after") != LUA_TNIL) {
        if (!lua_istable(lua, -1))
            luaL_error(lua, "after: is a %s value, but must be a table of functions", luaL_typename(lua, -1));
        hooks_check_after(lua, lua_gettop(lua));
        for (size_t i = 0; i < LUA_HOOKS; i++)
            policy->after[i] = hooks_take_one(lua, lua_gettop(lua), lua_hook_table[i].name, "after.");
    }
    lua_pop(lua, 1);
}

void lua_hooks_write_wanted(const struct lua_policy *policy, uint32_t *wanted, uint32_t *wanted_after)
{
    *wanted = *wanted_after = 0;
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        if (policy->hooks[i] != LUA_NOREF)
            *wanted |= UINT32_C(1) << lua_hook_table[i].event;
        if (policy->after[i] != LUA_NOREF)
            *wanted_after |= UINT32_C(1) << lua_hook_table[i].event;
    }
}

/* --- judging --------------------------------------------------------------------------------------------------- */

static void hooks_take_verdict(lua_State *lua, const struct lua_policy *policy, int index, uint32_t answers,
                               struct restante_verdict *verdict)
{
    const struct lua_verdict *answer = lua_verdict_check(lua, index);
    if (!(answers & UINT32_C(1) << answer->verdict.decision))
        luaL_error(lua, "%s is no answer of %s", lua_verdict_name(answer->verdict.decision), policy->hook->name);
    *verdict = answer->verdict;
    if (answer->line > 0)
        snprintf(verdict->rule, sizeof(verdict->rule), "%s, line %u", policy->hook->name, (unsigned)answer->line);
    else
        snprintf(verdict->rule, sizeof(verdict->rule), "%s", policy->hook->name);
}

/* The message number and the verdict at the top of the stack. */
static size_t hooks_take_decision(lua_State *lua, const struct lua_policy *policy, struct restante_verdict *verdict)
{
    int is_integer;
    lua_Integer number = lua_tointegerx(lua, -2, &is_integer);
    if (!is_integer || lua_type(lua, -2) != LUA_TNUMBER || number < 1 ||
        (lua_Unsigned)number > policy->facts->maildrop->count)
        luaL_error(lua, "%s answers for something that is no message of this maildrop", policy->hook->name);
    hooks_take_verdict(lua, policy, lua_gettop(lua), policy->hook->message_answers, verdict);
    return (size_t)number;
}

/* A table of verdicts by message number. All are looked at before the first one counts. */
static void hooks_take_decisions(lua_State *lua, const struct lua_policy *policy, int table)
{
    const struct restante_facts *facts = policy->facts;
    struct restante_verdict verdict;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        lua_budget_charge(lua, 2);
        hooks_take_decision(lua, policy, &verdict);
    }
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        size_t number = hooks_take_decision(lua, policy, &verdict);
        if (!facts->decide || !facts->decide(facts, number, &verdict))
            luaL_error(lua, "the decision about message %I was not taken", (lua_Integer)number);
    }
}

static void hooks_take_answer(lua_State *lua, const struct lua_policy *policy, struct restante_verdict *verdict)
{
    int answer = lua_gettop(lua);
    if (lua_isnil(lua, answer))
        return;
    if (policy->facts->is_after)
        luaL_error(lua, "it answers, but it is too late to decide");
    if (lua_istable(lua, answer) && policy->hook->message_answers)
        hooks_take_decisions(lua, policy, answer);
    else
        hooks_take_verdict(lua, policy, answer, policy->hook->answers, verdict);
}

int lua_hooks_judge(lua_State *lua)
{
    struct restante_verdict *verdict = lua_touserdata(lua, 1);
    const struct lua_policy *policy = lua_policy_of(lua);
    const struct restante_facts *facts = policy->facts;
    size_t place = (size_t)(policy->hook - lua_hook_table);
    int arguments = 1;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, facts->is_after ? policy->after[place] : policy->hooks[place]);
    lua_facts_push_session(lua);
    if (policy->hook->takes_message) {
        lua_facts_push_message(lua);
        arguments++;
    } else if (policy->hook->takes_maildrop) {
        lua_facts_push_maildrop(lua);
        arguments++;
    }
    lua_call(lua, arguments, 1);
    hooks_take_answer(lua, policy, verdict);
    return 0;
}
