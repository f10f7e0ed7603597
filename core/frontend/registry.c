/*
 * Open addressing with linear probing. Ids grow by one, so that their low bits spread them perfectly by themselves.
 */
#include "frontend/registry.h"

#include <stdlib.h>

#include "util/alloc.h"

enum { REGISTRY_SMALLEST = 64 };

/* Where `id` is, or the free place where it would be. */
static size_t registry_place(const struct registry *registry, uint64_t id)
{
    size_t mask = registry->capacity - 1;
    size_t place = (size_t)id & mask;
    while (registry->entries[place].id != 0 && registry->entries[place].id != id)
        place = (place + 1) & mask;
    return place;
}

static void registry_resize(struct registry *registry, size_t capacity)
{
    struct registry old = *registry;
    registry->entries = alloc_array(capacity, sizeof(*registry->entries));
    registry->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].id != 0)
            registry->entries[registry_place(registry, old.entries[i].id)] = old.entries[i];
    }
    free(old.entries);
}

void registry_add(struct registry *registry, uint64_t id, void *item)
{
    if (registry->capacity == 0)
        registry_resize(registry, REGISTRY_SMALLEST);
    else if (registry->count >= registry->capacity / 2)
        registry_resize(registry, registry->capacity * 2);
    registry->entries[registry_place(registry, id)] = (struct registry_entry){.id = id, .item = item};
    registry->count++;
}

void *registry_find(const struct registry *registry, uint64_t id)
{
    if (registry->count == 0 || id == 0)
        return NULL;
    return registry->entries[registry_place(registry, id)].item;
}

/* Move up what was pushed past the freed place by a collision. */
static void registry_close_gap(struct registry *registry, size_t gap)
{
    size_t mask = registry->capacity - 1;
    for (size_t place = (gap + 1) & mask; registry->entries[place].id != 0; place = (place + 1) & mask) {
        size_t wanted = (size_t)registry->entries[place].id & mask;
        if (((place - wanted) & mask) < ((place - gap) & mask))
            continue;
        registry->entries[gap] = registry->entries[place];
        registry->entries[place] = (struct registry_entry){0};
        gap = place;
    }
}

void registry_remove(struct registry *registry, uint64_t id)
{
    if (!registry_find(registry, id))
        return;
    size_t place = registry_place(registry, id);
    registry->entries[place] = (struct registry_entry){0};
    registry->count--;
    registry_close_gap(registry, place);
}

void registry_free(struct registry *registry)
{
    free(registry->entries);
    *registry = (struct registry){0};
}
