/*
 * auth/auth_counts.h - how many there are of each key. Memory grows with what is counted now, never with keys seen.
 */
#ifndef AUTH_AUTH_COUNTS_H
#define AUTH_AUTH_COUNTS_H

#include "auth/auth_key.h"

struct auth_counts;

struct auth_count {
    struct auth_count *next; /* in its bucket */
    struct auth_key key;
    size_t number;
};

struct auth_counts *auth_counts_open(void);
/* Frees every count with it. */
void auth_counts_close(struct auth_counts **counts);
/* One more of this key; NULL, and nothing counted, when there are `limit` already. */
struct auth_count *auth_counts_take(struct auth_counts *counts, const struct auth_key *key, size_t limit);
/* One fewer; sets *count to NULL. */
void auth_counts_release(struct auth_counts *counts, struct auth_count **count);

#endif
