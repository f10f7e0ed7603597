/*
 * lua/lua_overrides.h - p.settings: the settings of an item, and other ones for users whom it names.
 *
 *     { script = "retention", keep = "30d", overrides = { { users = { "boss@*" }, keep = "never" } } }
 *
 * Every set of settings is whole; set 0 is the item's own. In a hook, p.settings reads from the set of the first
 * override that fits the session's user, else from set 0.
 */
#ifndef LUA_OVERRIDES_H
#define LUA_OVERRIDES_H

#include "lua_policy.h"
#include "lua_settings.h"

/* From the script's declarations to p.settings, pushed. Fails as lua_settings_push. While loading. */
void lua_overrides_push(lua_State *lua, int declared, const struct restante_policy_item *item,
                        char fault[LUA_SETTINGS_FAULT_MAX]);

/* How many sets there are; and which one p.settings reads from where there is no session. */
lua_Integer lua_overrides_count(lua_State *lua);
void lua_overrides_choose(lua_State *lua, lua_Integer set);

/* Push the values behind p.settings, a plain table. For C alone. */
void lua_overrides_push_values(lua_State *lua);

#endif
