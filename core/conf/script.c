/*
 * conf/script.c - the Lua state of a configuration file. Master only, with its privilege: so no library is opened, no
 * bytecode is loaded, and steps, memory and time are bounded. Whatever goes wrong is a sentence in the report.
 */
#include "conf/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "conf/check.h"
#include "conf/names.h"
#include "conf/script_poison.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/str.h"

enum {
    SCRIPT_MEMORY_MAX = 32 * 1024 * 1024,
    SCRIPT_STEPS_MAX = 10000000,
    SCRIPT_HOOK_STEPS = 1000,
    SCRIPT_TIME_MAX_MS = 10000, /* a step that works on a long string is slow */
};

static const char script_values_key;

static struct script *script_of(lua_State *lua)
{
    return *(struct script **)lua_getextraspace(lua);
}

static void *script_allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct script *script = context;
    size_t before = old ? old_size : 0;
    if (size == 0) {
        free(old);
        script->memory -= before;
        return NULL;
    }
    if (size > before && size - before > script->memory_limit - script->memory)
        return NULL;
    void *memory = realloc(old, size);
    if (memory)
        script->memory = script->memory - before + size;
    return memory;
}

/* The line that the running chunk is at. */
static uint32_t script_note_line(lua_State *lua, int level)
{
    struct script *script = script_of(lua);
    lua_Debug call;
    if (lua_getstack(lua, level, &call) && lua_getinfo(lua, "l", &call) && call.currentline > 0)
        script->line = (uint32_t)call.currentline;
    return script->line;
}

static void script_hook(lua_State *lua, lua_Debug *call)
{
    struct script *script = script_of(lua);
    (void)call;
    script->steps += SCRIPT_HOOK_STEPS;
    script_note_line(lua, 0);
    if (script->steps > SCRIPT_STEPS_MAX || clock_monotonic_ms() > script->deadline_ms) {
        script->overrun = "the file does not come to an end here; it may only make data, without long loops";
        lua_pushnil(lua);
        lua_error(lua);
    }
}

/* The name a global is read or written by, as text for sentences; false when it is no string. */
static bool script_name(lua_State *lua, int index, const char **name)
{
    *name = lua_type(lua, index) == LUA_TSTRING ? lua_tostring(lua, index) : NULL;
    return *name != NULL;
}

static void script_push_values(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &script_values_key);
}

static void script_refuse_read(struct script *script, uint32_t line, const char *name)
{
    char suggestion[NAMES_SUGGESTION_MAX], shown[CHECK_QUOTED_MAX];
    str_copy(shown, sizeof(shown), name);
    if (script->undefined == name && script->undefined_line == line)
        return;
    script->undefined = name;
    script->undefined_line = line;
    if (names_has("", name)) {
        report_add(script->report, line, "%s: is read here, but was not given a value above", name);
        return;
    }
    names_suggest("", name, suggestion);
    report_add(script->report, line, "%s: is not defined; only settings given above and your own locals are%s", shown,
               strchr(suggestion, '"') ? suggestion : "");
}

/* Reading a global: a setting given above, or a fault and poison. */
static int script_index(lua_State *lua)
{
    struct script *script = script_of(lua);
    uint32_t line = script_note_line(lua, 1);
    const char *name;
    if (!script_name(lua, 2, &name))
        return 0;
    script_push_values(lua);
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, -2) != LUA_TNIL)
        return 1;
    script_refuse_read(script, line, name);
    poison_push(lua);
    return 1;
}

static const struct script_assignment *script_find(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->count; i++) {
        if (strcmp(script->assignments[i].name, name) == 0)
            return &script->assignments[i];
    }
    return NULL;
}

static void script_refuse_name(struct script *script, uint32_t line, const char *name)
{
    char suggestion[NAMES_SUGGESTION_MAX], shown[CHECK_QUOTED_MAX];
    names_suggest("", name, suggestion);
    str_copy(shown, sizeof(shown), name);
    report_add(script->report, line, "%s: there is no such setting%s", shown, suggestion);
}

