/*
 * lua/lua_module.h - the module's own settings table.
 */
#ifndef LUA_MODULE_H
#define LUA_MODULE_H

#include "lua_policy.h"

/* What the host makes of the defaults, but for more time: for files that are looked at without a configuration. */
void lua_module_defaults(struct restante_value values[LUA_SETTING_COUNT]);

extern const struct restante_setting lua_module_settings[LUA_SETTING_COUNT];

#endif
