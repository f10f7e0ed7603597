/*
 * frontend/registry.h - from an ever growing id to what it stands for. Frames name connections and requests by such
 * ids; one that is not here any more has ended in the meantime, which is normal.
 */
#ifndef FRONTEND_REGISTRY_H
#define FRONTEND_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

struct registry_entry {
    uint64_t id; /* 0: free */
    void *item;
};

/* Zeroed: empty. */
struct registry {
    struct registry_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* `id` is not 0 and not in it yet. */
void registry_add(struct registry *registry, uint64_t id, void *item);
/* NULL: not there. */
void *registry_find(const struct registry *registry, uint64_t id);
void registry_remove(struct registry *registry, uint64_t id);
void registry_free(struct registry *registry);

#endif
