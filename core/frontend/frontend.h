/*
 * frontend/frontend.h - the state of a frontend room: what it was given and what it holds.
 */
#ifndef FRONTEND_FRONTEND_H
#define FRONTEND_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "frontend/listener.h"
#include "frontend/registry.h"
#include "frontend/rooms.h"
#include "frontend/tls_context.h"
#include "pop3/authorization.h"
#include "util/buf.h"
#include "util/network.h"

/* `plaintext_auth`: from where passwords are taken without TLS. */
enum frontend_plaintext { FRONTEND_PLAINTEXT_NEVER = 0, FRONTEND_PLAINTEXT_LOOPBACK, FRONTEND_PLAINTEXT_ALWAYS };

struct frontend_settings {
    struct authorization_settings authorization;
    enum frontend_plaintext plaintext;
    int64_t login_ms;         /* from accept to a verdict */
    int64_t tls_handshake_ms;
    uint64_t connections; /* in this frontend; auth holds the same limit for all together */
    struct network *proxies; /* who may send a PROXY header */
    size_t proxies_count;
};

LIST_HEAD(connection_list, connection);

struct frontend {
    struct event_base *base;
    struct frontend_settings settings;
    uint32_t room_id;
    int64_t started_s; /* with room_id and the connection's number it makes session ids unique */
    struct tls_context *tls; /* NULL: no TLS */
    struct listeners listeners;
    struct rooms rooms;
    struct connection_list connections;
    uint64_t connections_count;
    struct registry by_id;       /* connections */
    uint64_t last_connection_id;
    struct buf out;              /* replies of the connection at work; empty between events */
    bool is_serving;  /* every room of its generation was ready; it accepts, or has accepted */
    bool is_retiring; /* accepts nothing more */
    bool is_draining; /* and wants to end soon */
    bool is_drained;
    void (*drained)(void *context); /* called once while retiring or draining, when no connection is left */
    void *context;
};

/* Prepare a zeroed structure; settings, ids and tls are the caller's to fill in. */
void frontend_open(struct frontend *frontend, struct event_base *base);
/*
 * Accept nothing more than what has connected by now and serve everybody to the end, logged in or not; `drained` is
 * called once nobody is left, perhaps at once.
 */
void frontend_retire(struct frontend *frontend);
/* Accept nothing more, turn away who has not logged in; `drained` is called once nobody is left, perhaps at once. */
void frontend_drain(struct frontend *frontend);
/* A connection has left the list. */
void frontend_connection_gone(struct frontend *frontend);
void frontend_close(struct frontend *frontend);

#endif
