/*
 * lua/lua_check_names.c - names that a script uses and that are not there: globals, what the libraries have, fields of
 * facts, settings that it does not declare. Each with the nearest one.
 */
#include "lua_check.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_facts.h"
#include "lua_frozen.h"
#include "lua_library.h"
#include "lua_sandbox.h"
#include "lua_scan.h"
#include "lua_verdict.h"

struct check_names {
    struct lua_check *check;
    lua_State *lua;
    int environment; /* on the stack */
};

static void names_refuse(const struct check_names *names, const struct lua_scan_use *use, const char *what,
                         const char *kind, const char *nearest)
{
    lua_check_refuse(names->check, use->line, "%s: there is no such %s%s%s%s", what, kind,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static void names_refuse_writing(const struct check_names *names, const struct lua_scan_use *use, const char *what)
{
    lua_check_refuse(names->check, use->line, "%s cannot be changed", what);
}

/* `root.field` is not among the keys of the table at the top. */
static void names_check_key(const struct check_names *names, const struct lua_scan_use *use, const char *kind)
{
    char what[2 * LUA_SCAN_NAME_MAX + 2];
    struct lua_names keys = {.items = NULL};
    const char *name = use->parts[use->count > 1];
    if (!lua_names_add_keys(&keys, names->lua, -1)) {
        lua_names_free(&keys);
        luaL_error(names->lua, "out of memory");
    }
    snprintf(what, sizeof(what), "%s%s%s", use->parts[0], use->count > 1 ? "." : "", use->count > 1 ? name : "");
    if (!lua_names_has(&keys, name))
        names_refuse(names, use, what, kind, lua_names_nearest(&keys, name));
    lua_names_free(&keys);
}

static void names_check_global(const struct check_names *names, const struct lua_scan_use *use)
{
    lua_State *lua = names->lua;
    int top = lua_gettop(lua);
    if (use->count == 1 && use->is_written) {
        lua_check_refuse(names->check, use->line,
                         "%s: globals cannot be made or changed; write \"local %s\"", use->parts[0], use->parts[0]);
        return;
    }
    lua_pushstring(lua, use->parts[0]);
    if (lua_rawget(lua, names->environment) == LUA_TNIL) {
        struct lua_scan_use first = *use;
        first.count = 1;
        lua_pushvalue(lua, names->environment);
        names_check_key(names, &first, "global");
    } else if (use->count > 1 && lua_frozen_push_true(lua, -1)) {
        names_check_key(names, use, "name");
        if (use->is_written)
            names_refuse_writing(names, use, use->parts[0]);
    }
    lua_settop(lua, top);
}

/* `what` is "session", the field the second part from `at`. */
static void names_check_fact(const struct check_names *names, const struct lua_scan_use *use, const char *what,
                             size_t at)
{
    const char *const *fields = lua_facts_fields(what);
    const char *field = use->parts[at];
    char shown[2 * LUA_SCAN_NAME_MAX + 2];
    const char *nearest = lua_clean_nearest(field, fields);
    snprintf(shown, sizeof(shown), "%s.%s", use->parts[at - 1], field);
    if (!nearest || strcmp(nearest, field) != 0)
        names_refuse(names, use, shown, "fact", nearest);
    else if (use->is_called && at + 1 == use->count && strcmp(field, "header") != 0)
        names_refuse(names, use, shown, "function", NULL);
    else if (use->is_written && at + 1 == use->count)
        names_refuse_writing(names, use, shown);
}

static void names_check_setting(const struct check_names *names, const struct lua_scan_use *use, size_t at)
{
    char shown[LUA_SCAN_NAME_MAX + 12];
    const struct lua_names *settings = &names->check->settings;
    if (!names->check->is_loaded || lua_names_has(settings, use->parts[at]))
        return;
    snprintf(shown, sizeof(shown), "settings.%s", use->parts[at]);
    names_refuse(names, use, shown, "setting", lua_names_nearest(settings, use->parts[at]));
}

static void names_check_session(const struct check_names *names, const struct lua_scan_use *use)
{
    if (use->count < 2)
        return;
    names_check_fact(names, use, "session", 1);
    if (use->count > 2 && strcmp(use->parts[1], "settings") == 0)
        names_check_setting(names, use, 2);
    if (use->count > 2 && strcmp(use->parts[1], "maildrop") == 0)
        names_check_fact(names, use, "maildrop", 2);
}

static void names_check_policy(const struct check_names *names, const struct lua_scan_use *use)
{
    if (use->is_written && use->is_called)
        lua_check_refuse(names->check, use->line,
                         "%s:%s: hooks are called without the policy as a first argument; write \"function %s.%s(…)\"",
                         use->parts[0], use->parts[1], use->parts[0], use->parts[1]);
    else if (use->count > 2 && strcmp(use->parts[1], "settings") == 0 && !use->is_written)
        names_check_setting(names, use, 2);
}

static void names_visit(void *context, const struct lua_scan_use *use)
{
    const struct check_names *names = context;
    switch (use->role) {
    case LUA_SCAN_GLOBAL:
        names_check_global(names, use);
        break;
    case LUA_SCAN_SESSION:
        names_check_session(names, use);
        break;
    case LUA_SCAN_MAILDROP:
        if (use->count > 1)
            names_check_fact(names, use, "maildrop", 1);
        break;
    case LUA_SCAN_MESSAGE:
        if (use->count > 1)
            names_check_fact(names, use, "message", 1);
        break;
    case LUA_SCAN_POLICY:
        names_check_policy(names, use);
        break;
    case LUA_SCAN_LOCAL:
        break;
    }
}

int lua_check_names(lua_State *lua)
{
    struct check_names names = {.check = lua_touserdata(lua, 1), .lua = lua};
    lua_verdict_prepare(lua);
    lua_facts_prepare(lua);
    lua_library_push(lua);
    lua_sandbox_make(lua);
    lua_frozen_push_true(lua, -1);
    names.environment = lua_gettop(lua);
    if (!lua_scan(names.check->text, names.check->length, names_visit, &names))
        return luaL_error(lua, "out of memory");
    return 0;
}
