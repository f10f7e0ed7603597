/*
 * lua/lua_check.c - loading a policy on trial, then its names and hooks. In a confined room; the script has the limits
 * that it would have in the server.
 */
#include "lua_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_file.h"
#include "lua_module.h"
#include "lua_overrides.h"
#include "lua_script.h"

static void check_report(const struct lua_check *check, enum restante_policy_result result, uint32_t line,
                         const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));
static void check_report(const struct lua_check *check, enum restante_policy_result result, uint32_t line,
                         const char *format, va_list arguments)
{
    char text[1024], where[24] = "", sentence[512];
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    if (line > 0)
        snprintf(where, sizeof(where), ":%u", (unsigned)line);
    snprintf(text, sizeof(text), "%s%s: %s", check->file, where, sentence);
    check->report(check->context, result, text);
}

bool lua_check_has_refused(const struct lua_check *check, uint32_t line)
{
    for (size_t i = 0; i < check->lines_count; i++) {
        if (check->lines[i] == line)
            return true;
    }
    return false;
}

void lua_check_refuse(struct lua_check *check, uint32_t line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    check_report(check, RESTANTE_POLICY_FAILED, line, format, arguments);
    va_end(arguments);
    if (line > 0 && check->lines_count < sizeof(check->lines) / sizeof(check->lines[0]))
        check->lines[check->lines_count++] = line;
}

void lua_check_note(const struct lua_check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    check_report(check, RESTANTE_POLICY_NOTE, 0, format, arguments);
    va_end(arguments);
}

/* Within lua_budget_run. */
static int check_take_settings(lua_State *lua)
{
    struct lua_check *check = lua_touserdata(lua, 1);
    lua_overrides_push_values(lua);
    if (!lua_names_add_keys(&check->settings, lua, lua_gettop(lua)))
        return luaL_error(lua, "out of memory");
    return 0;
}

static void check_settings(struct lua_check *check)
{
    struct lua_failure failure;
    if (!lua_budget_run(check->policy->lua, check_take_settings, check, 0, &failure))
        lua_check_note(check, "its settings were not looked at: %s", failure.text);
}

static bool check_is_syntax(const struct lua_check *check)
{
    struct lua_policy *scratch = lua_policy_make(check->host, check->values);
    bool is_good = scratch && luaL_loadbufferx(scratch->lua, check->text, check->length, "=policy", "t") == LUA_OK;
    lua_policy_free(&scratch);
    return is_good;
}

/* In a state of its own, so that nothing of the script has touched what it is compared with. */
static void check_names(struct lua_check *check)
{
    struct lua_failure failure;
    struct lua_policy *scratch = lua_policy_make(check->host, check->values);
    if (!scratch || !lua_budget_run(scratch->lua, lua_check_names, check, 0, &failure))
        lua_check_note(check, "the names it uses were not looked at: %s", scratch ? failure.text : "out of memory");
    lua_policy_free(&scratch);
}

static void check_text(struct lua_check *check)
{
    const struct restante_policy_item item = {.path = "policy", .values = check->values};
    struct restante_policy_terms terms;
    struct lua_script_fault fault;
    lua_script_name_after(check->policy, check->file);
    check->policy->is_on_trial = true;
    check->is_loaded = lua_script_load_text(check->policy, &item, check->text, check->length, &terms, &fault);
    if (check->is_loaded)
        check_settings(check);
    if (check->is_loaded || check_is_syntax(check))
        check_names(check);
    if (!check->is_loaded && !lua_check_has_refused(check, fault.failure.line))
        lua_check_refuse(check, fault.failure.line, "%s",
                         fault.configuration[0] ? fault.configuration : fault.failure.text);
    if (check->is_loaded && check->policy->lacks[0])
        lua_check_note(check, "setting \"%s\" is required and has no value here: hooks were not called",
                       check->policy->lacks);
    else if (check->is_loaded)
        lua_check_call(check);
}

enum restante_status lua_check(const struct restante_host *host, const char *file, restante_policy_report report,
                               void *context, struct restante_error *error)
{
    struct lua_check check = {.host = host, .file = file, .report = report, .context = context};
    char why[128];
    char *text = lua_file_read(file, LUA_SCRIPT_FILE_MAX, &check.length, why);
    if (!text)
        return host->fail(error, RESTANTE_INVALID, 0, NULL, "%s: %s", file, why);
    check.text = text;
    lua_module_defaults(check.values);
    check.policy = lua_policy_make(host, check.values);
    if (check.policy)
        check_text(&check);
    lua_policy_free(&check.policy);
    lua_names_free(&check.settings);
    free(text);
    return RESTANTE_OK;
}
