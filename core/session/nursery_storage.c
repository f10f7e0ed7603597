/*
 * session/nursery_storage.c - storage drivers. Loading runs in the nursery before it is ready, under its account;
 * a driver that does not start is a fault and keeps the room from being ready.
 */
#include "session/nursery_storage.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"
#include "util/template.h"

static bool nursery_storage_load_one(struct room *room, struct nursery_storages *storages, size_t number,
                                     struct modules_needs *needs, struct faults *faults)
{
    struct restante_error error = {0};
    struct nursery_storage *storage = &storages->items[storages->count];
    char prefix[32];
    snprintf(prefix, sizeof(prefix), "storage.%zu", number);
    storage->module = modules_load(room, RESTANTE_KIND_STORAGE, prefix, faults);
    if (!storage->module)
        return false;
    storage->operations = storage->module->loaded->descriptor->operations;
    storage->name = storage->module->loaded->descriptor->name;
    storage->path = conf_string(&room->conf, "%s.path", prefix);
    if (storage->operations->start(modules_host(), storage->module->values, &storage->driver, &error) == RESTANTE_OK) {
        modules_needs_add(needs, storage->module);
        return true;
    }
    faults_add(faults, "%s: the %s driver does not start: %s", prefix, storage->name, error.log);
    modules_unload(&storage->module);
    return false;
}

void nursery_storage_load(struct room *room, struct nursery_storages *storages, struct modules_needs *needs,
                          struct faults *faults)
{
    size_t count = conf_list_count(&room->conf, "storage");
    if (count == 0)
        faults_add(faults, "storage: none is configured: say where mail is, as in storage = { driver = \"maildir\", "
                           "path = \"~/Maildir\" }");
    storages->items = alloc_array(count + 1, sizeof(*storages->items));
    for (size_t number = 1; number <= count; number++)
        if (nursery_storage_load_one(room, storages, number, needs, faults))
            storages->count++;
}

/* "driver:path" of one account; the driver must be among those loaded. */
static enum restante_status nursery_storage_choose(const struct nursery_storages *storages,
                                                   const struct restante_account *account,
                                                   uint32_t *index, const char **path,
                                                   struct restante_error *error)
{
    if (storages->count == 0)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "no storage driver is loaded");
    *index = 0;
    *path = storages->items[0].path;
    if (!account->storage[0])
        return RESTANTE_OK;
    const char *colon = strchr(account->storage, ':');
    if (!colon || !colon[1])
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "the account %s has storage \"%s\", which is not \"driver:path\"", account->user,
                         account->storage);
    size_t length = (size_t)(colon - account->storage);
    for (size_t i = 0; i < storages->count; i++) {
        if (strlen(storages->items[i].name) != length ||
            strncmp(storages->items[i].name, account->storage, length) != 0)
            continue;
        *index = (uint32_t)i;
        *path = colon + 1;
        return RESTANTE_OK;
    }
    return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                     "the account %s has storage \"%s\", but that driver is not in the storage list", account->user,
                     account->storage);
}

enum restante_status nursery_storage_resolve(const struct nursery_storages *storages,
                                             const struct restante_account *account, struct nursery_place *place,
                                             struct restante_error *error)
{
    const char *template = NULL;
    struct template_values values = {.user = account->user, .home = account->home[0] ? account->home : NULL};
    enum restante_status status = nursery_storage_choose(storages, account, &place->index, &template, error);
    if (status == RESTANTE_OK)
        status = template_expand(place->path, NURSERY_PATH_MAX, template, &values, error);
    if (status == RESTANTE_OK)
        status = template_prefix(place->prefix, NURSERY_PATH_MAX, template, &values, error);
    return status;
}
