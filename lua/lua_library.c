/*
 * lua/lua_library.c - `restante`. Files are read in the nursery while the script loads, and never later.
 */
#include "lua_library.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_file.h"
#include "lua_frozen.h"
#include "lua_policy.h"
#include "lua_text.h"
#include "lua_verdict.h"

enum { LUA_LIBRARY_LIST_MAX = 1024 * 1024, LUA_LIBRARY_LINES_MAX = 10 };

static void library_set(lua_State *lua, const char *name, int value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
}

/* date(seconds): local time, named as os.date("*t") names it */
static int library_date(lua_State *lua)
{
    lua_Number seconds = luaL_checknumber(lua, 1);
    struct tm local;
    luaL_argcheck(lua, seconds > -1e11 && seconds < 1e11, 1, "is no time");
    time_t when = (time_t)seconds;
    if (!localtime_r(&when, &local))
        return luaL_error(lua, "this time has no date");
    lua_createtable(lua, 0, 9);
    library_set(lua, "year", local.tm_year + 1900);
    library_set(lua, "month", local.tm_mon + 1);
    library_set(lua, "day", local.tm_mday);
    library_set(lua, "hour", local.tm_hour);
    library_set(lua, "min", local.tm_min);
    library_set(lua, "sec", local.tm_sec);
    library_set(lua, "wday", local.tm_wday + 1);
    library_set(lua, "yday", local.tm_yday + 1);
    lua_pushboolean(lua, local.tm_isdst > 0);
    lua_setfield(lua, -2, "isdst");
    return 1;
}

struct library_text {
    char *text;
    size_t length;
};

/* Lines without blanks around them, but for empty ones and those that begin with #, into the set at index 1. */
static int library_add_lines(lua_State *lua)
{
    const struct library_text *lines = lua_touserdata(lua, 2);
    const char *text = lines->text, *end = text + lines->length;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        const char *last = line_end ? line_end : end;
        const char *next = line_end ? line_end + 1 : end;
        while (text < last && strchr(" \t\r", *text) && *text)
            text++;
        while (last > text && strchr(" \t\r", last[-1]) && last[-1])
            last--;
        if (last > text && *text != '#') {
            lua_pushlstring(lua, text, (size_t)(last - text));
            lua_pushboolean(lua, 1);
            lua_rawset(lua, 1);
        }
        text = next;
    }
    return 0;
}

/* A made-up file, else the true one. */
static char *library_read(const struct lua_policy *policy, const char *path, size_t *length, char why[128])
{
    for (size_t i = 0; i < policy->files_count; i++) {
        const struct lua_policy_file *file = &policy->files[i];
        char *text = strcmp(file->path, path) == 0 ? malloc(file->length + 1) : NULL;
        if (!text)
            continue;
        memcpy(text, file->text, file->length);
        *length = file->length;
        return text;
    }
    return lua_file_read(path, LUA_LIBRARY_LIST_MAX, length, why);
}

bool lua_library_push_lines(lua_State *lua, const char *path, bool is_lowered, char why[128])
{
    struct library_text lines;
    lines.text = library_read(lua_policy_of(lua), path, &lines.length, why);
    if (!lines.text)
        return false;
    for (size_t i = 0; i < lines.length && is_lowered; i++)
        lines.text[i] = (char)tolower((unsigned char)lines.text[i]);
    lua_newtable(lua);
    lua_pushcfunction(lua, library_add_lines);
    lua_pushvalue(lua, -2);
    lua_pushlightuserdata(lua, &lines);
    int status = lua_pcall(lua, 2, 0, 0); /* memory may run out, and the text must not be lost */
    free(lines.text);
    if (status == LUA_ERRMEM)
        lua_budget_overrun(lua, "it takes more memory than its limit");
    if (status != LUA_OK)
        lua_error(lua);
    return true;
}

/* list(file): a set of its lines */
static int library_list(lua_State *lua)
{
    const char *path = luaL_checkstring(lua, 1);
    char why[128];
    if (!lua_policy_of(lua)->is_loading)
        return luaL_error(lua, "list: files are read at start only");
    luaL_argcheck(lua, path[0] == '/', 1, "must be an absolute path");
    if (!lua_library_push_lines(lua, path, false, why))
        return luaL_error(lua, "list: %s %s", path, why);
    lua_frozen_make(lua, "a list from a file", false);
    return 1;
}

/* log(text) */
static int library_log(lua_State *lua)
{
    struct lua_policy *policy = lua_policy_of(lua);
    size_t length;
    const char *text = luaL_checklstring(lua, 1, &length);
    char clean[256];
    if (policy->logged++ >= LUA_LIBRARY_LINES_MAX)
        return 0;
    lua_clean(clean, sizeof(clean), text, length);
    policy->host->log(RESTANTE_INFO, "policy %s: %s", policy->name, clean);
    return 0;
}

void lua_library_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"date", library_date}, {"list", library_list}, {"log", library_log}, {NULL, NULL}};
    lua_newtable(lua);
    luaL_setfuncs(lua, functions, 0);
    luaL_setfuncs(lua, lua_text_restante, 0);
    luaL_setfuncs(lua, lua_verdict_restante, 0);
}
