/*
 * lua/lua_hooks.h - the hooks by name: what each judges, what it is given, what it may answer.
 */
#ifndef LUA_HOOKS_H
#define LUA_HOOKS_H

#include "lua_policy.h"

struct lua_hook {
    const char *name;
    enum restante_event event;
    bool only_after;
    bool takes_message, takes_maildrop; /* behind the session */
    uint32_t answers;                   /* mask of decisions for the event */
    uint32_t message_answers;           /* mask of decisions for each message, in a table */
};
extern const struct lua_hook lua_hook_table[LUA_HOOKS];

/* The hook of an event, or NULL. */
const struct lua_hook *lua_hooks_find(enum restante_event event);

/* Take hooks and `after` out of the script's table at `table` into references. Raises an error for what is none. */
void lua_hooks_take(lua_State *lua, struct lua_policy *policy, int table);
/* Is it a name that lua_hooks_take takes? */
bool lua_hooks_has(const char *name);
/* Which events the policy wants to be asked about. */
void lua_hooks_write_wanted(const struct lua_policy *policy, uint32_t *wanted, uint32_t *wanted_after);

/* Within lua_budget_run: call the hook of policy->facts and take its answer. `argument` is the verdict to fill. */
int lua_hooks_judge(lua_State *lua);

#endif
