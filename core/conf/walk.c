/*
 * conf/walk.c - Lua tables along the settings table. Master only. The depth is that of the settings table, so cyclic
 * and deep tables are faults like any other value of a wrong type. Nothing here makes Lua allocate strings: numbers
 * as keys are never converted.
 */
#include "conf/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/cross.h"
#include "conf/names.h"
#include "conf/script_poison.h"
#include "util/alloc.h"
#include "util/str.h"

enum { WALK_PATH_MAX = 192, WALK_KEYS_MAX = 1000, WALK_STACK = 40 };

/* A value's place: as it is kept ("listen.2.port") and as the table writes it ("listen[].port"). */
struct walk_place {
    char path[WALK_PATH_MAX];
    char pattern[WALK_PATH_MAX];
};

static void walk_value(struct walk *walk, const struct walk_place *place);

static uint32_t walk_line(const struct walk *walk, const char *path)
{
    const struct script_assignment *assignment = walk->assignment;
    return source_line_within(&walk->script->source, path, assignment->first_line, assignment->last_line);
}

static void walk_fault(struct walk *walk, const char *path, const char *what)
{
    if (walk->report->left_out == 0)
        report_add(walk->report, walk_line(walk, path), "%s: %s", path, what);
    conf_add(&walk->given, path, CONF_BOOL, 1, NULL, 0);
}

/* What the value on top of the stack is, for checks and sentences. */
static struct check_given walk_given(lua_State *lua, char *number, size_t capacity)
{
    struct check_given given = {.kind = CHECK_IS_OTHER, .text = "nil"};
    int is_whole = 0;
    switch (lua_type(lua, -1)) {
    case LUA_TBOOLEAN:
        given.kind = CHECK_IS_BOOL;
        given.integer = lua_toboolean(lua, -1);
        break;
    case LUA_TNUMBER:
        /* 10.0 is 10; 1.5, inf and nan are not whole. */
        given.integer = lua_tointegerx(lua, -1, &is_whole);
        given.kind = is_whole ? CHECK_IS_NUMBER : CHECK_IS_OTHER;
        snprintf(number, capacity, "%.14g", lua_tonumber(lua, -1));
        given.text = number;
        break;
    case LUA_TSTRING:
        given.kind = CHECK_IS_TEXT;
        given.text = lua_tolstring(lua, -1, &given.length);
        break;
    case LUA_TTABLE:
        given.text = "a table";
        break;
    case LUA_TFUNCTION:
        given.text = "a function";
        break;
    default:
        break;
    }
    return given;
}

static void walk_add(struct walk *walk, const char *path, const struct check_value *value, bool is_default)
{
    conf_add(walk->conf, path, value->type, value->integer, value->text, is_default ? 0 : walk_line(walk, path));
    conf_add(&walk->given, path, CONF_BOOL, 0, NULL, 0);
    free(value->text);
}

static void walk_scalar(struct walk *walk, const struct walk_place *place, const struct settings_row *row)
{
    char number[32], fault[CHECK_FAULT_MAX];
    struct check_given given = walk_given(walk->script->lua, number, sizeof(number));
    struct check_rule rule = check_rule_of_row(row);
    struct check_value value;
    if (check_scalar(&rule, &given, &value, fault))
        walk_add(walk, place->path, &value, false);
    else
        walk_fault(walk, place->path, fault);
}

/* The place of a key in a table's place. */
static bool walk_enter(struct walk_place *to, const struct walk_place *table, const char *key, const char *pattern)
{
    int path_length = snprintf(to->path, WALK_PATH_MAX, "%s.%s", table->path, key);
    int pattern_length = snprintf(to->pattern, WALK_PATH_MAX, "%s%s", table->pattern, pattern);
    return path_length < WALK_PATH_MAX && pattern_length < WALK_PATH_MAX;
}

/* What kinds of keys the table on top of the stack has. */
struct walk_keys {
    size_t names, numbers, others;
    lua_Integer largest;
    bool is_too_many;
};

