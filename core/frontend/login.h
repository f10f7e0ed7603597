/*
 * frontend/login.h - from complete credentials to a worker: ask auth, hand over.
 */
#ifndef FRONTEND_LOGIN_H
#define FRONTEND_LOGIN_H

#include "frontend/connection.h"

/* Facts about the session for auth; the mechanism is the engine's. */
void login_describe(const struct connection *connection, struct message_session *session);
/* Auth has answered. `token` is meaningful with RESTANTE_OK. */
void login_verdict(struct connection *connection, enum restante_status status,
                   const uint8_t token[MESSAGE_TOKEN_OCTETS]);
void login_challenge(struct connection *connection, const void *data, size_t length);
/* Auth has gone without an answer. */
void login_lost(struct connection *connection);
/* Accepted and nothing pending: give the client to a worker. */
void login_hand_over(struct connection *connection);

#endif
