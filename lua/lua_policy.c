/*
 * lua/lua_policy.c - start, judge, announce and stop. What goes wrong in a script is a failure with the policy's name,
 * the hook and the line; the host applies `on_error` to it.
 */
#include "lua_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>

#include "lua_announce.h"
#include "lua_check.h"
#include "lua_clean.h"
#include "lua_facts.h"
#include "lua_hooks.h"
#include "lua_script.h"
#include "lua_test.h"

/* WHY: the extra space of a state holds one pointer; the budget is the policy's first member. */
struct lua_policy *lua_policy_of(lua_State *lua)
{
    return (struct lua_policy *)lua_budget_of(lua);
}

struct lua_policy *lua_policy_make(const struct restante_host *host, const struct restante_value *values)
{
    struct lua_policy *made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    made->host = host;
    made->budget = (struct lua_budget){
        .host = host,
        .instructions = values[LUA_SETTING_INSTRUCTIONS].integer,
        .time_ms = values[LUA_SETTING_TIME_LIMIT].integer,
        .memory_max = (size_t)values[LUA_SETTING_MEMORY].integer,
    };
    tzset(); /* restante.date needs the file of the time zone, which a worker cannot open */
    made->lua = lua_budget_open(&made->budget);
    if (!made->lua)
        lua_policy_free(&made);
    return made;
}

void lua_policy_free(struct lua_policy **policy)
{
    if (*policy && (*policy)->lua)
        lua_close((*policy)->lua);
    free(*policy);
    *policy = NULL;
}

static void policy_stop(void **policy)
{
    struct lua_policy *stopped = *policy;
    *policy = NULL;
    lua_policy_free(&stopped);
}

static enum restante_status policy_start(const struct restante_host *host, const struct restante_policy_item *item,
                                         void **policy, struct restante_policy_terms *terms,
                                         struct restante_error *error)
{
    struct lua_policy *started = lua_policy_make(host, item->values);
    *policy = NULL;
    if (!started)
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s: out of memory", item->path);
    enum restante_status status = lua_script_load(started, item, terms, error);
    if (status == RESTANTE_OK)
        *policy = started;
    else
        lua_policy_free(&started);
    return status;
}

/* "policy NAME: WHERE, line N: TEXT" */
static enum restante_status policy_fail(const struct lua_policy *policy, const char *after, const char *where,
                                        const struct lua_failure *failure, struct restante_error *error)
{
    char line[24] = "";
    if (failure->line > 0)
        snprintf(line, sizeof(line), ", line %u", (unsigned)failure->line);
    return policy->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "policy %s: %s%s%s: %s", policy->name, after, where,
                              line, failure->text);
}

static void policy_begin(struct lua_policy *policy, const struct restante_facts *facts, const struct lua_hook *hook)
{
    policy->facts = facts;
    policy->hook = hook;
    policy->call++;
    policy->logged = 0;
}

bool lua_policy_ask(struct lua_policy *policy, const struct restante_facts *facts, struct restante_verdict *verdict,
                    struct lua_failure *failure)
{
    const struct lua_hook *hook = lua_hooks_find(facts->event);
    if (!hook || (facts->is_after ? policy->after : policy->hooks)[hook - lua_hook_table] == LUA_NOREF)
        return true;
    policy_begin(policy, facts, hook);
    size_t messages = hook->takes_maildrop && facts->maildrop ? facts->maildrop->count : 0;
    bool is_good = lua_budget_run(policy->lua, lua_hooks_judge, verdict, messages, failure);
    policy->facts = NULL;
    if (!is_good)
        *verdict = (struct restante_verdict){.decision = RESTANTE_ALLOW};
    return is_good;
}

static enum restante_status policy_judge(void *data, const struct restante_facts *facts,
                                         struct restante_verdict *verdict, struct restante_error *error)
{
    struct lua_policy *policy = data;
    struct lua_failure failure;
    if (lua_policy_ask(policy, facts, verdict, &failure))
        return RESTANTE_OK;
    return policy_fail(policy, facts->is_after ? "after." : "", policy->hook->name, &failure, error);
}

bool lua_policy_ask_announcement(struct lua_policy *policy, const struct restante_facts *facts,
                                 struct restante_announcement *announcement, struct lua_failure *failure)
{
    if (policy->announce == LUA_NOREF)
        return true;
    policy_begin(policy, facts, lua_hooks_find(RESTANTE_EVENT_CAPA));
    bool is_good = lua_budget_run(policy->lua, lua_announce, announcement, 0, failure);
    policy->facts = NULL;
    return is_good;
}

static enum restante_status policy_announce(void *data, const struct restante_facts *facts,
                                            struct restante_announcement *announcement, struct restante_error *error)
{
    struct lua_failure failure;
    if (lua_policy_ask_announcement(data, facts, announcement, &failure))
        return RESTANTE_OK;
    return policy_fail(data, "", "announce", &failure, error);
}

const struct restante_policy lua_policy_operations = {
    .takes_keys = true,
    .start = policy_start,
    .judge = policy_judge,
    .announce = policy_announce,
    .stop = policy_stop,
    .check = lua_check,
    .test = lua_test,
};
