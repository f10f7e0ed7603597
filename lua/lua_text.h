/*
 * lua/lua_text.h - functions on strings, each linear in what it is given, each charged for it. No patterns.
 */
#ifndef LUA_TEXT_H
#define LUA_TEXT_H

#include <stdbool.h>

#include <lauxlib.h>

/* find, rep: in place of Lua's own. */
extern const luaL_Reg lua_text_string[];
/* find, glob, split: of `restante`. */
extern const luaL_Reg lua_text_restante[];

/* Does the text fit the pattern as a whole, as `glob` says? Charged. */
bool lua_text_fits(lua_State *lua, const char *pattern, const char *text);

/* Replace the function at the top by one that charges for the strings it is given. */
void lua_text_charged(lua_State *lua);

#endif
