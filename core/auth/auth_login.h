/*
 * auth/auth_login.h - the life of one login: parsed, asked for entry by entry, accepted or refused, logged once.
 */
#ifndef AUTH_AUTH_LOGIN_H
#define AUTH_AUTH_LOGIN_H

#include "auth/auth_dispatcher.h"

/* A new login. `connection` is NULL when it is not one that counts (refused, or closed already). */
void auth_login_begin(struct auth_frontend *frontend, struct auth_connection *connection,
                      const struct message_login *message);
/* The timer that ends the waiting of those whose turn has come; the dispatcher keeps it. */
struct event *auth_login_turns(struct auth_dispatcher *dispatcher);
/* The frontend sent a response; no mechanism has asked for one. */
void auth_login_respond(const struct auth_frontend *frontend, uint64_t request_id);
/* Nobody waits for this verdict any more. */
void auth_login_abandon(struct auth_login *login);
void auth_login_abandon_frontend(const struct auth_frontend *frontend);
/* Free every login without a word; the pools are closed already. */
void auth_login_drop_all(struct auth_dispatcher *dispatcher);

#endif
