/*
 * lua/lua_module.h - the module's own settings table.
 */
#ifndef LUA_MODULE_H
#define LUA_MODULE_H

#include "lua_policy.h"

extern const struct restante_setting lua_module_settings[LUA_SETTING_COUNT];

#endif
