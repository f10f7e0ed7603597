/*
 * Who is connected to the dispatcher and what each may say. A frontend that breaks a rule loses its channel; its
 * logins are dropped with it. A nursery or worker that ends is replaced by the master.
 */
#include "auth/auth_dispatcher.h"

#include <stdlib.h>
#include <unistd.h>

#include "auth/auth_login.h"
#include "util/alloc.h"
#include "util/log.h"

struct auth_dispatcher *auth_dispatcher_open(struct event_base *base, const struct auth_settings *settings)
{
    struct auth_dispatcher *dispatcher = alloc_zeroed(sizeof(*dispatcher));
    dispatcher->base = base;
    dispatcher->settings = *settings;
    dispatcher->connections = auth_connections_open(&settings->limits);
    dispatcher->penalties = auth_penalties_open(&settings->penalties);
    dispatcher->turn = auth_login_turns(dispatcher);
    dispatcher->pools = alloc_array(settings->entries + 1, sizeof(struct auth_pool *));
    for (uint32_t i = 0; i < settings->entries; i++)
        dispatcher->pools[i] = auth_pool_open(base, &settings->pools[i]);
    LIST_INIT(&dispatcher->frontends);
    LIST_INIT(&dispatcher->logins);
    return dispatcher;
}

static void frontend_refused(struct auth_frontend *frontend, uint64_t connection_id)
{
    struct frame_out frame = {0};
    message_put_refused(&frame, connection_id);
    channel_send(frontend->channel, &frame, -1);
    frame_free(&frame);
}

/* In any order: to a new dispatcher a frontend introduces all the connections that it has. */
static bool frontend_opened(struct auth_frontend *frontend, struct frame_in *frame)
{
    uint64_t connection_id;
    char peer[MESSAGE_PEER_MAX + 1];
    struct auth_connections *connections = frontend->dispatcher->connections;
    if (!message_get_opened(frame, &connection_id, peer))
        return false;
    struct auth_connection *connection = auth_connections_find(connections, frontend->id, connection_id);
    if (connection && connection->is_restored) {
        connection->is_restored = false; /* a session that it relays */
        return true;
    }
    if (connection)
        return false;
    if (!auth_connections_add(connections, frontend->id, connection_id, peer))
        frontend_refused(frontend, connection_id);
    return true;
}

static bool frontend_closed_connection(struct auth_frontend *frontend, struct frame_in *frame)
{
    uint64_t connection_id;
    struct auth_connections *connections = frontend->dispatcher->connections;
    if (!message_get_closed(frame, &connection_id))
        return false;
    const struct auth_connection *connection = auth_connections_find(connections, frontend->id, connection_id);
    if (connection && connection->login)
        auth_login_abandon(connection->login);
    auth_connections_remove(connections, frontend->id, connection_id);
    return true;
}

/* Request ids only ever grow, and a connection has one login at a time. */
static bool frontend_login(struct auth_frontend *frontend, struct frame_in *frame)
{
    struct message_login login;
    if (!message_get_login(frame, &login) || login.request_id <= frontend->last_request_id)
        return false;
    frontend->last_request_id = login.request_id;
    struct auth_connection *connection =
        auth_connections_find(frontend->dispatcher->connections, frontend->id, login.connection_id);
    if (connection && connection->login)
        return false;
    auth_login_begin(frontend, connection, &login);
    return true;
}

static bool frontend_response(struct auth_frontend *frontend, struct frame_in *frame)
{
    struct message_exchange exchange;
    if (!message_get_exchange(frame, &exchange))
        return false;
    auth_login_respond(frontend, exchange.request_id);
    return true;
}

static void frontend_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct auth_frontend *frontend = context;
    bool is_good = false;
    switch (frame->type) {
    case FRAME_OPENED:
        is_good = frontend_opened(frontend, frame);
        break;
    case FRAME_CLOSED:
        is_good = frontend_closed_connection(frontend, frame);
        break;
    case FRAME_LOGIN:
        is_good = frontend_login(frontend, frame);
        break;
    case FRAME_RESPONSE:
        is_good = frontend_response(frontend, frame);
        break;
    default:
        break;
    }
    if (!is_good)
        channel_refuse(channel, "a frame that is malformed, repeated or out of order");
}

static void dispatcher_check_ended(struct auth_dispatcher *dispatcher)
{
    if (dispatcher->ended && LIST_EMPTY(&dispatcher->frontends))
        dispatcher->ended(dispatcher->ended_context);
}

