/*
 * lua/lua_scan.c - scopes of names over a script's tokens. Lua's grammar is not checked: Lua has done that. Where a
 * scope would need the end of an expression (`local x = …`, `until …`) names live a little longer than in Lua.
 */
#include "lua_scan.h"

#include <stdlib.h>
#include <string.h>

#include "lua_hooks.h"
#include "lua_token.h"

struct scan_name {
    const struct lua_token *token;
    enum lua_scan_role role;
};

enum scan_kind { SCAN_BLOCK, SCAN_BRACKET, SCAN_TABLE, SCAN_LOOP /* `for`, before its `do` */ };
struct scan_level {
    enum scan_kind kind;
    size_t names; /* that there were before it */
    size_t from;  /* of a loop: the token of its first name */
};

struct scan {
    const struct lua_token *tokens; /* two of LUA_TOKEN_END stand before the first */
    size_t count;
    const struct lua_token *policy; /* the name that the script returns, or NULL */
    struct scan_name *names;
    size_t names_count;
    struct scan_level *levels;
    size_t levels_count;
    lua_scan_visit visit;
    void *context;
};

/* Never past the end: what is behind the last is LUA_TOKEN_END. */
static const struct lua_token *scan_at(const struct scan *scan, size_t i)
{
    return &scan->tokens[i < scan->count ? i : scan->count];
}

static bool scan_is(const struct scan *scan, size_t i, const char *text)
{
    return lua_token_is(scan_at(scan, i), text);
}

static bool scan_is_same(const struct lua_token *one, const struct lua_token *other)
{
    return one->length == other->length && memcmp(one->at, other->at, one->length) == 0;
}

static bool scan_is_keyword(const struct lua_token *token)
{
    static const char *const keywords[] = {"and",   "break", "do",  "else", "elseif", "end",    "false", "for",
                                           "function", "goto", "if", "in",  "local",  "nil",    "not",   "or",
                                           "repeat", "return", "then", "true", "until", "while"};
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (lua_token_is(token, keywords[i]))
            return true;
    }
    return false;
}

/* --- scopes -------------------------------------------------------------------------------------------------------- */

static void scan_open(struct scan *scan, enum scan_kind kind, size_t from)
{
    scan->levels[scan->levels_count++] = (struct scan_level){kind, scan->names_count, from};
}

static void scan_close(struct scan *scan, bool keeps_names)
{
    if (scan->levels_count == 0)
        return;
    scan->levels_count--;
    if (!keeps_names)
        scan->names_count = scan->levels[scan->levels_count].names;
}

static enum scan_kind scan_inside(const struct scan *scan)
{
    return scan->levels_count > 0 ? scan->levels[scan->levels_count - 1].kind : SCAN_BLOCK;
}

static void scan_declare(struct scan *scan, const struct lua_token *token, enum lua_scan_role role)
{
    bool is_outermost = role == LUA_SCAN_LOCAL && scan->levels_count == 0;
    if (is_outermost && scan->policy && scan_is_same(token, scan->policy))
        role = LUA_SCAN_POLICY;
    scan->names[scan->names_count++] = (struct scan_name){token, role};
}

/* What a parameter or loop variable of this name stands for. */
static enum lua_scan_role scan_conventional(const struct lua_token *token)
{
    if (lua_token_is(token, "session"))
        return LUA_SCAN_SESSION;
    if (lua_token_is(token, "maildrop"))
        return LUA_SCAN_MAILDROP;
    return lua_token_is(token, "message") ? LUA_SCAN_MESSAGE : LUA_SCAN_LOCAL;
}

/* WHY: behind a variable _ENV of the script's own, its globals are fields of that. */
static enum lua_scan_role scan_role(const struct scan *scan, const struct lua_token *token)
{
    for (size_t i = scan->names_count; i > 0; i--) {
        const struct scan_name *name = &scan->names[i - 1];
        if (scan_is_same(name->token, token) || lua_token_is(name->token, "_ENV"))
            return scan_is_same(name->token, token) ? name->role : LUA_SCAN_LOCAL;
    }
    return lua_token_is(token, "_ENV") ? LUA_SCAN_LOCAL : LUA_SCAN_GLOBAL;
}

/* --- chains -------------------------------------------------------------------------------------------------------- */

static void scan_add_part(struct lua_scan_use *use, const struct lua_token *token)
{
    if (use->count == LUA_SCAN_PARTS || token->length > LUA_SCAN_NAME_MAX) {
        use->is_cut = true;
        return;
    }
    memcpy(use->parts[use->count], token->at, token->length);
    use->parts[use->count++][token->length] = '\0';
}

