/*
 * lua/lua_token.h - a script's text as tokens. The text is one that Lua's own parser has accepted.
 */
#ifndef LUA_TOKEN_H
#define LUA_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lua_token_kind { LUA_TOKEN_END = 0, LUA_TOKEN_NAME, LUA_TOKEN_VALUE /* a string or number */, LUA_TOKEN_SIGN };

/* Keywords are names. */
struct lua_token {
    enum lua_token_kind kind;
    uint32_t line;
    const char *at;
    size_t length;
};

/* All of them, with one LUA_TOKEN_END behind the last; to be freed. NULL: out of memory. */
struct lua_token *lua_token_read(const char *text, size_t length, size_t *count);
/* Is it this name or sign? Never true for a string of the same text. */
bool lua_token_is(const struct lua_token *token, const char *text);

#endif
