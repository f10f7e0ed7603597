/*
 * frontend/conversation.h - the handshake and the AUTHORIZATION state of a connection.
 */
#ifndef FRONTEND_CONVERSATION_H
#define FRONTEND_CONVERSATION_H

#include "frontend/connection.h"

/* Greet. */
void conversation_begin(struct connection *connection);
/* Begin TLS: at once for implicit TLS, after "+OK" was sent for STLS. */
void conversation_begin_tls(struct connection *connection);
/* The handshake can go on. */
void conversation_handshake(struct connection *connection);
/* The client has sent something, or has ended. */
void conversation_read(struct connection *connection);
/* Let the engine handle what it has been fed. */
void conversation_run(struct connection *connection);
/* May more be read while auth is thinking? What is not read waits in the kernel, and goes to the worker from there. */
bool conversation_has_room(const struct connection *connection);

#endif
