/*
 * lua/lua_test.h - tests of policies, written in Lua: the operation `test` of the module (restante/policy.h).
 *
 * A test file runs in the sandbox of policies, with one name more: `test` (lua_test_world.lua). The policies that it
 * starts are states of their own, as in the server; what hooks are told is made up (lua_test_ask.c). Every test has
 * limits, and its policies have theirs.
 */
#ifndef LUA_TEST_H
#define LUA_TEST_H

#include "lua_policy.h"

struct lua_test {
    const char *file;                /* absolute */
    struct lua_policy *self;         /* the state that the file runs in; of a policy it has the limits alone */
    struct restante_host quiet_host; /* of the policies: what they log is nobody's */
    restante_policy_report report;
    void *context;
};

enum restante_status lua_test(const struct restante_host *host, const char *file, restante_policy_report report,
                              void *context, struct restante_error *error);

/* Push the table of functions that lua_test_world.lua is given. */
void lua_test_push_native(lua_State *lua, struct lua_test *test);

/* A policy that a test has started: a userdata. */
struct lua_test_policy {
    struct lua_policy *policy;
    struct restante_announcement announced; /* at start */
};
struct lua_test_policy *lua_test_check_policy(lua_State *lua, int index);

/* ask(policy, hook, is_after, session, messages, number, store): answer, decisions, failure */
int lua_test_ask(lua_State *lua);
/* announce(policy, session): what it announces */
int lua_test_announce(lua_State *lua);

#endif
