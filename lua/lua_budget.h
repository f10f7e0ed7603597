/*
 * lua/lua_budget.h - how much a script may use: instructions, memory and time, each bounded whatever the script does.
 *
 * A count hook sees what Lua executes; functions of ours that do much in one call charge for it themselves. The
 * allocator refuses what is past the cap. An overrun cannot be caught: pcall, xpcall and coroutines pass it on
 * (lua_guard.h). What no hook sees (one comparison of two huge strings) is bounded by the memory cap; the last resort
 * is a timer of the process.
 */
#ifndef LUA_BUDGET_H
#define LUA_BUDGET_H

#include <lua.h>

#include <restante/module.h>

/* Instructions between two looks at the budget. */
#define LUA_BUDGET_LOOK 100

struct lua_budget {
    const struct restante_host *host;
    int64_t instructions, time_ms; /* for each hook */
    size_t memory_max;             /* octets, for everything that the script has */
    size_t memory;
    int64_t left, since_look, deadline_ms;
    const char *overrun; /* which limit was passed in this call; NULL: none */
};

/* Chunks of this name are the engine's own: no line of theirs is where a script has failed. */
#define LUA_BUDGET_OWN_CHUNK "=restante"

/* Why a script has failed, as a sentence without its end, and where (0: not known). */
struct lua_failure {
    char text[256];
    uint32_t line;
};

/* A new state on this budget, which must outlive it; NULL when memory is short. */
lua_State *lua_budget_open(struct lua_budget *budget);
struct lua_budget *lua_budget_of(lua_State *lua);

/*
 * Call `function` with `argument` as its light userdata, on a fresh budget; `messages` more of a maildrop are a reason
 * for more. False: *failure says why. Nothing is left on the stack.
 */
bool lua_budget_run(lua_State *lua, lua_CFunction function, void *argument, size_t messages,
                    struct lua_failure *failure);

/* Count work that the hook does not see; raises the error of an overrun. About one for 16 octets or one element. */
void lua_budget_charge(lua_State *lua, uint64_t steps);
/* Raise the error of an overrun: within a call that has one, or because memory has run out. */
int lua_budget_overrun(lua_State *lua, const char *overrun);

#endif
