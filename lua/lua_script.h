/*
 * lua/lua_script.h - from a script's text to a policy: environment, settings, hooks, terms.
 */
#ifndef LUA_SCRIPT_H
#define LUA_SCRIPT_H

#include "lua_policy.h"
#include "lua_settings.h"

#define LUA_SCRIPT_FILE_MAX (256 * 1024)

/* Find, read and run the script that the item names. */
enum restante_status lua_script_load(struct lua_policy *policy, const struct restante_policy_item *item,
                              struct restante_policy_terms *terms, struct restante_error *error);
/* Why one did not load: a sentence about the configuration, or (when that is empty) a failure of the script. */
struct lua_script_fault {
    char configuration[LUA_SETTINGS_FAULT_MAX];
    struct lua_failure failure;
};
/* The same for a text; policy->name is set. */
bool lua_script_load_text(struct lua_policy *policy, const struct restante_policy_item *item, const char *text,
                          size_t length, struct restante_policy_terms *terms, struct lua_script_fault *fault);
/* Until the script says otherwise, a policy is called as its file is. */
void lua_script_name_after(struct lua_policy *policy, const char *path);

#endif