/* Giving a global a value. */
static int script_newindex(lua_State *lua)
{
    struct script *script = script_of(lua);
    uint32_t last_line = script_note_line(lua, 1);
    const char *name;
    if (!script_name(lua, 2, &name) || script->report->left_out > 0)
        return 0;
    uint32_t line = source_line(&script->source, name, last_line);
    if (line == 0)
        line = last_line;
    const struct script_assignment *earlier = script_find(script, name);
    if (!names_has("", name)) {
        script_refuse_name(script, line, name);
        return 0;
    }
    if (earlier) {
        report_add(script->report, line, "%s: is given a value twice; the first one is at line %u", name,
                   earlier->first_line);
        return 0;
    }
    if (lua_isnil(lua, 3)) {
        report_add(script->report, line, "%s: is nil; give it a value or leave it out", name);
        poison_push(lua);
        lua_replace(lua, 3);
    }
    script->assignments =
        alloc_resize(script->assignments, script->count + 1, sizeof(*script->assignments));
    script->assignments[script->count++] =
        (struct script_assignment){.name = alloc_string(name), .first_line = line, .last_line = last_line};
    script_push_values(lua);
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, 3);
    lua_rawset(lua, -3);
    return 0;
}

/* The chunk's environment: an empty table behind a metatable that the file cannot reach. */
static void script_push_environment(lua_State *lua)
{
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushcfunction(lua, script_index);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, script_newindex);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
}

struct script_text {
    const char *text;
    size_t length;
};

/* Protected: everything that may raise an error. */
static int script_protected(lua_State *lua)
{
    const struct script_text *text = lua_touserdata(lua, 1);
    struct script *script = script_of(lua);
    lua_newtable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &script_values_key);
    poison_make(lua);
    if (luaL_loadbufferx(lua, text->text, text->length, "=?", "t") != LUA_OK)
        return lua_error(lua);
    source_parse(&script->source, text->text, text->length);
    if (script->source.environment_line > 0)
        report_add(script->report, script->source.environment_line,
                   "_ENV: is not available here; give settings a value by their names");
    script_push_environment(lua);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 0);
    return 0;
}

/* Lua's own text without its "?:LINE: ", and without bytes that do not belong in a sentence. */
static void script_report_error(struct script *script, const char *text)
{
    char clean[512];
    uint64_t line = 0;
    if (strncmp(text, "?:", 2) == 0) {
        size_t digits = strspn(text + 2, "0123456789");
        if (str_parse_u64(text + 2, digits, &line) && strncmp(text + 2 + digits, ": ", 2) == 0)
            text += 2 + digits + 2;
    }
    str_copy(clean, sizeof(clean), text);
    for (char *at = clean; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    }
    report_add(script->report, (uint32_t)line, "%s%s", script->source.count ? "" : "syntax error: ", clean);
}

static void script_report_end(struct script *script, int status)
{
    const char *text = lua_type(script->lua, -1) == LUA_TSTRING ? lua_tostring(script->lua, -1) : NULL;
    if (script->overrun)
        report_add(script->report, script->line, "%s", script->overrun);
    else if (status == LUA_ERRMEM)
        report_add(script->report, script->line, "the file needs more than %d MiB of memory; it may only make data",
                   SCRIPT_MEMORY_MAX / 1048576);
    else
        script_report_error(script, text ? text : "evaluation failed");
    lua_settop(script->lua, 0);
}

bool script_run(struct script *script, struct report *report, const char *text, size_t length)
{
    struct script_text given = {.text = text, .length = length};
    *script = (struct script){.report = report, .memory_limit = SCRIPT_MEMORY_MAX};
    script->deadline_ms = clock_monotonic_ms() + SCRIPT_TIME_MAX_MS;
    script->lua = lua_newstate(script_allocate, script);
    if (!script->lua)
        abort();
    *(struct script **)lua_getextraspace(script->lua) = script;
    if (length > 0 && text[0] == LUA_SIGNATURE[0]) {
        report_add(report, 0, "is compiled Lua, but must be text");
        return false;
    }
    lua_sethook(script->lua, script_hook, LUA_MASKCOUNT, SCRIPT_HOOK_STEPS);
    lua_pushcfunction(script->lua, script_protected);
    lua_pushlightuserdata(script->lua, &given);
    int status = lua_pcall(script->lua, 1, 0, 0);
    lua_sethook(script->lua, NULL, 0, 0);
    /* From here on it is our own code that runs. */
    script->memory_limit = SIZE_MAX;
    if (status != LUA_OK)
        script_report_end(script, status);
    return status == LUA_OK;
}

void script_push(const struct script *script, const struct script_assignment *assignment)
{
    script_push_values(script->lua);
    lua_pushstring(script->lua, assignment->name);
    lua_rawget(script->lua, -2);
    lua_remove(script->lua, -2);
}

void script_close(struct script *script)
{
    if (script->lua)
        lua_close(script->lua);
    for (size_t i = 0; i < script->count; i++)
        free(script->assignments[i].name);
    free(script->assignments);
    source_free(&script->source);
    *script = (struct script){0};
}
