/*
 * module/loader_check.c - a descriptor, field by field. In every room that loads modules. Refuses with one sentence:
 * the file, the field, what it is and what it must be.
 */
#include "module/loader_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <restante/auth.h>
#include <restante/policy.h>
#include <restante/storage.h>

#include "util/error.h"

const char *loader_kind_name(enum restante_kind kind)
{
    switch (kind) {
    case RESTANTE_KIND_STORAGE:
        return "storage";
    case RESTANTE_KIND_AUTH:
        return "auth";
    case RESTANTE_KIND_POLICY:
        return "policy";
    }
    return "unknown";
}

struct check_module {
    const struct restante_module *descriptor;
    const char *path;
    struct restante_error *error;
};

/* One function that a kind of module has: where it is in the operations structure. */
struct check_operation {
    const char *name;
    size_t offset;
    bool is_optional;
};

#define OPERATION(type, name) {#name, offsetof(struct restante_##type, name), false}
static const struct check_operation check_storage[] = {
    OPERATION(storage, start), OPERATION(storage, stop),       OPERATION(storage, open), OPERATION(storage, count),
    OPERATION(storage, stat),  OPERATION(storage, read_open),  OPERATION(storage, read), OPERATION(storage, read_close),
    OPERATION(storage, correct), OPERATION(storage, commit),   {"append", offsetof(struct restante_storage, append), true},
    OPERATION(storage, close), {NULL, 0, false},
};
static const struct check_operation check_auth[] = {
    OPERATION(auth, start), OPERATION(auth, verify), OPERATION(auth, lookup),
    {"list", offsetof(struct restante_auth, list), true}, OPERATION(auth, stop), {NULL, 0, false},
};
static const struct check_operation check_policy[] = {
    OPERATION(policy, start), OPERATION(policy, judge), {"announce", offsetof(struct restante_policy, announce), true},
    OPERATION(policy, stop),  {"check", offsetof(struct restante_policy, check), true},
    {"test", offsetof(struct restante_policy, test), true}, {NULL, 0, false},
};
#undef OPERATION

static const struct {
    const struct check_operation *operations;
    size_t size;
} check_kinds[] = {
    [RESTANTE_KIND_STORAGE] = {check_storage, sizeof(struct restante_storage)},
    [RESTANTE_KIND_AUTH] = {check_auth, sizeof(struct restante_auth)},
    [RESTANTE_KIND_POLICY] = {check_policy, sizeof(struct restante_policy)},
};

bool loader_check_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && !name[length] && length < 64;
}

