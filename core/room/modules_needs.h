/*
 * room/modules_needs.h - what the modules of a room need beyond the ordinary, for its confinement.
 */
#ifndef ROOM_MODULES_NEEDS_H
#define ROOM_MODULES_NEEDS_H

#include "room/modules.h"
#include "sandbox/landlock.h"

/* Zeroed: nothing. */
struct modules_needs {
    uint32_t needs; /* enum restante_needs */
    struct landlock_path *paths;
    size_t paths_count;
};

/*
 * Add what `module` declares: its needs, needs_paths, and its settings that are paths. Of a file it is the folder,
 * since files are replaced by renaming.
 */
void modules_needs_add(struct modules_needs *needs, const struct room_module *module);

#endif
