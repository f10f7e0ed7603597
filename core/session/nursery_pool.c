/*
 * session/nursery_pool.c - the choice among kept workers. Runs in the nursery.
 */
#include "session/nursery_pool.h"

#include <sha2.h>
#include <string.h>

static void nursery_pool_hash_path(SHA2_CTX *context, const char *path)
{
    SHA256Update(context, (const uint8_t *)path, strlen(path) + 1);
}

void nursery_pool_key(uint8_t key[NURSERY_POOL_KEY_OCTETS], const struct message_owner *owner)
{
    SHA2_CTX context;
    uint32_t numbers[3] = {owner->uid, owner->gid, owner->groups_count};
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)numbers, sizeof(numbers));
    SHA256Update(&context, (const uint8_t *)owner->groups, owner->groups_count * sizeof(owner->groups[0]));
    nursery_pool_hash_path(&context, owner->mail);
    nursery_pool_hash_path(&context, owner->state);
    SHA256Final(key, &context);
}

/* The key's octets are as good as random. */
static size_t nursery_pool_bucket(const uint8_t key[NURSERY_POOL_KEY_OCTETS])
{
    return (size_t)(key[0] | key[1] << 8) % NURSERY_POOL_BUCKETS;
}

void nursery_pool_add(struct nursery_pool *pool, struct nursery_pool_member *member,
                      const uint8_t key[NURSERY_POOL_KEY_OCTETS])
{
    struct nursery_pool_member **bucket = &pool->buckets[nursery_pool_bucket(key)];
    memcpy(member->key, key, sizeof(member->key));
    member->next = *bucket;
    member->is_pooled = true;
    *bucket = member;
}

void nursery_pool_remove(struct nursery_pool *pool, struct nursery_pool_member *member)
{
    if (!member->is_pooled)
        return;
    struct nursery_pool_member **place = &pool->buckets[nursery_pool_bucket(member->key)];
    while (*place != member)
        place = &(*place)->next;
    *place = member->next;
    member->next = NULL;
    member->is_pooled = false;
}

struct nursery_pool_member *nursery_pool_choose(const struct nursery_pool *pool,
                                                const struct nursery_pool_limits *limits,
                                                const uint8_t key[NURSERY_POOL_KEY_OCTETS])
{
    struct nursery_pool_member *best = NULL;
    uint32_t count = 0;
    for (struct nursery_pool_member *at = pool->buckets[nursery_pool_bucket(key)]; at; at = at->next) {
        if (memcmp(at->key, key, sizeof(at->key)) != 0)
            continue;
        count++;
        if (!best || at->sessions < best->sessions)
            best = at;
    }
    if (!best || best->sessions >= limits->at_once)
        return NULL;
    /* An idle worker is better than a new one, a new one better than sharing. */
    return best->sessions == 0 || count >= limits->per_owner ? best : NULL;
}

bool nursery_pool_is_worn(const struct nursery_pool_member *member, const struct nursery_pool_limits *limits)
{
    return member->served + 1 >= limits->served;
}

void nursery_pool_session_began(struct nursery_pool_member *member)
{
    member->sessions++;
    member->served++;
}

void nursery_pool_session_ended(struct nursery_pool_member *member, int64_t now_ms)
{
    member->sessions--;
    member->idle_since_ms = now_ms;
}

struct nursery_pool_member *nursery_pool_idle(const struct nursery_pool *pool, int64_t idle_ms, int64_t now_ms)
{
    for (size_t i = 0; i < NURSERY_POOL_BUCKETS; i++)
        for (struct nursery_pool_member *at = pool->buckets[i]; at; at = at->next)
            if (at->sessions == 0 && now_ms - at->idle_since_ms >= idle_ms)
                return at;
    return NULL;
}
