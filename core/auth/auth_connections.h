/*
 * auth/auth_connections.h - how many connections there are, in all, per address and per user. The dispatcher is the one
 * owner of these counts: every frontend reports to it.
 *
 * A connection counts for a user from the moment its password was found right: then it has a session, or waits for the
 * maildrop that another one holds. Logins that are still being checked do not count, or strangers could shut an owner
 * out; nor does what a user's dead session holds for long, as waiting for it ends with `timeouts.lock`.
 *
 * Memory grows with the connections that are counted, never with addresses seen. Ends may be reported twice (by the
 * frontend and by the nursery): the second report changes nothing.
 */
#ifndef AUTH_AUTH_CONNECTIONS_H
#define AUTH_AUTH_CONNECTIONS_H

#include "auth/auth_counts.h"

struct auth_connections;

struct auth_connections_limits {
    size_t connections, per_address, per_user;
};

struct auth_connection {
    struct auth_connection *next; /* in its bucket */
    struct auth_count *address, *user; /* user: NULL until it was handed on */
    uint32_t frontend_id;
    uint64_t connection_id;
    bool is_handed; /* an identity was sent for it: it may live on without its frontend */
    bool is_restored; /* only the nursery has told of it so far */
    void *login;    /* the login in flight, the caller's; NULL: none */
};

struct auth_connections *auth_connections_open(const struct auth_connections_limits *limits);
void auth_connections_close(struct auth_connections **connections);

/*
 * Count one more. NULL when that would pass a limit: it is then not counted. An IPv4 address counts as a whole, an
 * IPv6 address by its first 64 bits.
 */
struct auth_connection *auth_connections_add(struct auth_connections *connections, uint32_t frontend_id,
                                             uint64_t connection_id, const char *peer);
/*
 * The nursery tells a new dispatcher of a session: it counts, whatever the limits are. The frontend that relays it may
 * have told of it before, or may do so afterwards.
 */
void auth_connections_restore(struct auth_connections *connections, uint32_t frontend_id, uint64_t connection_id,
                              const char *peer, const char *user);
/* An identity is sent for it. False, with nothing changed for others, when the user has as many as it may. */
bool auth_connections_hand(struct auth_connections *connections, struct auth_connection *connection,
                           const char *user);
/* The login failed after all. */
void auth_connections_take_back(struct auth_connections *connections, struct auth_connection *connection);
struct auth_connection *auth_connections_find(const struct auth_connections *connections, uint32_t frontend_id,
                                              uint64_t connection_id);
void auth_connections_remove(struct auth_connections *connections, uint32_t frontend_id, uint64_t connection_id);
/* The frontend has ended: so have its connections, but those handed over. */
void auth_connections_drop_frontend(struct auth_connections *connections, uint32_t frontend_id);
/* The nursery has ended: so have the sessions. */
void auth_connections_drop_handed(struct auth_connections *connections);
size_t auth_connections_count(const struct auth_connections *connections);

#endif
