/*
 * conf/script_poison.h - what an undefined name gives after its fault was noted: a value that goes along with anything
 * (indexing, calling, arithmetic, concatenation), so that the file can be read to its end.
 */
#ifndef CONF_SCRIPT_POISON_H
#define CONF_SCRIPT_POISON_H

#include <stdbool.h>

#include <lua.h>

/* Make the one poison of this state. */
void poison_make(lua_State *lua);
void poison_push(lua_State *lua);
bool poison_is(lua_State *lua, int index);

#endif
