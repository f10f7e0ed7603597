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
 * From the script's table (`declared`, or nil) and the item's keys to a table of values, pushed. What the item does not
 * give comes from the table at `base`, or is the default when that is 0; a key `overrides` is not looked at then. A
 * wrong declaration is an error of the script; a wrong key raises one, too, with its sentence in `fault`.
 */
void lua_settings_push(lua_State *lua, int declared, const struct restante_policy_item *item, int base,
                       char fault[LUA_SETTINGS_FAULT_MAX]);

/* Refuse a setting ("keep", "overrides.2.keep"; "": all of it) with its line, or that of what is around it. */
void lua_settings_refuse(lua_State *lua, const struct restante_policy_item *item, const char *name, const char *what,
                         char fault[LUA_SETTINGS_FAULT_MAX]) __attribute__((noreturn));

#endif
