#include "auth/auth_counts.h"

#include <stdlib.h>

#include "util/alloc.h"

enum { BUCKETS_FIRST = 256 };

/* Keys are seeded digests: any part of one is as good as a hash. */
struct auth_counts {
    struct auth_count **buckets;
    size_t buckets_count, keys; /* buckets: a power of two */
};

struct auth_counts *auth_counts_open(void)
{
    struct auth_counts *counts = alloc_zeroed(sizeof(*counts));
    counts->buckets_count = BUCKETS_FIRST;
    counts->buckets = alloc_array(BUCKETS_FIRST, sizeof(struct auth_count *));
    return counts;
}

void auth_counts_close(struct auth_counts **counts)
{
    struct auth_count *count;
    if (!*counts)
        return;
    for (size_t i = 0; i < (*counts)->buckets_count; i++) {
        while ((count = (*counts)->buckets[i])) {
            (*counts)->buckets[i] = count->next;
            free(count);
        }
    }
    free((*counts)->buckets);
    free(*counts);
    *counts = NULL;
}

static struct auth_count **counts_slot(const struct auth_counts *counts, const struct auth_key *key)
{
    struct auth_count **slot = &counts->buckets[key->first & (counts->buckets_count - 1)];
    while (*slot && !auth_key_is_same(&(*slot)->key, key))
        slot = &(*slot)->next;
    return slot;
}

static void counts_grow(struct auth_counts *counts)
{
    struct auth_count **old = counts->buckets, *count;
    size_t old_count = counts->buckets_count;
    counts->buckets_count *= 2;
    counts->buckets = alloc_array(counts->buckets_count, sizeof(struct auth_count *));
    for (size_t i = 0; i < old_count; i++) {
        while ((count = old[i])) {
            struct auth_count **bucket = &counts->buckets[count->key.first & (counts->buckets_count - 1)];
            old[i] = count->next;
            count->next = *bucket;
            *bucket = count;
        }
    }
    free(old);
}

struct auth_count *auth_counts_take(struct auth_counts *counts, const struct auth_key *key, size_t limit)
{
    struct auth_count **slot = counts_slot(counts, key);
    if (limit == 0 || (*slot && (*slot)->number >= limit))
        return NULL;
    if (!*slot) {
        if (counts->keys >= counts->buckets_count) {
            counts_grow(counts);
            slot = counts_slot(counts, key);
        }
        *slot = alloc_zeroed(sizeof(**slot));
        (*slot)->key = *key;
        counts->keys++;
    }
    (*slot)->number++;
    return *slot;
}

void auth_counts_release(struct auth_counts *counts, struct auth_count **count)
{
    struct auth_count *released = *count;
    *count = NULL;
    if (!released || --released->number > 0)
        return;
    *counts_slot(counts, &released->key) = released->next;
    counts->keys--;
    free(released);
}
