/*
 * Frames to and from auth and the nursery. When auth ends, everyone who waits for it is told to try again; a login
 * never gets lost without a reply.
 */
#include "frontend/rooms.h"

#include <string.h>

#include "frontend/connection.h"
#include "frontend/frontend.h"
#include "frontend/login.h"
#include "util/buf.h"
#include "util/log.h"

enum { ROOMS_QUEUE_MAX = 1048576, ROOMS_FLUSH_MS = 1000 };

void rooms_open(struct rooms *rooms, struct frontend *frontend)
{
    rooms->frontend = frontend;
}

bool rooms_is_congested(const struct rooms *rooms)
{
    return rooms->auth && channel_queued(rooms->auth) > ROOMS_QUEUE_MAX;
}

bool rooms_can_hand_over(const struct rooms *rooms)
{
    return rooms->nursery && channel_queued(rooms->nursery) <= ROOMS_QUEUE_MAX;
}

static void rooms_send(struct channel *channel, struct frame_out *frame, int fd)
{
    channel_send(channel, frame, fd);
    frame_free(frame);
}

void rooms_opened(struct rooms *rooms, const struct connection *connection)
{
    struct frame_out frame = {0};
    char peer[MESSAGE_PEER_MAX + 1];
    if (!rooms->auth)
        return; /* whoever becomes auth is told of all connections */
    peer_format(&connection->peer, peer, sizeof(peer));
    message_put_opened(&frame, connection->id, peer);
    rooms_send(rooms->auth, &frame, -1);
}

void rooms_closed(struct rooms *rooms, const struct connection *connection)
{
    struct frame_out frame = {0};
    if (!rooms->auth)
        return;
    message_put_closed(&frame, connection->id);
    rooms_send(rooms->auth, &frame, -1);
}

bool rooms_login(struct rooms *rooms, struct connection *connection)
{
    struct frame_out frame = {0};
    struct message_login message = {.connection_id = connection->id};
    rooms_forget(rooms, connection);
    if (!rooms->auth || rooms_is_congested(rooms))
        return false;
    message.request_id = ++rooms->last_request_id;
    login_describe(connection, &message.session);
    message.response = authorization_response(connection->authorization, &message.response_length);
    connection->request_id = message.request_id;
    registry_add(&rooms->requests, message.request_id, connection);
    message_put_login(&frame, &message);
    channel_send(rooms->auth, &frame, -1);
    frame_wipe(&frame);
    return true;
}

bool rooms_respond(struct rooms *rooms, struct connection *connection)
{
    struct frame_out frame = {0};
    struct message_exchange message = {.request_id = connection->request_id};
    if (!rooms->auth || connection->request_id == 0)
        return false;
    message.data = authorization_response(connection->authorization, &message.length);
    message_put_response(&frame, &message);
    channel_send(rooms->auth, &frame, -1);
    frame_wipe(&frame);
    return true;
}

void rooms_forget(struct rooms *rooms, struct connection *connection)
{
    registry_remove(&rooms->requests, connection->request_id);
    connection->request_id = 0;
}

void rooms_hand_over(struct rooms *rooms, const struct connection *connection, int fd)
{
    struct frame_out frame = {0};
    struct message_handover message = {.connection_id = connection->id};
    memcpy(message.token, connection->token, sizeof(message.token));
    message.input = authorization_unread(connection->authorization, &message.input_length);
    message_put_handover(&frame, &message);
    channel_send(rooms->nursery, &frame, fd);
    frame_wipe(&frame);
    explicit_bzero(&message, sizeof(message));
}

/* TRUST: frames from auth. Ids that are not known any more belong to connections that have ended. */
static bool rooms_handle_verdict(struct rooms *rooms, struct frame_in *frame)
{
    struct message_verdict message;
    if (!message_get_verdict(frame, &message))
        return false;
    struct connection *connection = registry_find(&rooms->requests, message.request_id);
    if (connection)
        login_verdict(connection, (enum restante_status)message.status, message.token);
    explicit_bzero(&message, sizeof(message));
    return true;
}

