/*
 * lua/lua_policy.h - one policy: a script, its Lua state, its settings and hooks. One for each item of the
 * configuration; scripts never meet. Started in the nursery, where the file is read; judges in a worker, for all
 * sessions that the worker serves.
 */
#ifndef LUA_POLICY_H
#define LUA_POLICY_H

#include <lua.h>

#include <restante/policy.h>

#include "lua_budget.h"

/* Hooks that a script may have, in the order of lua_hook_table. */
enum { LUA_HOOKS = 10 };

/* The module's own settings; every further key of the item is the script's. */
enum lua_setting {
    LUA_SETTING_SCRIPT,
    LUA_SETTING_ON_ERROR,
    LUA_SETTING_INSTRUCTIONS,
    LUA_SETTING_MEMORY,
    LUA_SETTING_TIME_LIMIT,
    LUA_SETTING_SHIPPED,
    LUA_SETTING_COUNT,
};

struct lua_hook;

/* A file that restante.list finds instead of a true one: in tests. */
struct lua_policy_file {
    const char *path, *text;
    size_t length;
};

struct lua_policy {
    struct lua_budget budget; /* the first: lua_policy_of finds the policy by it */
    const struct restante_host *host;
    lua_State *lua;
    char name[64];
    bool is_loading;  /* restante.list may read */
    bool is_on_trial; /* checked without a configuration */
    char lacks[64];   /* then: a setting that is required; with it nothing of the script is called */
    int hooks[LUA_HOOKS], after[LUA_HOOKS], announce, settings; /* references in the registry; LUA_NOREF: none */
    int sets;                                                   /* of settings, see lua_overrides.h */
    lua_Integer set;                                            /* that holds in the call `set_call`, or without facts */
    uint64_t set_call;
    enum restante_on_error on_error;
    /* The question being judged; NULL: none. Facts that a script has kept are those of an older call. */
    const struct restante_facts *facts;
    const struct lua_hook *hook;
    uint64_t call;
    unsigned logged; /* lines in this call */
    const struct lua_policy_file *files;
    size_t files_count;
};

struct lua_policy *lua_policy_of(lua_State *lua);

/* A policy without a script yet, within the limits that `values` give. NULL: out of memory. */
struct lua_policy *lua_policy_make(const struct restante_host *host, const struct restante_value *values);
void lua_policy_free(struct lua_policy **policy);
/* Ask the hook of facts->event. False: *failure says why it failed, and nothing is decided. */
bool lua_policy_ask(struct lua_policy *policy, const struct restante_facts *facts, struct restante_verdict *verdict,
                    struct lua_failure *failure);
/* What is announced to the session of `facts`. */
bool lua_policy_ask_announcement(struct lua_policy *policy, const struct restante_facts *facts,
                                 struct restante_announcement *announcement, struct lua_failure *failure);

extern const struct restante_policy lua_policy_operations;

#endif
