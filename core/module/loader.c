/*
 * libltdl does the loading; the rules are ours. It binds lazily unless LD_BIND_NOW was set before this process began
 * (the master sets it), and its only error text then is "file not found": dlopen is asked for the true reason.
 */
#include "module/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <ltdl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/descriptor.h"
#include "module/elf_file.h"
#include "module/trust.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/str.h"

enum { LOADER_NAME_MAX = 60 };

static unsigned trusted_uid;
static bool has_trusted_uid;

void loader_trust_uid(unsigned uid)
{
    trusted_uid = uid;
    has_trusted_uid = true;
}

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

/* A name becomes part of a path: nothing but what module names are made of. */
static bool loader_is_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= LOADER_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

/* The first file of that name along the path. */
static enum restante_status loader_find(const char *const *module_path, size_t count, enum restante_kind kind,
                                        const char *name, char path[PATH_MAX], struct restante_error *error)
{
    char looked[300] = "";
    if (!loader_is_name(name))
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "\"%.60s\" is no module name: lower-case letters, digits, _ and - are allowed", name);
    for (size_t i = 0; i < count; i++) {
        char candidate[PATH_MAX];
        snprintf(candidate, sizeof(candidate), "%s/%s/%s.so", module_path[i], loader_kind_name(kind), name);
        if (candidate[0] == '/' && access(candidate, F_OK) == 0) {
            if (realpath(candidate, path))
                return RESTANTE_OK;
            return error_set(error, RESTANTE_INVALID, errno, NULL, "%s", candidate);
        }
        str_copy(looked, sizeof(looked), candidate);
    }
    return error_set(error, RESTANTE_INVALID, 0, NULL, "there is no %s module \"%s\": last looked for %s",
                     loader_kind_name(kind), name, looked[0] ? looked : "nothing, module_path is empty");
}

/* Why libltdl could not load the file. */
static enum restante_status loader_explain(const char *path, struct restante_error *error)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *why = handle ? "libltdl refuses it" : dlerror();
    size_t length = strlen(path);
    if (handle)
        dlclose(handle);
    /* dlerror mostly begins with the path, which the sentence has already. */
    if (strncmp(why, path, length) == 0 && strncmp(why + length, ": ", 2) == 0)
        why += length + 2;
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: cannot be loaded: %s", path, why);
}

static lt_dlhandle loader_dlopen(const char *path)
{
    static bool is_ready;
    lt_dladvise advise;
    lt_dlhandle handle = NULL;
    if (!is_ready && lt_dlinit() != 0)
        return NULL;
    is_ready = true;
    if (lt_dladvise_init(&advise) != 0)
        return NULL;
    if (lt_dladvise_local(&advise) == 0)
        handle = lt_dlopenadvise(path, advise);
    lt_dladvise_destroy(&advise);
    return handle;
}

/* Without bind-now an unresolved function would end the process at its first call. */
static bool loader_binds_now(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle)
        dlclose(handle);
    return handle != NULL;
}

enum restante_status loader_open(const char *const *module_path, size_t count, enum restante_kind kind,
                                 const char *name, struct loader_module **module, struct restante_error *error)
{
    char path[PATH_MAX];
    *module = NULL;
    enum restante_status status = loader_find(module_path, count, kind, name, path, error);
    if (status == RESTANTE_OK)
        status = trust_check(path, has_trusted_uid ? trusted_uid : (unsigned)geteuid(), error);
    if (status == RESTANTE_OK)
        status = elf_file_check(path, error);
    if (status != RESTANTE_OK)
        return status;
    lt_dlhandle handle = loader_binds_now(path) ? loader_dlopen(path) : NULL;
    if (!handle)
        return loader_explain(path, error);
    const struct restante_module *descriptor = lt_dlsym(handle, "restante_module");
    if (!descriptor)
        status = error_set(error, RESTANTE_INVALID, 0, NULL,
                           "%s: symbol restante_module is missing, but every module exports it", path);
    else
        status = descriptor_check(descriptor, path, kind, name, error);
    if (status != RESTANTE_OK) {
        lt_dlclose(handle);
        return status;
    }
    *module = alloc_zeroed(sizeof(**module));
    **module = (struct loader_module){.descriptor = descriptor, .path = alloc_string(path), .handle = handle};
    return RESTANTE_OK;
}

void loader_close(struct loader_module **module)
{
    if (!*module)
        return;
    lt_dlclose((*module)->handle);
    free((*module)->path);
    free(*module);
    *module = NULL;
}

/* Module names in one folder, added to the list unless they are there already. */
static void loader_collect(const char *folder, char ***names, size_t *count)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        size_t length = strlen(entry->d_name);
        bool is_known = false;
        if (length <= 3 || strcmp(entry->d_name + length - 3, ".so") != 0)
            continue;
        char *name = alloc_string_n(entry->d_name, length - 3);
        for (size_t i = 0; i < *count; i++)
            is_known = is_known || strcmp((*names)[i], name) == 0;
        if (is_known || !loader_is_name(name)) {
            free(name);
            continue;
        }
        *names = alloc_resize(*names, *count + 1, sizeof(**names));
        (*names)[(*count)++] = name;
    }
    if (directory)
        closedir(directory);
}

static int loader_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void loader_each(const char *const *module_path, size_t count, enum restante_kind kind, loader_visit visit,
                 void *context)
{
    char **names = NULL;
    size_t names_count = 0;
    for (size_t i = 0; i < count; i++) {
        char folder[PATH_MAX];
        snprintf(folder, sizeof(folder), "%s/%s", module_path[i], loader_kind_name(kind));
        loader_collect(folder, &names, &names_count);
    }
    if (names)
        qsort(names, names_count, sizeof(*names), loader_compare);
    for (size_t i = 0; i < names_count; i++) {
        visit(kind, names[i], context);
        free(names[i]);
    }
    free(names);
}
