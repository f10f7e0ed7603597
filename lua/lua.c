/*
 * lua/lua.c - the descriptor of the policy module "lua".
 */
#include "lua_module.h"

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_policy),
    .kind = RESTANTE_KIND_POLICY,
    .name = "lua",
    .summary = "policies written in Lua: hooks per command, within limits",
    .settings = lua_module_settings,
    .settings_count = LUA_SETTING_COUNT,
    .operations = &lua_policy_operations,
};
