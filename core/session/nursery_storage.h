/*
 * session/nursery_storage.h - the storage drivers that the nursery has loaded, and which of them an account uses.
 */
#ifndef SESSION_NURSERY_STORAGE_H
#define SESSION_NURSERY_STORAGE_H

#include <restante/auth.h>
#include <restante/storage.h>

#include "room/modules_needs.h"

#define NURSERY_PATH_MAX (MESSAGE_PATH_MAX + 1)

/* One item of the `storage` list. */
struct nursery_storage {
    struct room_module *module;
    const struct restante_storage *operations;
    void *driver;
    const char *name;
    const char *path; /* a template */
};

/* In the order of the configuration; the first is the default. */
struct nursery_storages {
    struct nursery_storage *items;
    size_t count;
};

/* Load and start every driver; a fault for each that does not. What they need is added to `needs`. */
void nursery_storage_load(struct room *room, struct nursery_storages *storages, struct modules_needs *needs,
                          struct faults *faults);

/* Where an account's mail is. Both texts are buffers of NURSERY_PATH_MAX octets. */
struct nursery_place {
    uint32_t index; /* which of the drivers */
    char *path;     /* of the maildrop: clean, absolute */
    char *prefix;   /* what the paths of all accounts of this setting begin with, or the account's home; clean */
};

/* Fills `place`. */
enum restante_status nursery_storage_resolve(const struct nursery_storages *storages,
                                             const struct restante_account *account, struct nursery_place *place,
                                             struct restante_error *error);

#endif
