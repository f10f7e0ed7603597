#include "room/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room/host.h"
#include "util/alloc.h"
#include "util/str.h"

enum { MODULES_PATH_MAX = 16 };

const struct restante_host *modules_host(void)
{
    return host_table();
}

/* The module_path setting; returns how many folders. */
static size_t modules_path(const struct conf *conf, const char *folders[MODULES_PATH_MAX])
{
    size_t count = conf_list_count(conf, "module_path");
    if (count > MODULES_PATH_MAX)
        count = MODULES_PATH_MAX;
    for (size_t i = 0; i < count; i++)
        folders[i] = conf_string(conf, "module_path.%zu", i + 1);
    return count;
}

static void modules_describe(struct message_module *message, const struct loader_module *loaded)
{
    const struct restante_module *descriptor = loaded->descriptor;
    message->kind = (uint8_t)descriptor->kind;
    message->abi_major = descriptor->abi_major;
    message->abi_minor = descriptor->abi_minor;
    str_copy(message->name, sizeof(message->name), descriptor->name);
    str_copy(message->summary, sizeof(message->summary), descriptor->summary);
    str_copy(message->path, sizeof(message->path), loaded->path);
}

static void modules_report(struct room *room, const struct room_module *module)
{
    const struct restante_module *descriptor = module->loaded->descriptor;
    struct message_module message = {0};
    modules_describe(&message, module->loaded);
    room_report_module(room, &message);
    for (size_t i = 0; i < descriptor->settings_count; i++) {
        const struct restante_setting *row = &descriptor->settings[i];
        struct message_module_setting setting = {0};
        snprintf(setting.setting_path, sizeof(setting.setting_path), "%s.%s", module->prefix, row->name);
        conf_module_value_text(setting.value, sizeof(setting.value), row, &module->values[i]);
        setting.is_default = !conf_find(&room->conf, "%s", setting.setting_path) &&
                             conf_list_count(&room->conf, "%s", setting.setting_path) == 0;
        str_copy(setting.help, sizeof(setting.help), row->help);
        room_report_module_setting(room, &setting);
    }
}

struct room_module *modules_load(struct room *room, enum restante_kind kind, const char *prefix,
                                 struct faults *faults)
{
    const char *folders[MODULES_PATH_MAX], *name = conf_string(&room->conf, "%s.driver", prefix);
    struct restante_error error = {0};
    struct room_module *module = alloc_zeroed(sizeof(*module));
    size_t count = modules_path(&room->conf, folders);
    str_copy(module->prefix, sizeof(module->prefix), prefix);
    if (loader_open(folders, count, kind, name, &module->loaded, &error) != RESTANTE_OK) {
        faults_add(faults, "%s: %s", prefix, error.log);
        modules_unload(&module);
        return NULL;
    }
    module->values = conf_module_values(&room->conf, prefix, module->loaded->descriptor->settings,
                                        module->loaded->descriptor->settings_count, faults);
    if (!module->values) {
        modules_unload(&module);
        return NULL;
    }
    host_set_module(module->loaded->descriptor->name);
    modules_report(room, module);
    return module;
}

void modules_unload(struct room_module **module)
{
    struct room_module *unloading = *module;
    if (!unloading)
        return;
    if (unloading->values)
        conf_module_values_free(unloading->values, unloading->loaded->descriptor->settings,
                                unloading->loaded->descriptor->settings_count);
    loader_close(&unloading->loaded);
    free(unloading);
    *module = NULL;
}

static void modules_inspect_one(enum restante_kind kind, const char *name, void *context)
{
    struct room *room = context;
    const char *folders[MODULES_PATH_MAX];
    struct loader_module *loaded = NULL;
    struct restante_error error = {0};
    struct message_module message = {.kind = (uint8_t)kind};
    size_t count = modules_path(&room->conf, folders);
    if (loader_open(folders, count, kind, name, &loaded, &error) == RESTANTE_OK) {
        modules_describe(&message, loaded);
    } else {
        str_copy(message.name, sizeof(message.name), name);
        str_copy(message.refusal, sizeof(message.refusal), error.log);
    }
    room_report_module(room, &message);
    loader_close(&loaded);
}

void modules_inspect(struct room *room, enum restante_kind kind)
{
    const char *folders[MODULES_PATH_MAX];
    loader_each(folders, modules_path(&room->conf, folders), kind, modules_inspect_one, room);
}
