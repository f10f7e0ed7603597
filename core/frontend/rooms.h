/*
 * frontend/rooms.h - the channels to auth and to the nursery. Either room may be replaced at any time.
 */
#ifndef FRONTEND_ROOMS_H
#define FRONTEND_ROOMS_H

#include <stdbool.h>
#include <stdint.h>

#include "frontend/registry.h"
#include "ipc/channel.h"
#include "ipc/messages.h"

struct connection;
struct frontend;

struct rooms {
    struct frontend *frontend;
    struct channel *auth, *nursery; /* NULL: not there now */
    struct registry requests;       /* connections that wait for a verdict, by request id */
    uint64_t last_request_id;
};

void rooms_open(struct rooms *rooms, struct frontend *frontend);
/* FRAME_CHANNEL: takes over `fd`. False: a frontend has no business with that kind of room. */
bool rooms_connect(struct rooms *rooms, enum room_kind peer, int fd);
/* So much waits to be sent that new clients should wait. */
bool rooms_is_congested(const struct rooms *rooms);
bool rooms_can_hand_over(const struct rooms *rooms);

/* Auth counts connections. */
void rooms_opened(struct rooms *rooms, const struct connection *connection);
void rooms_closed(struct rooms *rooms, const struct connection *connection);
/* Ask auth about the credentials that the engine has. False: auth is not there. */
bool rooms_login(struct rooms *rooms, struct connection *connection);
/* Answer auth's challenge. False: auth is not there or is another one than was asked. */
bool rooms_respond(struct rooms *rooms, struct connection *connection);
/* The answer to a pending request is of no interest any more. */
void rooms_forget(struct rooms *rooms, struct connection *connection);
/* To the nursery; takes over `fd`. */
void rooms_hand_over(struct rooms *rooms, const struct connection *connection, int fd);

/* Try for a short time to send what is queued, before the process ends. */
void rooms_flush(struct rooms *rooms);
void rooms_close(struct rooms *rooms);

#endif
