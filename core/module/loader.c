/*
 * module/loader.c - shared objects in, checked modules out. In auth workers, the nursery and nowhere else, after the
 * room took its identity. A module that is refused leaves nothing loaded; its sentence names file, field and values.
 */
#include "module/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ltdl.h>

#include "module/loader_check.h"
#include "module/loader_elf.h"
#include "module/loader_trust.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/str.h"

static unsigned loader_trusted_uid;
static bool loader_has_trusted_uid;

void loader_trust_uid(unsigned uid)
{
    loader_trusted_uid = uid;
    loader_has_trusted_uid = true;
}

/* The first file along the path, links resolved; NULL when there is none. */
static char *loader_find(const char *const *module_path, size_t count, enum restante_kind kind, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        char *path = alloc_format("%s/%s/%s.so", module_path[i], loader_kind_name(kind), name);
        char *real = path[0] == '/' ? realpath(path, NULL) : NULL;
        free(path);
        if (real)
            return real;
    }
    return NULL;
}

static enum restante_status loader_not_found(const char *const *module_path, size_t count, enum restante_kind kind,
                                             const char *name, struct restante_error *error)
{
    char folders[320] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(folders);
        snprintf(folders + used, sizeof(folders) - used, "%s%s/%s", i ? ", " : "", module_path[i],
                 loader_kind_name(kind));
    }
    return error_set(error, RESTANTE_INVALID, 0, NULL, "there is no %s module \"%s\": %s.so was not found in %s",
                     loader_kind_name(kind), name, name, count ? folders : "an empty module_path");
}

/* What the dynamic linker says, without the file's name that it begins with. */
static enum restante_status loader_refuse_object(const char *path, const char *reason, struct restante_error *error)
{
    size_t length = strlen(path);
    if (!reason)
        reason = "for a reason the system does not tell";
    if (strncmp(reason, path, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
        reason += length + 2;
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s: cannot be loaded: %s", path, reason);
}

static lt_dlhandle loader_open_ltdl(const char *path)
{
    lt_dladvise advise;
    lt_dlhandle handle = NULL;
    if (lt_dladvise_init(&advise) != 0)
        return NULL;
    if (lt_dladvise_local(&advise) == 0)
        handle = lt_dlopenadvise(path, advise);
    lt_dladvise_destroy(&advise);
    return handle;
}

/*
 * WHY: libltdl binds lazily and says no more than "file not found". So the system's own call comes first: it binds
 * every function now and gives the true reason. libltdl then gets another reference to the same object.
 */
static enum restante_status loader_load(const char *path, lt_dlhandle *handle, struct restante_error *error)
{
    void *bound = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!bound)
        return loader_refuse_object(path, dlerror(), error);
    *handle = loader_open_ltdl(path);
    const char *reason = *handle ? NULL : lt_dlerror();
    dlclose(bound);
    return *handle ? RESTANTE_OK : loader_refuse_object(path, reason, error);
}

/* The descriptor's address and how long the file says it is. */
static enum restante_status loader_find_descriptor(lt_dlhandle handle, const char *path,
                                                   const struct restante_module **descriptor, size_t *octets,
                                                   struct restante_error *error)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    void *address = lt_dlsym(handle, "restante_module");
    if (!address)
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "%s: the symbol restante_module is missing, but a module exports it", path);
    if (!dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || info.dli_saddr != address ||
        ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT)
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "%s: the symbol restante_module is no constant of its own, but must be one", path);
    *descriptor = address;
    *octets = symbol->st_size;
    return RESTANTE_OK;
}

static enum restante_status loader_open_file(const char *path, enum restante_kind kind, const char *name,
                                             struct loader_module **module, struct restante_error *error)
{
    unsigned trusted_uid = loader_has_trusted_uid ? loader_trusted_uid : geteuid();
    const struct restante_module *descriptor = NULL;
    lt_dlhandle handle = NULL;
    size_t octets = 0;
    enum restante_status status = trust_check(path, trusted_uid, error);
    if (status == RESTANTE_OK)
        status = elf_check(path, error);
    if (status == RESTANTE_OK)
        status = loader_load(path, &handle, error);
    if (status == RESTANTE_OK)
        status = loader_find_descriptor(handle, path, &descriptor, &octets, error);
    if (status == RESTANTE_OK)
        status = loader_check_descriptor(descriptor, octets, kind, name, path, error);
    if (status != RESTANTE_OK) {
        if (handle)
            lt_dlclose(handle);
        return status;
    }
    *module = alloc_zeroed(sizeof(**module));
    **module = (struct loader_module){.descriptor = descriptor, .path = alloc_string(path), .handle = handle};
    return RESTANTE_OK;
}

enum restante_status loader_open(const char *const *module_path, size_t count, enum restante_kind kind,
                                 const char *name, struct loader_module **module, struct restante_error *error)
{
    *module = NULL;
    if (!loader_check_name(name))
        return error_set(error, RESTANTE_INVALID, 0, NULL,
                         "\"%.64s\" is no module's name: it must be of small letters, digits, \"-\" and \"_\"", name);
    char *path = loader_find(module_path, count, kind, name);
    if (!path)
        return loader_not_found(module_path, count, kind, name, error);
    enum restante_status status = RESTANTE_INVALID;
    if (lt_dlinit() != 0) {
        error_set(error, RESTANTE_INVALID, 0, NULL, "%s: cannot be loaded: %s", path, lt_dlerror());
    } else {
        status = loader_open_file(path, kind, name, module, error);
        if (status != RESTANTE_OK)
            lt_dlexit();
    }
    free(path);
    return status;
}

void loader_close(struct loader_module **module)
{
    if (!*module)
        return;
    lt_dlclose((*module)->handle);
    lt_dlexit();
    free((*module)->path);
    free(*module);
    *module = NULL;
}

/* Names found so far. */
struct loader_names {
    char **names;
    size_t count;
};

static void loader_add_name(struct loader_names *names, const char *file)
{
    char name[64];
    size_t length = strlen(file);
    if (length < 4 || strcmp(file + length - 3, ".so") != 0 || !str_copy_n(name, sizeof(name), file, length - 3) ||
        !loader_check_name(name))
        return;
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0)
            return;
    }
    names->names = alloc_resize(names->names, names->count + 1, sizeof(*names->names));
    names->names[names->count++] = alloc_string(name);
}

static int loader_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void loader_each(const char *const *module_path, size_t count, enum restante_kind kind, loader_visit visit,
                 void *context)
{
    struct loader_names names = {0};
    for (size_t i = 0; i < count; i++) {
        char *path = alloc_format("%s/%s", module_path[i], loader_kind_name(kind));
        DIR *folder = opendir(path);
        for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder))
            loader_add_name(&names, entry->d_name);
        if (folder)
            closedir(folder);
        free(path);
    }
    if (names.count > 0)
        qsort(names.names, names.count, sizeof(*names.names), loader_compare);
    for (size_t i = 0; i < names.count; i++) {
        visit(kind, names.names[i], context);
        free(names.names[i]);
    }
    free(names.names);
}