static enum restante_status check_refuse(const struct check_module *module, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum restante_status check_refuse(const struct check_module *module, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return error_set(module->error, RESTANTE_INVALID, 0, NULL, "%s: %s", module->path, text);
}

static enum restante_status check_number(const struct check_module *module, const char *field, unsigned is,
                                         unsigned expected)
{
    return is == expected ? RESTANTE_OK
                          : check_refuse(module, "%s is %u, but this Restante needs %u", field, is, expected);
}

/* The fields whose place never changes. */
static enum restante_status check_version(const struct check_module *module, size_t symbol_octets)
{
    const struct restante_module *descriptor = module->descriptor;
    size_t head = offsetof(struct restante_module, module_size);
    if (symbol_octets < head)
        return check_refuse(module, "restante_module has %zu octets, but a descriptor has at least %zu", symbol_octets,
                            head);
    if (descriptor->magic != RESTANTE_MODULE_MAGIC)
        return check_refuse(module, "magic is 0x%08x, but must be 0x%08x", descriptor->magic, RESTANTE_MODULE_MAGIC);
    if (descriptor->abi_major != RESTANTE_ABI_MAJOR)
        return check_number(module, "abi_major", descriptor->abi_major, RESTANTE_ABI_MAJOR);
    if (descriptor->abi_minor > RESTANTE_ABI_MINOR)
        return check_refuse(module, "abi_minor is %u, but this Restante knows no more than %u", descriptor->abi_minor,
                            RESTANTE_ABI_MINOR);
    if (symbol_octets < sizeof(*descriptor))
        return check_refuse(module, "restante_module has %zu octets, but a descriptor of this version has %zu",
                            symbol_octets, sizeof(*descriptor));
    return RESTANTE_OK;
}

/*
 * No version of this major number has made the descriptor or the host table larger, so sizes are equal; policies are
 * those of 1.2, no host has asked older ones. Once a structure grows, what an older module lacks is to be filled in
 * from defaults here.
 */
static enum restante_status check_sizes(const struct check_module *module, enum restante_kind kind)
{
    const struct restante_module *descriptor = module->descriptor;
    enum restante_status status =
        check_number(module, "module_size", descriptor->module_size, sizeof(struct restante_module));
    if (status == RESTANTE_OK)
        status = check_number(module, "host_size", descriptor->host_size, sizeof(struct restante_host));
    if (status != RESTANTE_OK)
        return status;
    if (descriptor->kind != kind)
        return check_refuse(module, "kind is %d (%s), but must be %d (%s)", (int)descriptor->kind,
                            loader_kind_name(descriptor->kind), (int)kind, loader_kind_name(kind));
    return check_number(module, "operations_size", descriptor->operations_size, (unsigned)check_kinds[kind].size);
}

static bool check_is_line(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static enum restante_status check_texts(const struct check_module *module, const char *name)
{
    const struct restante_module *descriptor = module->descriptor;
    if (!descriptor->name || strcmp(descriptor->name, name) != 0)
        return check_refuse(module, "name is \"%.64s\", but the file's name says \"%s\"",
                            descriptor->name ? descriptor->name : "", name);
    if (!descriptor->summary || !descriptor->summary[0] || !check_is_line(descriptor->summary))
        return check_refuse(module, "summary is missing or more than a line, but must be one line");
    return RESTANTE_OK;
}

static enum restante_status check_needs(const struct check_module *module)
{
    const struct restante_module *descriptor = module->descriptor;
    const uint32_t known = RESTANTE_NEEDS_ROOT | RESTANTE_NEEDS_NETWORK | RESTANTE_NEEDS_EXEC;
    if (descriptor->needs & ~known)
        return check_refuse(module, "needs is 0x%x, but this Restante knows only 0x%x", descriptor->needs, known);
    if ((descriptor->needs & RESTANTE_NEEDS_ROOT) && descriptor->kind != RESTANTE_KIND_AUTH)
        return check_refuse(module, "needs asks for root, but only auth modules may");
    for (size_t i = 0; descriptor->needs_paths && descriptor->needs_paths[i]; i++) {
        if (descriptor->needs_paths[i][0] != '/')
            return check_refuse(module, "needs_paths has \"%.100s\", but must have absolute paths",
                                descriptor->needs_paths[i]);
    }
    return RESTANTE_OK;
}

static bool check_is_setting_name(const char *name)
{
    size_t length = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
    return length > 0 && !name[length] && length < 64;
}

static enum restante_status check_setting(const struct check_module *module, size_t row)
{
    const struct restante_setting *setting = &module->descriptor->settings[row];
    if (!check_is_setting_name(setting->name))
        return check_refuse(module, "the name of settings[%zu] is \"%.64s\", but must be of a-z, 0-9 and _", row,
                            setting->name ? setting->name : "");
    if (setting->type < RESTANTE_SETTING_BOOL || setting->type > RESTANTE_SETTING_STRINGS)
        return check_refuse(module, "the type of setting \"%s\" is %d, but must be from %d to %d", setting->name,
                            (int)setting->type, RESTANTE_SETTING_BOOL, RESTANTE_SETTING_STRINGS);
    if (setting->type == RESTANTE_SETTING_CHOICE && (!setting->choices || !setting->choices[0]))
        return check_refuse(module, "setting \"%s\" has no choices, but its type needs some", setting->name);
    if (setting->min > setting->max)
        return check_refuse(module, "the range of setting \"%s\" is %lld to %lld, but must not be empty",
                            setting->name, (long long)setting->min, (long long)setting->max);
    if (setting->is_required && setting->default_text)
        return check_refuse(module, "setting \"%s\" is required and has a default, but can only be one of both",
                            setting->name);
    if (!setting->help || !check_is_line(setting->help))
        return check_refuse(module, "the help of setting \"%s\" is missing or more than a line, but must be one line",
                            setting->name);
    for (size_t i = 0; i < row; i++) {
        if (strcmp(module->descriptor->settings[i].name, setting->name) == 0)
            return check_refuse(module, "setting \"%s\" is there twice, but must be there once", setting->name);
    }
    return RESTANTE_OK;
}

static enum restante_status check_settings(const struct check_module *module)
{
    const struct restante_module *descriptor = module->descriptor;
    enum restante_status status = RESTANTE_OK;
    if (!descriptor->settings && descriptor->settings_count > 0)
        return check_refuse(module, "settings is NULL, but settings_count is %zu", descriptor->settings_count);
    if (descriptor->settings_count > 256)
        return check_refuse(module, "settings_count is %zu, but must be at most 256", descriptor->settings_count);
    for (size_t row = 0; row < descriptor->settings_count && status == RESTANTE_OK; row++)
        status = check_setting(module, row);
    return status;
}

static enum restante_status check_operations(const struct check_module *module)
{
    const char *operations = module->descriptor->operations;
    if (!operations)
        return check_refuse(module, "operations is NULL, but must be a table of functions");
    for (const struct check_operation *row = check_kinds[module->descriptor->kind].operations; row->name; row++) {
        void *function;
        memcpy(&function, operations + row->offset, sizeof(function));
        if (!function && !row->is_optional)
            return check_refuse(module, "operation \"%s\" is NULL, but must be a function", row->name);
    }
    return RESTANTE_OK;
}

enum restante_status loader_check_descriptor(const struct restante_module *descriptor, size_t symbol_octets,
                                      enum restante_kind kind, const char *name, const char *path,
                                      struct restante_error *error)
{
    struct check_module module = {.descriptor = descriptor, .path = path, .error = error};
    enum restante_status status = check_version(&module, symbol_octets);
    if (status == RESTANTE_OK)
        status = check_sizes(&module, kind);
    if (status == RESTANTE_OK)
        status = check_texts(&module, name);
    if (status == RESTANTE_OK)
        status = check_needs(&module);
    if (status == RESTANTE_OK)
        status = check_settings(&module);
    if (status == RESTANTE_OK)
        status = check_operations(&module);
    return status;
}