static void frontend_free(struct auth_frontend *frontend)
{
    LIST_REMOVE(frontend, link);
    auth_login_abandon_frontend(frontend);
    auth_connections_drop_frontend(frontend->dispatcher->connections, frontend->id);
    channel_close(&frontend->channel);
    free(frontend);
}

static void frontend_closed(struct channel *channel, const char *why, void *context)
{
    struct auth_frontend *frontend = context;
    struct auth_dispatcher *dispatcher = frontend->dispatcher;
    (void)channel;
    log_debug("frontend %u has ended: %s", frontend->id, why);
    frontend_free(frontend);
    dispatcher_check_ended(dispatcher);
}

static void dispatcher_add_frontend(struct auth_dispatcher *dispatcher, uint32_t id, int fd)
{
    struct auth_frontend *frontend = alloc_zeroed(sizeof(*frontend));
    frontend->dispatcher = dispatcher;
    frontend->id = id;
    frontend->channel = channel_open(dispatcher->base, fd, CHANNEL_AUTH_FROM_FRONTEND, frontend_receive,
                                     frontend_closed, frontend);
    LIST_INSERT_HEAD(&dispatcher->frontends, frontend, link);
}

static bool nursery_session_open(struct auth_dispatcher *dispatcher, struct frame_in *frame)
{
    struct message_session_open open;
    if (!message_get_session_open(frame, &open))
        return false;
    auth_connections_restore(dispatcher->connections, open.frontend_id, open.connection_id, open.peer, open.user);
    return true;
}

static bool nursery_session_ended(struct auth_dispatcher *dispatcher, struct frame_in *frame)
{
    uint32_t frontend_id;
    uint64_t connection_id;
    if (!message_get_session_ended(frame, &frontend_id, &connection_id))
        return false;
    struct auth_connection *connection =
        auth_connections_find(dispatcher->connections, frontend_id, connection_id);
    if (connection && connection->login)
        auth_login_abandon(connection->login);
    auth_connections_remove(dispatcher->connections, frontend_id, connection_id);
    return true;
}

static void nursery_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    bool is_good = frame->type == FRAME_SESSION_OPEN ? nursery_session_open(context, frame)
                                                     : nursery_session_ended(context, frame);
    if (!is_good)
        channel_refuse(channel, "a malformed frame");
}

/* Its sessions end with it. */
static void dispatcher_drop_nursery(struct auth_dispatcher *dispatcher)
{
    channel_close(&dispatcher->nursery);
    auth_connections_drop_handed(dispatcher->connections);
}

static void nursery_closed(struct channel *channel, const char *why, void *context)
{
    (void)channel;
    log_debug("the nursery has ended: %s", why);
    dispatcher_drop_nursery(context);
}

static void dispatcher_set_nursery(struct auth_dispatcher *dispatcher, int fd)
{
    dispatcher_drop_nursery(dispatcher);
    dispatcher->nursery = channel_open(dispatcher->base, fd, CHANNEL_AUTH_FROM_NURSERY, nursery_receive,
                                       nursery_closed, dispatcher);
}

bool auth_dispatcher_join(struct auth_dispatcher *dispatcher, const struct message_channel *peer, int fd)
{
    switch (peer->peer) {
    case ROOM_FRONTEND:
        dispatcher_add_frontend(dispatcher, peer->peer_id, fd);
        return true;
    case ROOM_NURSERY:
        dispatcher_set_nursery(dispatcher, fd);
        return true;
    case ROOM_AUTH_WORKER:
        if (peer->peer_entry >= 1 && peer->peer_entry <= dispatcher->settings.entries) {
            auth_pool_join(dispatcher->pools[peer->peer_entry - 1], peer->peer_id, fd);
            return true;
        }
        break;
    default:
        break;
    }
    close(fd);
    return false;
}

void auth_dispatcher_drain(struct auth_dispatcher *dispatcher, auth_dispatcher_ended ended, void *context)
{
    dispatcher->ended = ended;
    dispatcher->ended_context = context;
    dispatcher_check_ended(dispatcher);
}

void auth_dispatcher_close(struct auth_dispatcher **dispatcher)
{
    struct auth_dispatcher *closing = *dispatcher;
    struct auth_frontend *frontend;
    if (!closing)
        return;
    while ((frontend = LIST_FIRST(&closing->frontends)))
        frontend_free(frontend);
    for (uint32_t i = 0; i < closing->settings.entries; i++)
        auth_pool_close(&closing->pools[i]);
    auth_login_drop_all(closing);
    channel_close(&closing->nursery);
    auth_connections_close(&closing->connections);
    auth_penalties_close(&closing->penalties);
    event_free(closing->turn);
    free(closing->pools);
    free(closing);
    *dispatcher = NULL;
}
