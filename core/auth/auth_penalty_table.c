#include "auth/auth_penalty_table.h"

#include <stdlib.h>

#include "util/alloc.h"

enum { SET_PLACES = 16 };

struct auth_penalty_table {
    struct auth_penalty *places;
    size_t sets; /* a power of two */
    int64_t forget_ms;
};

struct auth_penalty_table *auth_penalty_table_open(size_t entries, int64_t forget_ms)
{
    struct auth_penalty_table *table = alloc_zeroed(sizeof(*table));
    table->sets = 1;
    while (table->sets * SET_PLACES < entries)
        table->sets *= 2;
    table->forget_ms = forget_ms;
    table->places = alloc_array(table->sets * SET_PLACES, sizeof(*table->places));
    return table;
}

void auth_penalty_table_close(struct auth_penalty_table **table)
{
    if (!*table)
        return;
    free((*table)->places);
    free(*table);
    *table = NULL;
}

static struct auth_penalty *table_set(const struct auth_penalty_table *table, uint64_t home)
{
    return table->places + (home & (table->sets - 1)) * SET_PLACES;
}

struct auth_penalty *auth_penalty_table_find(const struct auth_penalty_table *table, uint64_t home,
                                             const struct auth_key *key)
{
    struct auth_penalty *set = table_set(table, home);
    for (size_t i = 0; i < SET_PLACES; i++) {
        if (set[i].is_taken && auth_key_is_same(&set[i].key, key))
            return &set[i];
    }
    return NULL;
}

uint32_t auth_penalty_table_level(const struct auth_penalty_table *table, const struct auth_penalty *penalty,
                                  int64_t now_ms)
{
    int64_t gone_ms = now_ms - penalty->level_at_ms;
    if (gone_ms <= 0 || penalty->level == 0)
        return penalty->level;
    if (gone_ms / table->forget_ms >= penalty->level / AUTH_PENALTY_ONE + 1)
        return 0;
    uint64_t forgotten = (uint64_t)gone_ms * AUTH_PENALTY_ONE / (uint64_t)table->forget_ms;
    return forgotten < penalty->level ? penalty->level - (uint32_t)forgotten : 0;
}

static bool is_worth_less(const struct auth_penalty_table *table, const struct auth_penalty *one,
                          const struct auth_penalty *than, int64_t now_ms)
{
    uint32_t level = auth_penalty_table_level(table, one, now_ms);
    uint32_t other = auth_penalty_table_level(table, than, now_ms);
    return level != other ? level < other : one->used_ms < than->used_ms;
}

struct auth_penalty *auth_penalty_table_take(struct auth_penalty_table *table, uint64_t home,
                                             const struct auth_key *key, int64_t now_ms)
{
    struct auth_penalty *set = table_set(table, home), *chosen = auth_penalty_table_find(table, home, key);
    if (chosen) {
        chosen->used_ms = now_ms;
        return chosen;
    }
    for (size_t i = 0; i < SET_PLACES; i++) {
        struct auth_penalty *place = &set[i];
        if (!place->is_taken) {
            chosen = place;
            break;
        }
        if (place->running + place->waiting == 0 && (!chosen || is_worth_less(table, place, chosen, now_ms)))
            chosen = place;
    }
    if (chosen)
        *chosen = (struct auth_penalty){
            .key = *key, .home = home, .is_taken = true, .used_ms = now_ms, .level_at_ms = now_ms, .due_ms = now_ms};
    return chosen;
}

struct auth_penalty *auth_penalty_table_next(const struct auth_penalty_table *table, size_t *cursor)
{
    while (*cursor < table->sets * SET_PLACES) {
        struct auth_penalty *place = &table->places[(*cursor)++];
        if (place->is_taken)
            return place;
    }
    return NULL;
}

void auth_penalty_table_clear(struct auth_penalty_table *table)
{
    size_t cursor = 0;
    struct auth_penalty *penalty;
    while ((penalty = auth_penalty_table_next(table, &cursor))) {
        if (penalty->running + penalty->waiting == 0)
            penalty->is_taken = false;
    }
}
