#include "module/descriptor.h"

#include <inttypes.h>
#include <string.h>

#include <restante/auth.h>
#include <restante/policy.h>
#include <restante/storage.h>

#include "module/loader.h"
#include "util/error.h"

/* Required functions of a kind, as offsets into its operations. */
struct descriptor_operation {
    const char *name;
    size_t offset;
};

#define OPERATION(type, field) {#field, offsetof(struct type, field)}

static const struct descriptor_operation storage_operations[] = {
    OPERATION(restante_storage, start),      OPERATION(restante_storage, stop),
    OPERATION(restante_storage, open),       OPERATION(restante_storage, count),
    OPERATION(restante_storage, stat),       OPERATION(restante_storage, read_open),
    OPERATION(restante_storage, read),       OPERATION(restante_storage, read_close),
    OPERATION(restante_storage, correct),    OPERATION(restante_storage, commit),
    OPERATION(restante_storage, close),      {NULL, 0},
};
static const struct descriptor_operation auth_operations[] = {
    OPERATION(restante_auth, start), OPERATION(restante_auth, verify), OPERATION(restante_auth, lookup),
    OPERATION(restante_auth, list),  OPERATION(restante_auth, stop),   {NULL, 0},
};
static const struct descriptor_operation policy_operations[] = {
    OPERATION(restante_policy, start), OPERATION(restante_policy, judge), OPERATION(restante_policy, stop), {NULL, 0},
};

static const struct {
    size_t size;
    const struct descriptor_operation *required;
} descriptor_kinds[] = {
    [RESTANTE_KIND_STORAGE] = {sizeof(struct restante_storage), storage_operations},
    [RESTANTE_KIND_AUTH] = {sizeof(struct restante_auth), auth_operations},
    [RESTANTE_KIND_POLICY] = {sizeof(struct restante_policy), policy_operations},
};

static enum restante_status refuse_number(struct restante_error *error, const char *path, const char *field,
                                          uint64_t has, const char *relation, uint64_t needs)
{
    return error_set(error, RESTANTE_INVALID, 0, NULL,
                     "%s: %s is %" PRIu64 ", but this server needs %s%" PRIu64 "; build the module for this version",
                     path, field, has, relation, needs);
}

static enum restante_status check_version(const struct restante_module *descriptor, const char *path,
                                          struct restante_error *error)
{
    if (descriptor->magic != RESTANTE_MODULE_MAGIC)
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "%s: magic is %08" PRIx32 ", but a Restante module begins with %08" PRIx32, path,
                         descriptor->magic, (uint32_t)RESTANTE_MODULE_MAGIC);
    if (descriptor->abi_major != RESTANTE_ABI_MAJOR)
        return refuse_number(error, path, "abi_major", descriptor->abi_major, "", RESTANTE_ABI_MAJOR);
    if (descriptor->abi_minor > RESTANTE_ABI_MINOR)
        return refuse_number(error, path, "abi_minor", descriptor->abi_minor, "at most ", RESTANTE_ABI_MINOR);
    if (descriptor->module_size != sizeof(struct restante_module))
        return refuse_number(error, path, "module_size", descriptor->module_size, "", sizeof(struct restante_module));
    if (descriptor->host_size != sizeof(struct restante_host))
        return refuse_number(error, path, "host_size", descriptor->host_size, "", sizeof(struct restante_host));
    return RESTANTE_OK;
}

static enum restante_status check_identity(const struct restante_module *descriptor, const char *path,
                                           enum restante_kind kind, const char *name, struct restante_error *error)
{
    if (descriptor->kind != kind)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: kind is %s, but it lies among the modules of kind %s",
                         path, loader_kind_name(descriptor->kind), loader_kind_name(kind));
    if (!descriptor->name || strcmp(descriptor->name, name) != 0)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: name is \"%.60s\", but the file is named \"%s\"", path,
                         descriptor->name ? descriptor->name : "", name);
    if (!descriptor->summary)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: summary is missing", path);
    return RESTANTE_OK;
}

static enum restante_status check_operations(const struct restante_module *descriptor, const char *path,
                                             struct restante_error *error)
{
    if (descriptor->operations_size != descriptor_kinds[descriptor->kind].size)
        return refuse_number(error, path, "operations_size", descriptor->operations_size, "",
                             descriptor_kinds[descriptor->kind].size);
    if (!descriptor->operations)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: operations are missing", path);
    for (const struct descriptor_operation *row = descriptor_kinds[descriptor->kind].required; row->name; row++) {
        void *function;
        memcpy(&function, (const char *)descriptor->operations + row->offset, sizeof(function));
        if (!function)
            return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: operation %s is missing", path, row->name);
    }
    return RESTANTE_OK;
}

static enum restante_status check_settings(const struct restante_module *descriptor, const char *path,
                                           struct restante_error *error)
{
    if (descriptor->settings_count > 0 && !descriptor->settings)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: settings are missing, but settings_count is %zu", path,
                         descriptor->settings_count);
    for (size_t i = 0; i < descriptor->settings_count; i++) {
        const struct restante_setting *setting = &descriptor->settings[i];
        bool has_choices = setting->type != RESTANTE_SETTING_CHOICE || setting->choices;
        if (!setting->name || !setting->help || setting->type < RESTANTE_SETTING_BOOL ||
            setting->type > RESTANTE_SETTING_STRINGS || !has_choices)
            return error_set(error, RESTANTE_INVALID, 0, NULL,
                             "%s: settings[%zu] (\"%.60s\") lacks a name, a help text, a known type or its choices",
                             path, i, setting->name ? setting->name : "");
    }
    return RESTANTE_OK;
}

enum restante_status descriptor_check(const struct restante_module *descriptor, const char *path,
                                      enum restante_kind kind, const char *name, struct restante_error *error)
{
    enum restante_status status = check_version(descriptor, path, error);
    if (status == RESTANTE_OK)
        status = check_identity(descriptor, path, kind, name, error);
    if (status == RESTANTE_OK)
        status = check_operations(descriptor, path, error);
    if (status == RESTANTE_OK)
        status = check_settings(descriptor, path, error);
    return status;
}
