/*
 * auth/auth_dispatcher.h - the auth room's centre: frontends ask it, it asks the workers, the nursery hears of whom
 * it accepted. Knows channels and settings, not rooms' start-up (auth_role.c).
 */
#ifndef AUTH_AUTH_DISPATCHER_H
#define AUTH_AUTH_DISPATCHER_H

#include <event2/event.h>
#include <sys/queue.h>

#include "auth/auth_connections.h"
#include "auth/auth_penalties.h"
#include "auth/auth_pool.h"
#include "auth/auth_username.h"
#include "ipc/channel.h"
#include "ipc/messages.h"

struct auth_login;

struct auth_settings {
    uint32_t entries; /* auth[1] to auth[entries], asked in this order */
    const struct auth_pool_settings *pools; /* one for each */
    int64_t login_ms; /* so long a connection may take to log in */
    uint32_t failure_delay_ms;
    struct auth_penalties_settings penalties;
    struct auth_username_rules username;
    struct auth_connections_limits limits;
};

struct auth_frontend {
    LIST_ENTRY(auth_frontend) link;
    struct auth_dispatcher *dispatcher;
    struct channel *channel;
    uint32_t id;
    uint64_t last_request_id;
};

/* Called once when draining and the last frontend has gone. */
typedef void (*auth_dispatcher_ended)(void *context);

struct auth_dispatcher {
    struct event_base *base;
    struct auth_settings settings;
    struct auth_connections *connections;
    struct auth_penalties *penalties;
    struct event *turn;       /* when the turn of a waiting login comes */
    struct auth_pool **pools; /* one for each entry */
    struct channel *nursery;  /* NULL while there is none */
    LIST_HEAD(, auth_frontend) frontends;
    LIST_HEAD(, auth_login) logins;
    uint64_t logins_accepted, logins_denied, logins_failed; /* answered so far */
    auth_dispatcher_ended ended;
    void *ended_context;
};

/* `settings->pools` is not needed afterwards. */
struct auth_dispatcher *auth_dispatcher_open(struct event_base *base, const struct auth_settings *settings);
/* A socket to another room; takes over `fd`. False when this room has no use for such a peer. */
bool auth_dispatcher_join(struct auth_dispatcher *dispatcher, const struct message_channel *peer, int fd);
void auth_dispatcher_drain(struct auth_dispatcher *dispatcher, auth_dispatcher_ended ended, void *context);
void auth_dispatcher_close(struct auth_dispatcher **dispatcher);

#endif
