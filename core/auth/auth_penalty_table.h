/*
 * auth/auth_penalty_table.h - a table of penalties that never grows.
 *
 * Sets of 16 places, all made at the start; a key can only be in the set that its seeded digest names. A new key that
 * finds its set full takes the place of the least penalised one there, among equals the longest unused. So nobody can
 * flush a penalty that is worth something without earning worse ones in every set, and names tried once only push out
 * one another. What a try holds on to stays.
 */
#ifndef AUTH_AUTH_PENALTY_TABLE_H
#define AUTH_AUTH_PENALTY_TABLE_H

#include "auth/auth_key.h"

/* Failures in thousandths: they are forgotten bit by bit. */
#define AUTH_PENALTY_ONE 1000

struct auth_penalty {
    struct auth_key key;
    uint64_t home;       /* chooses the set */
    int64_t due_ms;      /* the next try begins no earlier */
    int64_t level_at_ms; /* when `level` was right */
    int64_t used_ms;
    uint32_t level;            /* failures, less what has been forgotten; in thousandths */
    uint32_t failures;         /* since the last success, for the log */
    uint32_t running, waiting; /* tries that hold on to this */
    bool is_taken;
};

struct auth_penalty_table;

/* At least `entries` places; each failure is forgotten after `forget_ms`. */
struct auth_penalty_table *auth_penalty_table_open(size_t entries, int64_t forget_ms);
void auth_penalty_table_close(struct auth_penalty_table **table);
/* `home` chooses the set: of the key itself, or of another key that keeps several in one set. NULL: not there. */
struct auth_penalty *auth_penalty_table_find(const struct auth_penalty_table *table, uint64_t home,
                                             const struct auth_key *key);
/* Find or make. NULL when tries hold on to the whole set. */
struct auth_penalty *auth_penalty_table_take(struct auth_penalty_table *table, uint64_t home,
                                             const struct auth_key *key, int64_t now_ms);
/* What is left of the level now. */
uint32_t auth_penalty_table_level(const struct auth_penalty_table *table, const struct auth_penalty *penalty,
                                  int64_t now_ms);
/* Every penalty in turn, beginning with *cursor = 0; NULL after the last. */
struct auth_penalty *auth_penalty_table_next(const struct auth_penalty_table *table, size_t *cursor);
/* Forget all but what tries hold on to. */
void auth_penalty_table_clear(struct auth_penalty_table *table);

#endif