/* The chain that begins with the name at `i`; the first token behind it. */
static size_t scan_take_chain(const struct scan *scan, size_t i, struct lua_scan_use *use)
{
    *use = (struct lua_scan_use){.role = scan_role(scan, scan_at(scan, i)), .line = scan_at(scan, i)->line};
    scan_add_part(use, scan_at(scan, i++));
    while (scan_is(scan, i, ".") && scan_at(scan, i + 1)->kind == LUA_TOKEN_NAME) {
        scan_add_part(use, scan_at(scan, i + 1));
        i += 2;
    }
    if (scan_is(scan, i, ":") && scan_at(scan, i + 1)->kind == LUA_TOKEN_NAME) {
        use->is_called = true;
        scan_add_part(use, scan_at(scan, i + 1));
        i += 2;
    }
    return i;
}

static size_t scan_name(struct scan *scan, size_t i)
{
    struct lua_scan_use use;
    bool is_key = scan_inside(scan) == SCAN_TABLE && scan_is(scan, i + 1, "=") &&
                  (scan_is(scan, i - 1, "{") || scan_is(scan, i - 1, ",") || scan_is(scan, i - 1, ";"));
    if (is_key || scan_is(scan, i - 1, ".") || scan_is(scan, i - 1, ":"))
        return i + 1;
    size_t next = scan_take_chain(scan, i, &use);
    use.is_written = scan_is(scan, next, "=");
    if (use.count > 0)
        scan->visit(scan->context, &use);
    return next;
}

/* --- statements ---------------------------------------------------------------------------------------------------- */

/* Parameters from the one at `i`, of a hook or not; the token behind their bracket. */
static size_t scan_parameters(struct scan *scan, size_t i, const struct lua_hook *hook)
{
    for (size_t place = 0; !scan_is(scan, i, ")") && scan_at(scan, i)->kind != LUA_TOKEN_END; i++) {
        const struct lua_token *token = scan_at(scan, i);
        enum lua_scan_role role = scan_conventional(token);
        if (token->kind != LUA_TOKEN_NAME)
            continue;
        if (hook && place == 0)
            role = LUA_SCAN_SESSION;
        else if (hook && place == 1 && hook->takes_message)
            role = LUA_SCAN_MESSAGE;
        else if (hook && place == 1 && hook->takes_maildrop)
            role = LUA_SCAN_MAILDROP;
        scan_declare(scan, token, role);
        place++;
    }
    return i + 1;
}

static const struct lua_hook *scan_hook(const struct lua_scan_use *use)
{
    bool is_after = use->count == 3 && strcmp(use->parts[1], "after") == 0;
    if (use->role != LUA_SCAN_POLICY || (use->count != 2 && !is_after))
        return NULL;
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        if (strcmp(lua_hook_table[i].name, use->parts[use->count - 1]) == 0)
            return &lua_hook_table[i];
    }
    return NULL;
}

/* From the token behind `function`. */
static size_t scan_function(struct scan *scan, size_t i)
{
    struct lua_scan_use use = {.count = 0};
    static const struct lua_token self = {LUA_TOKEN_NAME, 0, "self", 4};
    if (scan_is(scan, i - 2, "local")) {
        scan_declare(scan, scan_at(scan, i), LUA_SCAN_LOCAL);
        i++;
    } else if (scan_at(scan, i)->kind == LUA_TOKEN_NAME) {
        i = scan_take_chain(scan, i, &use);
        use.is_written = true;
        if (use.count > 0)
            scan->visit(scan->context, &use);
    } else if (scan_is(scan, i - 2, "=")) {
        /* p.dele = function(…) */
        size_t first = i - 3;
        while (first >= 2 && scan_is(scan, first - 1, "."))
            first -= 2;
        if (scan_at(scan, first)->kind == LUA_TOKEN_NAME)
            scan_take_chain(scan, first, &use);
    }
    scan_open(scan, SCAN_BLOCK, 0);
    if (use.is_called)
        scan_declare(scan, &self, LUA_SCAN_LOCAL);
    return scan_parameters(scan, i + 1, use.is_called ? NULL : scan_hook(&use));
}

/* From the token behind `local`. */
static size_t scan_local(struct scan *scan, size_t i)
{
    if (scan_is(scan, i, "function"))
        return i;
    for (; scan_at(scan, i)->kind == LUA_TOKEN_NAME && !scan_is_keyword(scan_at(scan, i)); i++) {
        scan_declare(scan, scan_at(scan, i++), LUA_SCAN_LOCAL);
        if (scan_is(scan, i, "<"))
            i += 3; /* <const>, <close> */
        if (!scan_is(scan, i, ","))
            break;
    }
    return i;
}

