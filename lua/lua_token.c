/*
 * lua/lua_token.c - Lua 5.4's tokens, as far as names need them. Whatever the text is, it stays within it and ends.
 */
#include "lua_token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct token_reader {
    const char *at, *end;
    uint32_t line;
};

static char token_peek(const struct token_reader *reader, size_t ahead)
{
    return (size_t)(reader->end - reader->at) > ahead ? reader->at[ahead] : '\0';
}

static void token_step(struct token_reader *reader)
{
    if (reader->at < reader->end && *reader->at++ == '\n')
        reader->line++;
}

/* How many = are in the long bracket that begins here; -1: none begins. */
static int token_long_level(const struct token_reader *reader)
{
    int level = 0;
    if (token_peek(reader, 0) != '[')
        return -1;
    while (token_peek(reader, (size_t)level + 1) == '=')
        level++;
    return token_peek(reader, (size_t)level + 1) == '[' ? level : -1;
}

static bool token_closes_long(const struct token_reader *reader, int level)
{
    if (token_peek(reader, 0) != ']' || token_peek(reader, (size_t)level + 1) != ']')
        return false;
    for (int i = 1; i <= level; i++) {
        if (token_peek(reader, (size_t)i) != '=')
            return false;
    }
    return true;
}

static void token_skip_long(struct token_reader *reader, int level)
{
    while (reader->at < reader->end && !token_closes_long(reader, level))
        token_step(reader);
    for (int i = 0; i < level + 2; i++)
        token_step(reader);
}

/* Blanks and comments. */
static void token_skip_nothing(struct token_reader *reader)
{
    while (reader->at < reader->end) {
        if (isspace((unsigned char)*reader->at)) {
            token_step(reader);
        } else if (token_peek(reader, 0) == '-' && token_peek(reader, 1) == '-') {
            reader->at += 2;
            int level = token_long_level(reader);
            if (level >= 0)
                token_skip_long(reader, level);
            while (level < 0 && reader->at < reader->end && *reader->at != '\n')
                token_step(reader);
        } else {
            return;
        }
    }
}

static void token_skip_string(struct token_reader *reader)
{
    char quote = *reader->at;
    token_step(reader);
    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '\\')
            token_step(reader);
        token_step(reader);
    }
    token_step(reader);
}

static bool token_is_name(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_';
}

static void token_skip_number(struct token_reader *reader)
{
    while (token_is_name(token_peek(reader, 0)) || token_peek(reader, 0) == '.') {
        bool has_exponent = strchr("eEpP", token_peek(reader, 0)) != NULL;
        token_step(reader);
        if (has_exponent && (token_peek(reader, 0) == '+' || token_peek(reader, 0) == '-'))
            token_step(reader);
    }
}

static void token_skip_sign(struct token_reader *reader)
{
    static const char *const signs[] = {"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t length = strlen(signs[i]);
        if ((size_t)(reader->end - reader->at) >= length && memcmp(reader->at, signs[i], length) == 0) {
            reader->at += length;
            return;
        }
    }
    token_step(reader);
}

static struct lua_token token_next(struct token_reader *reader)
{
    token_skip_nothing(reader);
    struct lua_token token = {.line = reader->line, .at = reader->at};
    if (reader->at == reader->end)
        return token;
    int level = token_long_level(reader);
    char first = *reader->at;
    token.kind = LUA_TOKEN_VALUE;
    if (isdigit((unsigned char)first) || (first == '.' && isdigit((unsigned char)token_peek(reader, 1)))) {
        token_skip_number(reader);
    } else if (token_is_name(first)) {
        token.kind = LUA_TOKEN_NAME;
        while (token_is_name(token_peek(reader, 0)))
            token_step(reader);
    } else if (first == '"' || first == '\'') {
        token_skip_string(reader);
    } else if (level >= 0) {
        token_skip_long(reader, level);
    } else {
        token.kind = LUA_TOKEN_SIGN;
        token_skip_sign(reader);
    }
    token.length = (size_t)(reader->at - token.at);
    return token;
}

struct lua_token *lua_token_read(const char *text, size_t length, size_t *count)
{
    struct token_reader reader = {.at = text, .end = text + length, .line = 1};
    struct lua_token *tokens = malloc((length + 1) * sizeof(*tokens)); /* each has an octet at least */
    if (!tokens)
        return NULL;
    *count = 0;
    do
        tokens[*count] = token_next(&reader);
    while (tokens[(*count)++].kind != LUA_TOKEN_END);
    --*count;
    return tokens;
}

bool lua_token_is(const struct lua_token *token, const char *text)
{
    return (token->kind == LUA_TOKEN_NAME || token->kind == LUA_TOKEN_SIGN) && strlen(text) == token->length &&
           memcmp(token->at, text, token->length) == 0;
}
