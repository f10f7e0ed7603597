/*
 * lua/lua_test.c - one file of tests: loaded once, each test run within limits of its own, in the order in which the
 * file has them. In a confined room. A test fails with its line and a sentence, and others go on.
 */
#include "lua_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_facts.h"
#include "lua_file.h"
#include "lua_frozen.h"
#include "lua_library.h"
#include "lua_module.h"
#include "lua_sandbox.h"
#include "lua_script.h"
#include "lua_verdict.h"

/* Of one test; what policies do has limits of its own. */
enum { TEST_INSTRUCTIONS = 50000000, TEST_TIME_MS = 10000, TEST_MEMORY_OCTETS = 64 << 20, TESTS_MAX = 1000 };

static const unsigned char test_world[] = {
#include "lua_test_world.inc"
};
static const unsigned char test_session[] = {
#include "lua_test_session.inc"
};

/* A run of the file. References in the registry of its state. */
struct test_run {
    struct lua_test *test;
    const char *text;
    size_t length;
    int begin; /* makes a new world */
    struct test_one {
        char name[64];
        int function, line;
    } *tests;
    size_t count;
    const struct test_one *current;
};

static void test_report(const struct lua_test *test, enum restante_policy_result result, uint32_t line,
                        const char *name, const char *what)
{
    char text[1024], where[24] = "";
    if (line > 0)
        snprintf(where, sizeof(where), ":%u", (unsigned)line);
    snprintf(text, sizeof(text), "%s%s: %s%s%s", test->file, where, name, name[0] && what[0] ? ": " : "", what);
    test->report(test->context, result, text);
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

/* A chunk of the engine's own. */
static void test_push_own(lua_State *lua, const unsigned char *text, size_t length, int environment)
{
    if (luaL_loadbufferx(lua, (const char *)text, length, LUA_BUDGET_OWN_CHUNK, "t") != LUA_OK)
        lua_error(lua);
    lua_pushvalue(lua, environment);
    lua_setupvalue(lua, -2, 1);
}

/* The environment of policies, and `test`; at the top. */
static void test_push_environment(lua_State *lua, struct test_run *run)
{
    lua_verdict_prepare(lua);
    lua_facts_prepare(lua);
    lua_library_push(lua);
    lua_sandbox_make(lua);
    int environment = lua_gettop(lua);
    test_push_own(lua, test_world, sizeof(test_world), environment);
    lua_test_push_native(lua, run->test);
    lua_call(lua, 1, 1);
    test_push_own(lua, test_session, sizeof(test_session), environment);
    lua_insert(lua, -2);
    lua_call(lua, 1, 2);
    run->begin = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_frozen_make(lua, "test", true);
    lua_frozen_push_true(lua, environment);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "test");
    lua_settop(lua, environment);
}

static int test_compare(const void *a, const void *b)
{
    const struct test_one *one = a, *other = b;
    return one->line != other->line ? (one->line > other->line) - (one->line < other->line)
                                    : strcmp(one->name, other->name);
}

static void test_take_one(lua_State *lua, struct test_run *run)
{
    lua_Debug function;
    struct test_one *one = &run->tests[run->count];
    if (lua_type(lua, -2) != LUA_TSTRING || !lua_isfunction(lua, -1) || lua_iscfunction(lua, -1))
        luaL_error(lua, "returns a table with a %s value, but must return one of functions by name",
                   luaL_typename(lua, -1));
    if (run->count == TESTS_MAX)
        luaL_error(lua, "has more than %d tests", TESTS_MAX);
    lua_clean(one->name, sizeof(one->name), lua_tostring(lua, -2), lua_rawlen(lua, -2));
    lua_pushvalue(lua, -1);
    lua_getinfo(lua, ">S", &function);
    one->line = function.linedefined;
    lua_pushvalue(lua, -1);
    one->function = luaL_ref(lua, LUA_REGISTRYINDEX);
    run->count++;
}

/* Within lua_budget_run. */
static int test_load(lua_State *lua)
{
    struct test_run *run = lua_touserdata(lua, 1);
    test_push_environment(lua, run);
    if (luaL_loadbufferx(lua, run->text, run->length, "=test", "t") != LUA_OK)
        return lua_error(lua);
    lua_pushvalue(lua, 2);
    lua_setupvalue(lua, -2, 1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->begin);
    lua_call(lua, 0, 0);
    lua_call(lua, 0, 1);
    if (!lua_istable(lua, -1))
        return luaL_error(lua, "returns a %s value, but must return a table of tests", luaL_typename(lua, -1));
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
        test_take_one(lua, run);
    qsort(run->tests, run->count, sizeof(*run->tests), test_compare);
    return 0;
}

/* --- running ------------------------------------------------------------------------------------------------------ */

/* Within lua_budget_run. */
static int test_run_one(lua_State *lua)
{
    const struct test_run *run = lua_touserdata(lua, 1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->begin);
    lua_call(lua, 0, 0);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->current->function);
    lua_call(lua, 0, 0);
    return 0;
}

static void test_run_all(struct test_run *run)
{
    struct lua_test *test = run->test;
    struct lua_failure failure;
    if (!lua_budget_run(test->self->lua, test_load, run, 0, &failure)) {
        test_report(test, RESTANTE_POLICY_FAILED, failure.line, "", failure.text);
        return;
    }
    if (run->count == 0)
        test_report(test, RESTANTE_POLICY_FAILED, 0, "", "has no tests");
    for (size_t i = 0; i < run->count; i++) {
        run->current = &run->tests[i];
        if (lua_budget_run(test->self->lua, test_run_one, run, 0, &failure))
            test_report(test, RESTANTE_POLICY_PASSED, 0, run->current->name, "");
        else
            test_report(test, RESTANTE_POLICY_FAILED, failure.line ? failure.line : (uint32_t)run->current->line,
                        run->current->name, failure.text);
        /* Policies of this test are not to take memory from the next. */
        lua_gc(test->self->lua, LUA_GCCOLLECT);
    }
}

static void test_log_nothing(enum restante_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

enum restante_status lua_test(const struct restante_host *host, const char *file, restante_policy_report report,
                              void *context, struct restante_error *error)
{
    static const struct restante_value limits[LUA_SETTING_COUNT] = {
        [LUA_SETTING_INSTRUCTIONS] = {.integer = TEST_INSTRUCTIONS},
        [LUA_SETTING_MEMORY] = {.integer = TEST_MEMORY_OCTETS},
        [LUA_SETTING_TIME_LIMIT] = {.integer = TEST_TIME_MS},
    };
    struct lua_test test = {.file = file, .quiet_host = *host, .report = report, .context = context};
    struct test_run run = {.test = &test};
    char why[128];
    char *text = lua_file_read(file, LUA_SCRIPT_FILE_MAX, &run.length, why);
    if (!text)
        return host->fail(error, RESTANTE_INVALID, 0, NULL, "%s: %s", file, why);
    run.text = text;
    test.quiet_host.log = test_log_nothing;
    test.self = lua_policy_make(&test.quiet_host, limits);
    run.tests = calloc(TESTS_MAX, sizeof(*run.tests));
    enum restante_status status = RESTANTE_OK;
    if (test.self && run.tests)
        test_run_all(&run);
    else
        status = host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s: out of memory", file);
    lua_policy_free(&test.self);
    free(run.tests);
    free(text);
    return status;
}
