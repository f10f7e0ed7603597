#include "auth/auth_connections.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

enum { BUCKETS_FIRST = 256 };

struct auth_connections {
    struct auth_connection **buckets;
    size_t buckets_count, count;
    struct auth_connections_limits limits;
    struct auth_key_seed seed;
    struct auth_counts *addresses, *users;
};

/* Ids are given by frontends, one after the other: clients cannot choose buckets. */
static size_t connection_bucket(const struct auth_connections *connections, uint32_t frontend_id,
                                uint64_t connection_id)
{
    uint64_t mixed = (connection_id + ((uint64_t)frontend_id << 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 20) & (connections->buckets_count - 1);
}

static struct auth_connection **connection_slot(const struct auth_connections *connections, uint32_t frontend_id,
                                                uint64_t connection_id)
{
    size_t bucket = connection_bucket(connections, frontend_id, connection_id);
    struct auth_connection **slot = &connections->buckets[bucket];
    while (*slot && ((*slot)->frontend_id != frontend_id || (*slot)->connection_id != connection_id))
        slot = &(*slot)->next;
    return slot;
}

struct auth_connections *auth_connections_open(const struct auth_connections_limits *limits)
{
    struct auth_connections *connections = alloc_zeroed(sizeof(*connections));
    connections->limits = *limits;
    connections->buckets_count = BUCKETS_FIRST;
    connections->buckets = alloc_array(BUCKETS_FIRST, sizeof(struct auth_connection *));
    connections->addresses = auth_counts_open();
    connections->users = auth_counts_open();
    auth_key_seed_make(&connections->seed);
    return connections;
}

/* Twice the buckets, and everything into its new one. */
static void connections_grow(struct auth_connections *connections)
{
    struct auth_connection **old = connections->buckets, *connection;
    size_t old_count = connections->buckets_count;
    connections->buckets_count *= 2;
    connections->buckets = alloc_array(connections->buckets_count, sizeof(struct auth_connection *));
    for (size_t i = 0; i < old_count; i++) {
        while ((connection = old[i])) {
            size_t bucket = connection_bucket(connections, connection->frontend_id, connection->connection_id);
            old[i] = connection->next;
            connection->next = connections->buckets[bucket];
            connections->buckets[bucket] = connection;
        }
    }
    free(old);
}

static struct auth_connection *connections_add(struct auth_connections *connections, uint32_t frontend_id,
                                               uint64_t connection_id, const char *peer, size_t per_address)
{
    struct auth_key key = auth_key_address(&connections->seed, peer);
    struct auth_count *address = auth_counts_take(connections->addresses, &key, per_address);
    if (!address)
        return NULL;
    if (connections->count >= connections->buckets_count)
        connections_grow(connections);
    struct auth_connection **slot = connection_slot(connections, frontend_id, connection_id);
    struct auth_connection *connection = alloc_zeroed(sizeof(*connection));
    connection->next = *slot;
    connection->address = address;
    connection->frontend_id = frontend_id;
    connection->connection_id = connection_id;
    *slot = connection;
    connections->count++;
    return connection;
}

struct auth_connection *auth_connections_add(struct auth_connections *connections, uint32_t frontend_id,
                                             uint64_t connection_id, const char *peer)
{
    if (connections->count >= connections->limits.connections)
        return NULL;
    return connections_add(connections, frontend_id, connection_id, peer, connections->limits.per_address);
}

void auth_connections_restore(struct auth_connections *connections, uint32_t frontend_id, uint64_t connection_id,
                              const char *peer, const char *user)
{
    struct auth_key key = auth_key_user(&connections->seed, user);
    struct auth_connection *connection = auth_connections_find(connections, frontend_id, connection_id);
    if (connection && connection->is_handed)
        return;
    if (!connection) {
        connection = connections_add(connections, frontend_id, connection_id, peer, SIZE_MAX);
        connection->is_restored = true;
    }
    connection->user = auth_counts_take(connections->users, &key, SIZE_MAX);
    connection->is_handed = true;
}

bool auth_connections_hand(struct auth_connections *connections, struct auth_connection *connection,
                           const char *user)
{
    struct auth_key key = auth_key_user(&connections->seed, user);
    auth_connections_take_back(connections, connection);
    connection->user = auth_counts_take(connections->users, &key, connections->limits.per_user);
    connection->is_handed = connection->user != NULL;
    return connection->is_handed;
}

void auth_connections_take_back(struct auth_connections *connections, struct auth_connection *connection)
{
    connection->is_handed = false;
    auth_counts_release(connections->users, &connection->user);
}

struct auth_connection *auth_connections_find(const struct auth_connections *connections, uint32_t frontend_id,
                                              uint64_t connection_id)
{
    return *connection_slot(connections, frontend_id, connection_id);
}

static void connection_unlink(struct auth_connections *connections, struct auth_connection **slot)
{
    struct auth_connection *connection = *slot;
    *slot = connection->next;
    auth_counts_release(connections->addresses, &connection->address);
    auth_counts_release(connections->users, &connection->user);
    connections->count--;
    free(connection);
}

void auth_connections_remove(struct auth_connections *connections, uint32_t frontend_id, uint64_t connection_id)
{
    struct auth_connection **slot = connection_slot(connections, frontend_id, connection_id);
    if (*slot)
        connection_unlink(connections, slot);
}

static void connections_drop(struct auth_connections *connections, bool is_handed, const uint32_t *frontend_id)
{
    for (size_t i = 0; i < connections->buckets_count; i++) {
        struct auth_connection **slot = &connections->buckets[i];
        while (*slot) {
            if ((*slot)->is_handed == is_handed && (!frontend_id || (*slot)->frontend_id == *frontend_id))
                connection_unlink(connections, slot);
            else
                slot = &(*slot)->next;
        }
    }
}

void auth_connections_drop_frontend(struct auth_connections *connections, uint32_t frontend_id)
{
    connections_drop(connections, false, &frontend_id);
}

void auth_connections_drop_handed(struct auth_connections *connections)
{
    connections_drop(connections, true, NULL);
}

size_t auth_connections_count(const struct auth_connections *connections)
{
    return connections->count;
}

void auth_connections_close(struct auth_connections **connections)
{
    struct auth_connections *closing = *connections;
    if (!closing)
        return;
    connections_drop(closing, false, NULL);
    connections_drop(closing, true, NULL);
    auth_counts_close(&closing->addresses);
    auth_counts_close(&closing->users);
    free(closing->buckets);
    free(closing);
    *connections = NULL;
}