static struct walk_keys walk_count_keys(lua_State *lua)
{
    struct walk_keys keys = {0};
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        if (keys.names + keys.numbers + keys.others == WALK_KEYS_MAX) {
            keys.is_too_many = true;
            lua_pop(lua, 1);
            break;
        }
        if (lua_type(lua, -1) == LUA_TSTRING) {
            keys.names++;
        } else if (lua_isinteger(lua, -1) && lua_tointeger(lua, -1) > 0) {
            keys.numbers++;
            if (lua_tointeger(lua, -1) > keys.largest)
                keys.largest = lua_tointeger(lua, -1);
        } else {
            keys.others++;
        }
    }
    return keys;
}

/* A further key of an item that has a module: kept as it is, checked by the room that loads the module. */
static void walk_raw_scalar(struct walk *walk, const char *path)
{
    char number[32], fault[CHECK_FAULT_MAX];
    struct check_given given = walk_given(walk->script->lua, number, sizeof(number));
    struct check_value value = {.integer = given.integer};
    switch (given.kind) {
    case CHECK_IS_BOOL:
        value.type = CONF_RAW_BOOL;
        break;
    case CHECK_IS_NUMBER:
        value.type = CONF_RAW_INTEGER;
        break;
    case CHECK_IS_TEXT:
        if (!check_text(given.text, given.length, fault)) {
            walk_fault(walk, path, fault);
            return;
        }
        value.type = CONF_RAW_STRING;
        value.text = alloc_string(given.text);
        break;
    case CHECK_IS_OTHER:
        snprintf(fault, sizeof(fault), "is %s, but must be a string, a whole number, true, false or a list of strings",
                 given.text);
        walk_fault(walk, path, fault);
        return;
    }
    walk_add(walk, path, &value, false);
}

static bool walk_is_module_key(const char *key)
{
    size_t length = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length > 0 && !key[length] && length < 64;
}

static void walk_raw_list(struct walk *walk, const char *path, bool may_have_tables);

/* An item of a list that is a table of named values; lists in it are lists of strings. */
static void walk_raw_table(struct walk *walk, const char *path)
{
    lua_State *lua = walk->script->lua;
    struct walk_keys keys = walk_count_keys(lua);
    char named[WALK_PATH_MAX + 96];
    if (keys.is_too_many || keys.numbers || keys.others || !keys.names) {
        walk_fault(walk, path, "must be a table of named settings");
        return;
    }
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        const char *key = lua_tostring(lua, -2);
        snprintf(named, sizeof(named), "%s.%.64s", path, key);
        if (!walk_is_module_key(key) || strlen(named) >= WALK_PATH_MAX)
            walk_fault(walk, path, "has a key that is no setting's name");
        else if (lua_istable(lua, -1))
            walk_raw_list(walk, named, false);
        else if (!poison_is(lua, -1))
            walk_raw_scalar(walk, named);
    }
}

/* A list of strings or, where `may_have_tables`, of nothing but tables: no deeper than that. */
static void walk_raw_list(struct walk *walk, const char *path, bool may_have_tables)
{
    lua_State *lua = walk->script->lua;
    struct walk_keys keys = walk_count_keys(lua);
    char item[WALK_PATH_MAX + 24];
    if (keys.is_too_many || keys.names || keys.others || keys.largest != (lua_Integer)keys.numbers || !keys.numbers) {
        walk_fault(walk, path, "is a table that is no list of strings, but must be one: { \"…\", \"…\" }");
        return;
    }
    bool has_tables = may_have_tables && lua_rawgeti(lua, -1, 1) == LUA_TTABLE;
    if (may_have_tables)
        lua_pop(lua, 1);
    for (lua_Integer i = 1; i <= keys.largest; i++) {
        snprintf(item, sizeof(item), "%s.%lld", path, (long long)i);
        int type = lua_rawgeti(lua, -1, i);
        if (has_tables && type == LUA_TTABLE)
            walk_raw_table(walk, item);
        else if (!has_tables && type == LUA_TSTRING)
            walk_raw_scalar(walk, item);
        else if (!poison_is(lua, -1))
            walk_fault(walk, item, has_tables ? "must be a table of named settings" : "must be a string");
        lua_pop(lua, 1);
    }
}

