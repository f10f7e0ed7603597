#include "auth/auth_connections.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/alloc.h"
#include "util/str.h"

enum { BUCKETS_FIRST = 256, KEY_OCTETS = 17 };

/* Kind of address, then its octets. */
struct address_key {
    uint8_t octets[KEY_OCTETS];
};

struct auth_address {
    struct auth_address *next; /* in its bucket */
    struct address_key key;
    size_t connections;
};

/* Both tables have the same number of buckets: there are never more addresses than connections. */
struct auth_connections {
    struct auth_connection **connections;
    struct auth_address **addresses;
    size_t buckets, count, limit, limit_per_address;
    uint64_t seed;
};

/* Clients choose their addresses, within limits: a seed keeps them from choosing buckets. */
static uint64_t mix(uint64_t seed, uint64_t value)
{
    value = (value ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
    value ^= value >> 32;
    value *= UINT64_C(0xd6e8feb86659fd93);
    return value ^ value >> 29;
}

static size_t connection_bucket(const struct auth_connections *connections, uint32_t frontend_id,
                                uint64_t connection_id)
{
    return (size_t)mix(mix(connections->seed, frontend_id), connection_id) & (connections->buckets - 1);
}

static size_t address_bucket(const struct auth_connections *connections, const struct address_key *key)
{
    uint64_t parts[3] = {0}, hash = connections->seed;
    memcpy(parts, key->octets, sizeof(key->octets));
    for (size_t i = 0; i < 3; i++)
        hash = mix(hash, parts[i]);
    return (size_t)hash & (connections->buckets - 1);
}

/* TRUST: the frontend's text. What is no address counts by its first octets. */
static struct address_key address_key(const char *peer)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct address_key key = {.octets = {0}};
    struct in6_addr six;
    char plain[64];
    str_copy_n(plain, sizeof(plain), peer, strcspn(peer, "%"));
    if (inet_pton(AF_INET, plain, key.octets + 1) == 1) {
        key.octets[0] = 4;
    } else if (inet_pton(AF_INET6, plain, &six) == 1) {
        bool is_mapped = memcmp(six.s6_addr, mapped, sizeof(mapped)) == 0;
        key.octets[0] = is_mapped ? 4 : 6;
        memcpy(key.octets + 1, is_mapped ? six.s6_addr + 12 : six.s6_addr, is_mapped ? 4 : 8);
    } else {
        memcpy(key.octets + 1, plain, strnlen(plain, KEY_OCTETS - 1));
    }
    return key;
}

static struct auth_address **address_slot(const struct auth_connections *connections, const struct address_key *key)
{
    struct auth_address **slot = &connections->addresses[address_bucket(connections, key)];
    while (*slot && memcmp(&(*slot)->key, key, sizeof(*key)) != 0)
        slot = &(*slot)->next;
    return slot;
}

static struct auth_connection **connection_slot(const struct auth_connections *connections, uint32_t frontend_id,
                                                uint64_t connection_id)
{
    size_t bucket = connection_bucket(connections, frontend_id, connection_id);
    struct auth_connection **slot = &connections->connections[bucket];
    while (*slot && ((*slot)->frontend_id != frontend_id || (*slot)->connection_id != connection_id))
        slot = &(*slot)->next;
    return slot;
}

struct auth_connections *auth_connections_open(size_t limit, size_t limit_per_address)
{
    struct auth_connections *connections = alloc_zeroed(sizeof(*connections));
    connections->limit = limit;
    connections->limit_per_address = limit_per_address;
    connections->buckets = BUCKETS_FIRST;
    connections->connections = alloc_array(BUCKETS_FIRST, sizeof(*connections->connections));
    connections->addresses = alloc_array(BUCKETS_FIRST, sizeof(*connections->addresses));
    if (getrandom(&connections->seed, sizeof(connections->seed), 0) != (ssize_t)sizeof(connections->seed))
        abort();
    return connections;
}

/* Twice the buckets, and everything into its new one. */
static void connections_grow(struct auth_connections *connections)
{
    struct auth_connection **old_connections = connections->connections, *connection;
    struct auth_address **old_addresses = connections->addresses, *address;
    size_t old_buckets = connections->buckets;
    connections->buckets *= 2;
    connections->connections = alloc_array(connections->buckets, sizeof(*connections->connections));
    connections->addresses = alloc_array(connections->buckets, sizeof(*connections->addresses));
    for (size_t i = 0; i < old_buckets; i++) {
        while ((connection = old_connections[i])) {
            size_t bucket = connection_bucket(connections, connection->frontend_id, connection->connection_id);
            old_connections[i] = connection->next;
            connection->next = connections->connections[bucket];
            connections->connections[bucket] = connection;
        }
        while ((address = old_addresses[i])) {
            size_t bucket = address_bucket(connections, &address->key);
            old_addresses[i] = address->next;
            address->next = connections->addresses[bucket];
            connections->addresses[bucket] = address;
        }
    }
    free(old_connections);
    free(old_addresses);
}

/* The address's count plus one, or NULL when it has as many as it may. */
static struct auth_address *address_take(struct auth_connections *connections, const char *peer)
{
    struct address_key key = address_key(peer);
    struct auth_address **slot = address_slot(connections, &key);
    if (connections->limit_per_address == 0 || (*slot && (*slot)->connections >= connections->limit_per_address))
        return NULL;
    if (!*slot) {
        *slot = alloc_zeroed(sizeof(**slot));
        (*slot)->key = key;
    }
    (*slot)->connections++;
    return *slot;
}

static void address_release(struct auth_connections *connections, struct auth_address *address)
{
    if (--address->connections > 0)
        return;
    struct auth_address **slot = address_slot(connections, &address->key);
    *slot = address->next;
    free(address);
}

struct auth_connection *auth_connections_add(struct auth_connections *connections, uint32_t frontend_id,
                                             uint64_t connection_id, const char *peer)
{
    if (connections->count >= connections->limit)
        return NULL;
    struct auth_address *address = address_take(connections, peer);
    if (!address)
        return NULL;
    if (connections->count >= connections->buckets)
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

struct auth_connection *auth_connections_find(const struct auth_connections *connections, uint32_t frontend_id,
                                              uint64_t connection_id)
{
    return *connection_slot(connections, frontend_id, connection_id);
}

static void connection_unlink(struct auth_connections *connections, struct auth_connection **slot)
{
    struct auth_connection *connection = *slot;
    *slot = connection->next;
    address_release(connections, connection->address);
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
    for (size_t i = 0; i < connections->buckets; i++) {
        struct auth_connection **slot = &connections->connections[i];
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
    free(closing->connections);
    free(closing->addresses);
    free(closing);
    *connections = NULL;
}
