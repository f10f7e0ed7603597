/*
 * frontend/connection.h - one client from accept until it has been handed over or has ended.
 *
 * connection.c has its beginning, its end and its timers; proxied.c the header that a proxy sends; conversation.c the
 * handshake and the AUTHORIZATION state; login.c what happens between credentials and a worker. Functions that return bool say whether the connection still
 * exists: after false it must not be touched.
 */
#ifndef FRONTEND_CONNECTION_H
#define FRONTEND_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event_struct.h>

#include "frontend/peer.h"
#include "frontend/relay.h"
#include "frontend/stream.h"
#include "frontend/watch.h"
#include "ipc/messages.h"
#include "pop3/authorization.h"

struct frontend;

enum connection_state {
    CONNECTION_PROXY_HEADER = 0, /* a proxy has to say who calls */
    CONNECTION_HANDSHAKE,        /* TLS is being agreed */
    CONNECTION_TALKING,          /* AUTHORIZATION: the engine has the word */
    CONNECTION_STARTING_TLS,     /* "+OK" to STLS is on its way out */
    CONNECTION_WAITING,          /* for auth's verdict or challenge */
    CONNECTION_HANDING_OVER,     /* accepted: earlier replies are on their way out */
    CONNECTION_RELAYING,         /* logged in over TLS: relay.c has the word */
    CONNECTION_CLOSING,          /* last words are on their way out */
    CONNECTION_LINGERING,        /* our side is closed; what still arrives is discarded */
};

struct connection {
    struct frontend *frontend;
    LIST_ENTRY(connection) link;
    uint64_t id;
    uint64_t request_id; /* 0: auth has not been asked */
    struct stream stream;
    struct watch watch;
    struct event timer;
    struct authorization *authorization; /* NULL before the greeting and after the login */
    struct relay *relay;
    struct proxied *proxied; /* NULL: it came without a proxy */
    int64_t opened_ms;
    const char *reason; /* why it ends; static */
    struct peer peer;
    uint16_t port;                       /* ours */
    uint8_t tls;                         /* enum listener_tls */
    uint8_t state;                       /* enum connection_state */
    bool has_spoken;                     /* something has been read from it as commands */
    bool client_ended;                   /* it will send no more */
    bool is_refused;                     /* by auth, during the handshake */
    bool was_handed_over;                /* a worker has it, or had it */
    uint8_t token[MESSAGE_TOKEN_OCTETS]; /* in CONNECTION_HANDING_OVER */
};

/* What the listener that it came through is like. */
struct connection_entry {
    uint16_t port;
    enum listener_tls tls;
    bool expects_proxy;
};

/* Takes over `fd`. */
void connection_open(struct frontend *frontend, int fd, const struct peer *peer, const struct connection_entry *entry);
/* Its address is known: count, log, then greet or begin TLS. */
void connection_begin(struct connection *connection);
void connection_format_id(const struct connection *connection, char to[MESSAGE_SESSION_ID_MAX + 1]);

/* Auth says that this one is too many. */
void connection_refuse(struct connection *connection);
/* The room takes nothing new: turn it away unless its login is on the way. */
void connection_drain(struct connection *connection);

/* Send the replies in frontend->out. False: the connection broke and has ended. */
bool connection_send(struct connection *connection);
/* The login's time runs on from accept, whatever happens in between. */
int64_t connection_left_ms(const struct connection *connection);
/* Wait for what the state needs. */
void connection_rest(struct connection *connection);
void connection_set_timer(struct connection *connection, int64_t delay_ms);
/* Send what is in frontend->out, then close in order, without losing it. The connection may end at once. */
void connection_finish(struct connection *connection, const char *reason);
/* Likewise, after a line that says why: -ERR [SYS/TEMP] text. */
void connection_turn_away(struct connection *connection, const char *text, const char *reason);
/* Its stream has been given away, or is of no more use: gone now. */
void connection_end(struct connection *connection, const char *reason);

#endif
