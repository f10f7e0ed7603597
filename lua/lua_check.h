/*
 * lua/lua_check.h - what is wrong with a policy, without a configuration: the operation `check` of the module
 * (restante/policy.h).
 *
 * The file is loaded as the server would load it, its hooks are called with made-up facts (lua_check_call.c), and the
 * names it uses are looked at without running it (lua_check_names.c).
 */
#ifndef LUA_CHECK_H
#define LUA_CHECK_H

#include "lua_names.h"
#include "lua_policy.h"

struct lua_check {
    const struct restante_host *host;
    const char *file;
    const char *text;
    size_t length;
    struct restante_value values[LUA_SETTING_COUNT]; /* defaults */
    restante_policy_report report;
    void *context;
    struct lua_policy *policy;
    bool is_loaded;
    struct lua_names settings; /* that the policy declares */
    uint32_t lines[64];        /* with a fault: what else goes wrong there comes of it, and is not said */
    size_t lines_count;
};

enum restante_status lua_check(const struct restante_host *host, const char *file, restante_policy_report report,
                               void *context, struct restante_error *error);

/* Report "FILE:LINE: …"; line 0: none. */
void lua_check_refuse(struct lua_check *check, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lua_check_note(const struct lua_check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool lua_check_has_refused(const struct lua_check *check, uint32_t line);
/* Within lua_budget_run, in a state of its own: names that do not exist. The argument is the struct lua_check. */
int lua_check_names(lua_State *lua);
/* Call every hook with facts as they may come. */
void lua_check_call(struct lua_check *check);

#endif
