/*
 * lua/lua_scan.h - the names that a script uses, without running it: which are its own variables, which come from
 * outside, and which fields are read of them.
 *
 * It follows scopes and not values. What is computed (`message[field]`, a value passed on under another name) it does
 * not see.
 */
#ifndef LUA_SCAN_H
#define LUA_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LUA_SCAN_PARTS = 4, LUA_SCAN_NAME_MAX = 63 };

/* What the first name of a chain stands for. */
enum lua_scan_role {
    LUA_SCAN_GLOBAL = 0, /* no variable of the script */
    LUA_SCAN_LOCAL,
    LUA_SCAN_SESSION, /* the facts: parameters of hooks by their place, other parameters and loop variables by name */
    LUA_SCAN_MAILDROP,
    LUA_SCAN_MESSAGE,
    LUA_SCAN_POLICY, /* the table that the script returns */
};

/* One use: `parts[0].parts[1]…`; longer chains are cut. */
struct lua_scan_use {
    enum lua_scan_role role;
    uint32_t line;
    char parts[LUA_SCAN_PARTS][LUA_SCAN_NAME_MAX + 1];
    size_t count;
    bool is_cut;
    bool is_written; /* assigned to */
    bool is_called;  /* its last part with a colon: `message:header(…)` */
};
typedef void (*lua_scan_visit)(void *context, const struct lua_scan_use *use);

/* Visit every use in a text that Lua's own parser has accepted. False: out of memory. */
bool lua_scan(const char *text, size_t length, lua_scan_visit visit, void *context);

#endif
