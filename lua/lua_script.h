/*
 * lua/lua_script.h - from a script's text to a policy: environment, settings, hooks, terms.
 */
#ifndef LUA_SCRIPT_H
#define LUA_SCRIPT_H

#include "lua_policy.h"

#define LUA_SCRIPT_FILE_MAX (256 * 1024)

/* Find, read and run the script that the item names. */
enum restante_status lua_script_load(struct lua_policy *policy, const struct restante_policy_item *item,
                              struct restante_policy_terms *terms, struct restante_error *error);
/* The same for a text; policy->name is set. */
enum restante_status lua_script_load_text(struct lua_policy *policy, const struct restante_policy_item *item,
                                   const char *text, size_t length, struct restante_policy_terms *terms,
                                   struct restante_error *error);

#endif