static bool rooms_handle_challenge(struct rooms *rooms, struct frame_in *frame)
{
    struct message_exchange message;
    if (!message_get_exchange(frame, &message))
        return false;
    struct connection *connection = registry_find(&rooms->requests, message.request_id);
    if (connection)
        login_challenge(connection, message.data, message.length);
    return true;
}

static bool rooms_handle_refused(struct rooms *rooms, struct frame_in *frame)
{
    uint64_t id;
    if (!message_get_refused(frame, &id))
        return false;
    struct connection *connection = registry_find(&rooms->frontend->by_id, id);
    if (connection)
        connection_refuse(connection);
    return true;
}

static void rooms_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    bool is_good;
    switch (frame->type) {
    case FRAME_VERDICT:
        is_good = rooms_handle_verdict(context, frame);
        break;
    case FRAME_CHALLENGE:
        is_good = rooms_handle_challenge(context, frame);
        break;
    case FRAME_REFUSED:
        is_good = rooms_handle_refused(context, frame);
        break;
    default:
        is_good = false;
        break;
    }
    if (!is_good)
        channel_refuse(channel, "a malformed frame");
}

/* Whoever waits for auth's answer will not get it. */
static void rooms_fail_requests(struct rooms *rooms, uint64_t last_request_id)
{
    struct connection *connection, *next;
    for (connection = LIST_FIRST(&rooms->frontend->connections); connection; connection = next) {
        next = LIST_NEXT(connection, link); /* a verdict ends no connection but its own */
        if (connection->request_id != 0 && connection->request_id <= last_request_id)
            login_lost(connection);
    }
}

static void rooms_forget_auth(struct rooms *rooms)
{
    channel_close(&rooms->auth);
    rooms_fail_requests(rooms, rooms->last_request_id);
}

/* While everything is being ended, or a generation is given up that never served, rooms going away are no news. */
static void rooms_tell_gone(const struct rooms *rooms, const char *room, const char *why)
{
    if (rooms->frontend->is_serving && !rooms->frontend->is_draining)
        log_warn("%s is gone (%s): logins fail until it is back", room, why);
}

static void rooms_on_closed(struct channel *channel, const char *why, void *context)
{
    struct rooms *rooms = context;
    if (channel == rooms->auth) {
        rooms_tell_gone(rooms, "auth", why);
        rooms_forget_auth(rooms);
    } else if (channel == rooms->nursery) {
        rooms_tell_gone(rooms, "the nursery", why);
        channel_close(&rooms->nursery);
    }
}

/* A new auth counts from nothing: tell it who is here, so that the limits go on holding. */
static void rooms_introduce(struct rooms *rooms)
{
    const struct connection *connection;
    LIST_FOREACH(connection, &rooms->frontend->connections, link) {
        if (connection->state != CONNECTION_PROXY_HEADER)
            rooms_opened(rooms, connection);
    }
}

bool rooms_connect(struct rooms *rooms, enum room_kind peer, int fd)
{
    struct event_base *base = rooms->frontend->base;
    if (peer == ROOM_AUTH) {
        if (rooms->auth)
            rooms_forget_auth(rooms);
        rooms->auth = channel_open(base, fd, CHANNEL_FRONTEND_FROM_AUTH, rooms_receive, rooms_on_closed, rooms);
        rooms_introduce(rooms);
        return true;
    }
    if (peer == ROOM_NURSERY) {
        channel_close(&rooms->nursery);
        rooms->nursery =
            channel_open(base, fd, CHANNEL_FRONTEND_FROM_NURSERY, rooms_receive, rooms_on_closed, rooms);
        return true;
    }
    return false;
}

void rooms_flush(struct rooms *rooms)
{
    if (rooms->nursery)
        channel_flush(rooms->nursery, ROOMS_FLUSH_MS);
    if (rooms->auth)
        channel_flush(rooms->auth, ROOMS_FLUSH_MS);
}

void rooms_close(struct rooms *rooms)
{
    channel_close(&rooms->auth);
    channel_close(&rooms->nursery);
    registry_free(&rooms->requests);
}
