/*
 * room/host.h - the functions that Restante lends to modules (restante/module.h, struct restante_host).
 */
#ifndef ROOM_HOST_H
#define ROOM_HOST_H

#include <restante/module.h>

#include "module/loader.h"

extern const struct restante_host host_table;

/* A module whose log lines are to carry its name; forget it before it is unloaded. */
void host_add_module(const struct loader_module *module);
void host_forget_module(const struct loader_module *module);

#endif
