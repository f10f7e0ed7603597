/*
 * room/modules.h - loading the module that a list item of the configuration names, and the host table it gets.
 */
#ifndef ROOM_MODULES_H
#define ROOM_MODULES_H

#include "module/loader.h"
#include "room/room.h"

struct room_module {
    struct loader_module *loaded;
    struct restante_value *values;
    struct restante_key *keys; /* of a policy that checks further keys itself, or NULL */
    size_t keys_count;
    char prefix[64]; /* "storage.1" */
};

/* The host table; one per process, valid for ever. */
const struct restante_host *modules_host(void);

/*
 * Load the driver that "<prefix>.driver" names, check its settings, report it to the master. Returns NULL after
 * adding faults. In ROOM_CHECK and ROOM_SERVE.
 */
struct room_module *modules_load(struct room *room, enum restante_kind kind, const char *prefix,
                                 struct faults *faults);
/* Load it without settings, for what needs none. NULL after adding a fault. */
struct loader_module *modules_load_bare(const struct room *room, enum restante_kind kind, const char *name,
                                        struct faults *faults);
void modules_unload(struct room_module **module);
/* ROOM_INSPECT: load and report every module of a kind along the path; refusals are reported, not faults. */
void modules_inspect(struct room *room, enum restante_kind kind);

#endif
