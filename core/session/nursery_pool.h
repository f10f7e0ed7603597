/*
 * session/nursery_pool.h - workers that are kept for further sessions (isolation "uid"): which one gets a session, and
 * which has been idle for too long. Knows neither processes nor channels.
 *
 * A worker serves one owner: uid, gid, groups and the paths that it is confined to, all of them in the key.
 */
#ifndef SESSION_NURSERY_POOL_H
#define SESSION_NURSERY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/messages.h"

#define NURSERY_POOL_KEY_OCTETS 32
#define NURSERY_POOL_BUCKETS 1024

/* Part of a worker. Zeroed: in no pool. */
struct nursery_pool_member {
    struct nursery_pool_member *next; /* in the same bucket */
    uint8_t key[NURSERY_POOL_KEY_OCTETS];
    uint32_t sessions; /* now */
    uint32_t served;   /* so far, with those */
    int64_t idle_since_ms;
    bool is_pooled;
};

struct nursery_pool_limits {
    uint32_t per_owner; /* workers, as long as none of them is full */
    uint32_t at_once;   /* sessions of one worker */
    uint32_t served;    /* sessions that it serves before it is replaced */
    int64_t idle_ms;
};

/* Zeroed: empty. */
struct nursery_pool {
    struct nursery_pool_member *buckets[NURSERY_POOL_BUCKETS];
};

/* Owners that differ in anything differ in their key. */
void nursery_pool_key(uint8_t key[NURSERY_POOL_KEY_OCTETS], const struct message_owner *owner);

void nursery_pool_add(struct nursery_pool *pool, struct nursery_pool_member *member,
                      const uint8_t key[NURSERY_POOL_KEY_OCTETS]);
/* Harmless when it is not there. */
void nursery_pool_remove(struct nursery_pool *pool, struct nursery_pool_member *member);

/* The one with the fewest sessions; NULL: a new one should be made. */
struct nursery_pool_member *nursery_pool_choose(const struct nursery_pool *pool,
                                                const struct nursery_pool_limits *limits,
                                                const uint8_t key[NURSERY_POOL_KEY_OCTETS]);
/* Is the next session the last that this one may serve? */
bool nursery_pool_is_worn(const struct nursery_pool_member *member, const struct nursery_pool_limits *limits);

void nursery_pool_session_began(struct nursery_pool_member *member);
void nursery_pool_session_ended(struct nursery_pool_member *member, int64_t now_ms);

/* One without sessions for at least `idle_ms`, or NULL. */
struct nursery_pool_member *nursery_pool_idle(const struct nursery_pool *pool, int64_t idle_ms, int64_t now_ms);

#endif
