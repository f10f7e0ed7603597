/*
 * lua/lua_module.c - what an item of the configuration may say about any policy in Lua. Further keys are the script's.
 */
#include "lua_module.h"

#include "lua_value.h"

/* Instructions are counted; what is not to depend on how busy the machine is has more time than the server gives. */
enum { LUA_MODULE_TRIAL_MS = 5000 };

static const char *const on_error_choices[] = {"allow", "refuse", "try-later", NULL};

const struct restante_setting lua_module_settings[LUA_SETTING_COUNT] = {
    [LUA_SETTING_SCRIPT] = {.name = "script", .type = RESTANTE_SETTING_STRING, .is_required = true,
                            .help = "the name of a shipped policy, or the absolute path of one's own"},
    [LUA_SETTING_ON_ERROR] = {.name = "on_error", .type = RESTANTE_SETTING_CHOICE, .choices = on_error_choices,
                              .help = "what a command gets that the policy fails to judge, in place of the script's "
                                      "own choice; nothing is ever removed for it"},
    [LUA_SETTING_INSTRUCTIONS] = {.name = "instructions", .type = RESTANTE_SETTING_INTEGER,
                                  .default_text = "1000000", .min = 1000, .max = INT64_C(1000000000),
                                  .help = "Lua instructions for one hook, and 200 more for each message where it sees "
                                          "the whole maildrop"},
    [LUA_SETTING_MEMORY] = {.name = "memory", .type = RESTANTE_SETTING_SIZE, .default_text = "16M",
                            .min = 256 * 1024, .max = INT64_C(1) << 30, .help = "memory for the script and all it has"},
    [LUA_SETTING_TIME_LIMIT] = {.name = "time_limit", .type = RESTANTE_SETTING_DURATION, .default_text = "200ms",
                                .min = 1, .max = 10000,
                                .help = "time for one hook, and 20 ms more for each 1000 messages where it sees the "
                                        "whole maildrop"},
    [LUA_SETTING_SHIPPED] = {.name = "shipped", .type = RESTANTE_SETTING_STRING,
                             .default_text = LUA_SHIPPED_POLICIES, .help = "the folder of the shipped policies"},
};

void lua_module_defaults(struct restante_value values[LUA_SETTING_COUNT])
{
    for (size_t i = 0; i < LUA_SETTING_COUNT; i++) {
        const struct restante_setting *setting = &lua_module_settings[i];
        const char *text = setting->default_text;
        values[i] = (struct restante_value){.is_set = text != NULL, .text = text};
        if (text && setting->type != RESTANTE_SETTING_STRING && setting->type != RESTANTE_SETTING_CHOICE)
            lua_value_parse(text, setting->type == RESTANTE_SETTING_DURATION, &values[i].integer);
    }
    values[LUA_SETTING_TIME_LIMIT].integer = LUA_MODULE_TRIAL_MS;
}
