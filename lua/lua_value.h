/*
 * lua/lua_value.h - one value of a setting: its type, how it is written, what it is in Lua.
 */
#ifndef LUA_VALUE_H
#define LUA_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#include <restante/module.h>

enum lua_value_type {
    LUA_VALUE_DURATION,
    LUA_VALUE_SIZE,
    LUA_VALUE_INTEGER, /* up to here, numbers that may have a range */
    LUA_VALUE_BOOLEAN,
    LUA_VALUE_STRING,
    LUA_VALUE_CHOICE,
    LUA_VALUE_DATE,
    LUA_VALUE_LIST, /* of strings, each by itself */
    LUA_VALUE_TYPES,
};

/* "duration" and so on, NULL-terminated; and what a value must be, for sentences. */
extern const char *const lua_value_types[];
extern const char *const lua_value_expected[];

/* "30s", "64K" and the like, in milliseconds or octets; false: it is none. */
bool lua_value_parse(const char *text, bool is_duration, int64_t *value);
/* Push what a key gives; false (and nothing pushed): it is none of this type. `row`: the declaration, for its choices. */
bool lua_value_push(lua_State *lua, enum lua_value_type type, int row, const struct restante_key *key);

#endif