static void walk_unknown_key(struct walk *walk, const struct walk_place *table, const char *prefix, const char *key)
{
    char suggestion[NAMES_SUGGESTION_MAX], what[256], quoted[64], path[WALK_PATH_MAX + 64];
    names_suggest(prefix, key, suggestion);
    if (walk_is_module_key(key)) {
        snprintf(path, sizeof(path), "%s.%.63s", table->path, key);
        snprintf(what, sizeof(what), "there is no such setting%s", suggestion);
        walk_fault(walk, path, what);
        return;
    }
    check_quote(key, strlen(key), quoted, sizeof(quoted));
    snprintf(what, sizeof(what), "has the key %s, but there is no such setting%s", quoted, suggestion);
    walk_fault(walk, table->path, what);
}

/* One key of a table of named settings; its value is on top of the stack. */
static void walk_key(struct walk *walk, const struct walk_place *table, const char *key)
{
    lua_State *lua = walk->script->lua;
    struct walk_place place;
    char prefix[WALK_PATH_MAX + 2], raw[WALK_PATH_MAX + 3], dotted[WALK_PATH_MAX + 1];
    snprintf(prefix, sizeof(prefix), "%s.", table->pattern);
    snprintf(raw, sizeof(raw), "%s.*", table->pattern);
    if (names_has(prefix, key)) {
        snprintf(dotted, sizeof(dotted), ".%.64s", key);
        if (walk_enter(&place, table, key, dotted))
            walk_value(walk, &place);
        return;
    }
    bool has_module = false;
    for (const struct settings_row *row = settings_table; row->path; row++)
        has_module |= strcmp(row->path, raw) == 0;
    if (!has_module || !walk_is_module_key(key) || !walk_enter(&place, table, key, "")) {
        walk_unknown_key(walk, table, prefix, key);
    } else if (poison_is(lua, -1)) {
        conf_add(&walk->given, place.path, CONF_BOOL, 1, NULL, 0);
    } else if (lua_istable(lua, -1)) {
        walk_raw_list(walk, place.path, true);
    } else {
        walk_raw_scalar(walk, place.path);
    }
}

/* A table of named settings on top of the stack; false when it is not one. */
static bool walk_group(struct walk *walk, const struct walk_place *place)
{
    lua_State *lua = walk->script->lua;
    char number[32], what[CHECK_FAULT_MAX];
    if (!lua_istable(lua, -1)) {
        struct check_given given = walk_given(lua, number, sizeof(number));
        snprintf(what, sizeof(what), "is %s, but must be a table of named settings",
                 given.kind == CHECK_IS_TEXT   ? "a string"
                 : given.kind == CHECK_IS_BOOL ? (given.integer ? "true" : "false")
                                               : given.text);
        walk_fault(walk, place->path, what);
        return false;
    }
    struct walk_keys keys = walk_count_keys(lua);
    if (keys.is_too_many || keys.numbers || keys.others) {
        snprintf(what, sizeof(what),
                 keys.is_too_many ? "has more than %d keys, but must be a table of named settings"
                                  : "has items without a name, but must be a table of named settings",
                 WALK_KEYS_MAX);
        walk_fault(walk, place->path, what);
        return false;
    }
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        walk_key(walk, place, lua_tostring(lua, -2));
        lua_pop(lua, 1);
    }
    return true;
}

/* What an item of a list lacks: required settings are faults, the rest gets defaults. */
static void walk_complete_item(struct walk *walk, const struct walk_place *item)
{
    char path[WALK_PATH_MAX + 64], what[CHECK_FAULT_MAX], expected[CHECK_FAULT_MAX / 2];
    size_t length = strlen(item->pattern);
    for (const struct settings_row *row = settings_table; row->path; row++) {
        struct check_rule rule = check_rule_of_row(row);
        struct check_value value;
        if (strncmp(row->path, item->pattern, length) != 0 || row->path[length] != '.')
            continue;
        snprintf(path, sizeof(path), "%s%s", item->path, row->path + length);
        if (cross_is_given(&walk->given, path))
            continue;
        check_write_expected(&rule, expected, sizeof(expected));
        snprintf(what, sizeof(what), "is missing, but is needed: %s", expected);
        if (row->is_required)
            walk_fault(walk, path, what);
        else if (row->default_text && check_default(&rule, row->default_text, &value, what))
            walk_add(walk, path, &value, true);
    }
}

