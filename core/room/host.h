/*
 * room/host.h - the host table that modules get (restante/module.h).
 */
#ifndef ROOM_HOST_H
#define ROOM_HOST_H

#include <restante/module.h>

/* One per process, valid for ever. */
const struct restante_host *host_table(void);
/* Whose log lines come next; NULL: nobody's. `name` must stay valid. */
void host_set_module(const char *name);

#endif
