/*
 * lua/lua_facts.h - what hooks are told: session, maildrop and messages, read when asked for and never written.
 *
 * A value of these is good during the call that it was made for: one that a script has kept says so when it is used,
 * and never shows another session's facts.
 */
#ifndef LUA_FACTS_H
#define LUA_FACTS_H

#include <lua.h>

/* Once for each state. */
void lua_facts_prepare(lua_State *lua);

/* The fields of "session", "maildrop" and "message", NULL-terminated; NULL: there is no such thing. */
const char *const *lua_facts_fields(const char *what);

/* Facts of the question being judged; nil where there is no maildrop, no message. */
void lua_facts_push_session(lua_State *lua);
void lua_facts_push_maildrop(lua_State *lua);
void lua_facts_push_message(lua_State *lua);

#endif
