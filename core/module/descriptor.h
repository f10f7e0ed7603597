/*
 * module/descriptor.h - does a descriptor fit this host? Checked field by field, in an order in which nothing is read
 * before what says that it is there.
 */
#ifndef MODULE_DESCRIPTOR_H
#define MODULE_DESCRIPTOR_H

#include <restante/module.h>

/* `path` is for the sentence; `name` and `kind` are what was asked for. */
enum restante_status descriptor_check(const struct restante_module *descriptor, const char *path,
                                      enum restante_kind kind, const char *name, struct restante_error *error);

#endif
