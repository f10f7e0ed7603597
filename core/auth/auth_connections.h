/*
 * auth/auth_connections.h - how many connections there are, in all and per address. The dispatcher is the one owner
 * of these counts: every frontend reports to it.
 *
 * Memory grows with the connections that are counted, never with addresses seen. Ends may be reported twice (by the
 * frontend and by the nursery): the second report changes nothing.
 */
#ifndef AUTH_AUTH_CONNECTIONS_H
#define AUTH_AUTH_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auth_connections;
struct auth_address;

struct auth_connection {
    struct auth_connection *next; /* in its bucket */
    struct auth_address *address;
    uint32_t frontend_id;
    uint64_t connection_id;
    bool is_handed; /* an identity was sent for it: it may live on without its frontend */
    void *login;    /* the login in flight, the caller's; NULL: none */
};

struct auth_connections *auth_connections_open(size_t limit, size_t limit_per_address);
void auth_connections_close(struct auth_connections **connections);

/*
 * Count one more. NULL when that would pass a limit: it is then not counted. An IPv4 address counts as a whole, an
 * IPv6 address by its first 64 bits.
 */
struct auth_connection *auth_connections_add(struct auth_connections *connections, uint32_t frontend_id,
                                             uint64_t connection_id, const char *peer);
struct auth_connection *auth_connections_find(const struct auth_connections *connections, uint32_t frontend_id,
                                              uint64_t connection_id);
void auth_connections_remove(struct auth_connections *connections, uint32_t frontend_id, uint64_t connection_id);
/* The frontend has ended: so have its connections, but those handed over. */
void auth_connections_drop_frontend(struct auth_connections *connections, uint32_t frontend_id);
/* The nursery has ended: so have the sessions. */
void auth_connections_drop_handed(struct auth_connections *connections);
size_t auth_connections_count(const struct auth_connections *connections);

#endif