/* The body of a loop begins: its variables are known from here on. */
static void scan_do(struct scan *scan)
{
    if (scan_inside(scan) != SCAN_LOOP) {
        scan_open(scan, SCAN_BLOCK, 0);
        return;
    }
    struct scan_level *level = &scan->levels[scan->levels_count - 1];
    level->kind = SCAN_BLOCK;
    for (size_t i = level->from; scan_at(scan, i)->kind == LUA_TOKEN_NAME; i += 2) {
        scan_declare(scan, scan_at(scan, i), scan_conventional(scan_at(scan, i)));
        if (!scan_is(scan, i + 1, ","))
            break;
    }
}

static size_t scan_for(struct scan *scan, size_t i)
{
    scan_open(scan, SCAN_LOOP, i);
    while (scan_at(scan, i)->kind != LUA_TOKEN_END && !scan_is(scan, i, "=") && !scan_is(scan, i, "in"))
        i++;
    return i;
}

static size_t scan_keyword(struct scan *scan, size_t i)
{
    if (scan_is(scan, i, "function"))
        return scan_function(scan, i + 1);
    if (scan_is(scan, i, "local"))
        return scan_local(scan, i + 1);
    if (scan_is(scan, i, "for"))
        return scan_for(scan, i + 1);
    if (scan_is(scan, i, "goto"))
        return i + 2;
    if (scan_is(scan, i, "do"))
        scan_do(scan);
    else if (scan_is(scan, i, "then") || scan_is(scan, i, "repeat"))
        scan_open(scan, SCAN_BLOCK, 0);
    else if (scan_is(scan, i, "end") || scan_is(scan, i, "elseif") || scan_is(scan, i, "else"))
        scan_close(scan, false);
    else if (scan_is(scan, i, "until"))
        scan_close(scan, true);
    if (scan_is(scan, i, "else"))
        scan_open(scan, SCAN_BLOCK, 0);
    return i + 1;
}

static size_t scan_sign(struct scan *scan, size_t i)
{
    if (scan_is(scan, i, "::"))
        return i + 3;
    if (scan_is(scan, i, "{"))
        scan_open(scan, SCAN_TABLE, 0);
    else if (scan_is(scan, i, "(") || scan_is(scan, i, "["))
        scan_open(scan, SCAN_BRACKET, 0);
    else if (scan_is(scan, i, "}") || scan_is(scan, i, ")") || scan_is(scan, i, "]"))
        scan_close(scan, true);
    return i + 1;
}

/* `return NAME` at the end. */
static void scan_find_policy(struct scan *scan)
{
    size_t end = scan->count;
    if (end > 2 && scan_is(scan, end - 1, ";"))
        end--;
    if (end > 3 && scan_at(scan, end - 1)->kind == LUA_TOKEN_NAME && scan_is(scan, end - 2, "return"))
        scan->policy = scan_at(scan, end - 1);
}

static void scan_all(struct scan *scan)
{
    scan_find_policy(scan);
    for (size_t i = 2; i < scan->count;) {
        const struct lua_token *token = scan_at(scan, i);
        if (token->kind == LUA_TOKEN_SIGN)
            i = scan_sign(scan, i);
        else if (token->kind != LUA_TOKEN_NAME)
            i++;
        else if (scan_is_keyword(token))
            i = scan_keyword(scan, i);
        else
            i = scan_name(scan, i);
    }
}

bool lua_scan(const char *text, size_t length, lua_scan_visit visit, void *context)
{
    size_t count;
    struct lua_token *read = lua_token_read(text, length, &count);
    struct scan scan = {.count = count + 2, .visit = visit, .context = context};
    struct lua_token *tokens = calloc(count + 3, sizeof(*tokens));
    /* A token declares one name at most, and a method's function `self`; it opens one level at most. */
    scan.names = calloc(2 * count + 2, sizeof(*scan.names));
    scan.levels = calloc(count + 1, sizeof(*scan.levels));
    bool is_good = read && tokens && scan.names && scan.levels;
    if (is_good) {
        memcpy(tokens + 2, read, (count + 1) * sizeof(*tokens));
        scan.tokens = tokens;
        scan_all(&scan);
    }
    free(read);
    free(tokens);
    free(scan.names);
    free(scan.levels);
    return is_good;
}
