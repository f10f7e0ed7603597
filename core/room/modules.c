/*
 * room/modules.c - from "storage.1.driver" to a loaded module with checked settings, reported to the master. In auth
 * workers and the nursery, while the room loads. What is wrong becomes faults, and the room does not start.
 */
#include "room/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <restante/policy.h>

#include "room/host.h"
#include "util/alloc.h"
#include "util/str.h"

const struct restante_host *modules_host(void)
{
    return &host_table;
}

/* The folders to look in; the strings stay those of the configuration. */
static const char **modules_path(const struct room *room, size_t *count)
{
    size_t listed = conf_list_count(&room->conf, "module_path");
    const char **path = alloc_array(listed, sizeof(*path));
    *count = 0;
    for (size_t i = 1; i <= listed; i++) {
        const char *folder = conf_string_or_null(&room->conf, "module_path.%zu", i);
        if (folder)
            path[(*count)++] = folder;
    }
    return path;
}

/* TRUST: modules belong to root or to whoever started Restante, never to the account that the room has become. */
static enum restante_status modules_open(const struct room *room, enum restante_kind kind, const char *name,
                                         struct loader_module **loaded, struct restante_error *error)
{
    size_t count;
    const char **path = modules_path(room, &count);
    loader_trust_uid(room->start.change_identity || room->start.keep_root ? 0 : geteuid());
    enum restante_status status = loader_open(path, count, kind, name, loaded, error);
    free(path);
    return status;
}

static void modules_report(struct room *room, enum restante_kind kind, const char *name,
                           const struct loader_module *loaded, const char *refusal)
{
    struct message_module message = {.kind = (uint8_t)kind};
    str_copy(message.name, sizeof(message.name), name);
    str_copy(message.refusal, sizeof(message.refusal), refusal);
    if (loaded) {
        message.abi_major = loaded->descriptor->abi_major;
        message.abi_minor = loaded->descriptor->abi_minor;
        str_copy(message.summary, sizeof(message.summary), loaded->descriptor->summary);
        str_copy(message.path, sizeof(message.path), loaded->path);
    }
    room_report_module(room, &message);
}

static void modules_report_settings(struct room *room, const struct room_module *module)
{
    const struct restante_module *descriptor = module->loaded->descriptor;
    for (size_t i = 0; i < descriptor->settings_count; i++) {
        const struct restante_setting *setting = &descriptor->settings[i];
        struct message_module_setting message = {0};
        snprintf(message.setting_path, sizeof(message.setting_path), "%s.%s", module->prefix, setting->name);
        conf_module_value_text(message.value, sizeof(message.value), setting, &module->values[i]);
        message.is_default = !conf_find(&room->conf, "%s", message.setting_path) &&
                             conf_list_count(&room->conf, "%s", message.setting_path) == 0;
        str_copy(message.help, sizeof(message.help), setting->help);
        room_report_module_setting(room, &message);
    }
}

static bool modules_takes_keys(const struct restante_module *descriptor)
{
    const struct restante_policy *policy = descriptor->operations;
    return descriptor->kind == RESTANTE_KIND_POLICY && policy->takes_keys;
}

struct room_module *modules_load(struct room *room, enum restante_kind kind, const char *prefix,
                                 struct faults *faults)
{
    struct restante_error error = {0};
    struct loader_module *loaded;
    const struct conf_value *driver = conf_find(&room->conf, "%s.driver", prefix);
    if (!driver || !driver->text) {
        faults_add(faults, "%s.driver: is missing, but names the module to load", prefix);
        return NULL;
    }
    if (modules_open(room, kind, driver->text, &loaded, &error) != RESTANTE_OK) {
        char where[32] = "";
        if (conf_module_line(&room->conf, prefix) > 0)
            snprintf(where, sizeof(where), "line %u: ", conf_module_line(&room->conf, prefix));
        faults_add(faults, "%s%s.driver: %s", where, prefix, error.log);
        return NULL;
    }
    bool takes_keys = modules_takes_keys(loaded->descriptor);
    struct restante_value *values = conf_module_values(&room->conf, prefix, loaded->descriptor->settings,
                                                       loaded->descriptor->settings_count, takes_keys, faults);
    if (!values) {
        loader_close(&loaded);
        return NULL;
    }
    struct room_module *module = alloc_zeroed(sizeof(*module));
    *module = (struct room_module){.loaded = loaded, .values = values};
    str_copy(module->prefix, sizeof(module->prefix), prefix);
    if (takes_keys)
        module->keys = conf_module_keys(&room->conf, prefix, loaded->descriptor->settings,
                                        loaded->descriptor->settings_count, &module->keys_count);
    host_add_module(loaded);
    modules_report(room, kind, driver->text, loaded, "");
    modules_report_settings(room, module);
    return module;
}

struct loader_module *modules_load_bare(const struct room *room, enum restante_kind kind, const char *name,
                                        struct faults *faults)
{
    struct restante_error error = {0};
    struct loader_module *loaded;
    if (modules_open(room, kind, name, &loaded, &error) != RESTANTE_OK) {
        faults_add(faults, "%s", error.log);
        return NULL;
    }
    host_add_module(loaded);
    return loaded;
}

void modules_unload(struct room_module **module)
{
    if (!*module)
        return;
    const struct restante_module *descriptor = (*module)->loaded->descriptor;
    host_forget_module((*module)->loaded);
    conf_module_values_free((*module)->values, descriptor->settings, descriptor->settings_count);
    free((*module)->keys);
    loader_close(&(*module)->loaded);
    free(*module);
    *module = NULL;
}

static void modules_inspect_one(enum restante_kind kind, const char *name, void *context)
{
    struct room *room = context;
    struct restante_error error = {0};
    struct loader_module *loaded = NULL;
    enum restante_status status = modules_open(room, kind, name, &loaded, &error);
    modules_report(room, kind, name, loaded, status == RESTANTE_OK ? "" : error.log);
    loader_close(&loaded);
}

void modules_inspect(struct room *room, enum restante_kind kind)
{
    size_t count;
    const char **path = modules_path(room, &count);
    loader_each(path, count, kind, modules_inspect_one, room);
    free(path);
}
