/*
 * module/loader.h - modules: found by kind and name below the module path, loaded through libltdl, checked, refused
 * with one sentence. Nothing else in Restante loads a shared object.
 */
#ifndef MODULE_LOADER_H
#define MODULE_LOADER_H

#include <restante/module.h>

struct loader_module {
    const struct restante_module *descriptor;
    char *path;
    void *handle;
};

/*
 * Load <dir>/<kind>/<name>.so from the first of `module_path` (count absolute folders) that has it. Refuses with
 * RESTANTE_INVALID and a log text that names file, field and both values: a file or a folder above it that others
 * than root and the starting uid can write, a file that is no module, a missing symbol, wrong magic, major, minor,
 * sizes, kind, name, an incomplete operations table, an unresolved function.
 */
enum restante_status loader_open(const char *const *module_path, size_t count, enum restante_kind kind,
                                 const char *name, struct loader_module **module, struct restante_error *error);
void loader_close(struct loader_module **module);

/* Each module file of a kind along the path, by name; a name found twice counts once, as loader_open would. */
typedef void (*loader_visit)(enum restante_kind kind, const char *name, void *context);
void loader_each(const char *const *module_path, size_t count, enum restante_kind kind, loader_visit visit,
                 void *context);

/* Modules in files that the starting uid may own too; the rest of the trust rule is fixed. Defaults to geteuid(). */
void loader_trust_uid(unsigned uid);

#endif