static void walk_item(struct walk *walk, const struct walk_place *list, lua_Integer number, bool is_table_item)
{
    struct walk_place item;
    char key[24];
    snprintf(key, sizeof(key), "%lld", (long long)number);
    if (!walk_enter(&item, list, key, "[]"))
        return;
    if (!is_table_item)
        walk_scalar(walk, &item, settings_find(item.path));
    else if (poison_is(walk->script->lua, -1))
        conf_add(&walk->given, item.path, CONF_BOOL, 1, NULL, 0);
    else if (walk_group(walk, &item))
        walk_complete_item(walk, &item);
}

/* A list on top of the stack. A list of one may be written as that one. */
static void walk_list(struct walk *walk, const struct walk_place *place, bool has_table_items)
{
    lua_State *lua = walk->script->lua;
    const char *wrong = NULL;
    if (!lua_istable(lua, -1)) {
        if (has_table_items)
            walk_group(walk, place);
        else
            walk_item(walk, place, 1, false);
        return;
    }
    struct walk_keys keys = walk_count_keys(lua);
    if (keys.is_too_many)
        wrong = "has more than 1000 items, but that is the most there may be";
    else if (keys.others > 0)
        wrong = "has keys that are neither names nor whole numbers from 1 on, but must be a list";
    else if (keys.names > 0 && keys.numbers > 0)
        wrong = "mixes named keys and items without a name, but must be a list of tables or a single table";
    else if (keys.names + keys.numbers == 0)
        wrong = "is empty, but needs at least one item; leave it out for the default";
    else if (keys.largest != (lua_Integer)keys.numbers)
        wrong = "has gaps, but items must be numbered from 1 on without one";
    if (wrong) {
        walk_fault(walk, place->path, wrong);
    } else if (keys.names > 0) {
        walk_item(walk, place, 1, has_table_items);
    } else {
        for (lua_Integer i = 1; i <= keys.largest; i++) {
            lua_rawgeti(lua, -1, i);
            walk_item(walk, place, i, has_table_items);
            lua_pop(lua, 1);
        }
    }
}

/* Any value on top of the stack; names_has has told that the place exists. */
static void walk_value(struct walk *walk, const struct walk_place *place)
{
    size_t length = strlen(place->pattern);
    if (poison_is(walk->script->lua, -1)) {
        conf_add(&walk->given, place->path, CONF_BOOL, 1, NULL, 0);
        return;
    }
    for (const struct settings_row *row = settings_table; row->path; row++) {
        const char *rest = row->path + length;
        if (strncmp(row->path, place->pattern, length) != 0)
            continue;
        if (!*rest)
            walk_scalar(walk, place, row);
        else if (strncmp(rest, "[]", 2) == 0)
            walk_list(walk, place, rest[2] == '.');
        else if (*rest == '.')
            walk_group(walk, place);
        else
            continue;
        return;
    }
}

static int walk_protected(lua_State *lua)
{
    struct walk *walk = lua_touserdata(lua, 1);
    struct walk_place place;
    if (!lua_checkstack(lua, WALK_STACK))
        return 0;
    for (size_t i = 0; i < walk->script->count; i++) {
        walk->assignment = &walk->script->assignments[i];
        str_copy(place.path, sizeof(place.path), walk->assignment->name);
        str_copy(place.pattern, sizeof(place.pattern), walk->assignment->name);
        script_push(walk->script, walk->assignment);
        walk_value(walk, &place);
        lua_pop(lua, 1);
    }
    return 0;
}

void walk_all(struct walk *walk)
{
    lua_State *lua = walk->script->lua;
    lua_pushcfunction(lua, walk_protected);
    lua_pushlightuserdata(lua, walk);
    if (lua_pcall(lua, 1, 0, 0) != LUA_OK)
        report_add(walk->report, 0, "the settings could not be read");
}
