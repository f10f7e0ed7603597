/*
 * lua/lua_settings.h - the settings that a script declares, and what the configuration gives for them.
 *
 *     settings = { keep = { type = "duration", default = "7d" } }
 */
#ifndef LUA_SETTINGS_H
#define LUA_SETTINGS_H

#include <lua.h>

#include <restante/policy.h>

#define LUA_SETTINGS_FAULT_MAX 400

/*
 * From the script's table (`declared`, or nil) and the item's keys to a read-only table of values, pushed. A wrong
 * declaration is an error of the script; a wrong key raises one, too, with its sentence in `fault`.
 */
void lua_settings_make(lua_State *lua, int declared, const struct restante_policy_item *item,
                       char fault[LUA_SETTINGS_FAULT_MAX]);

#endif
