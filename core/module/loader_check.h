/*
 * module/loader_check.h - is a loaded module's descriptor one that this host can work with?
 */
#ifndef MODULE_LOADER_CHECK_H
#define MODULE_LOADER_CHECK_H

#include <stdbool.h>

#include <restante/module.h>

/* "storage", "auth", "policy": also the folder that such modules lie in. */
const char *loader_kind_name(enum restante_kind kind);
/* A module's name: [a-z0-9_-], 1 to 63 of them. */
bool loader_check_name(const char *name);
/*
 * Check what `descriptor` points to; `symbol_octets` is how long the file says it is. In this order, so that nothing
 * is read that earlier checks have not vouched for: magic, versions, sizes, kind, texts, settings, operations.
 */
enum restante_status loader_check_descriptor(const struct restante_module *descriptor, size_t symbol_octets,
                                      enum restante_kind kind, const char *name, const char *path,
                                      struct restante_error *error);

#endif
