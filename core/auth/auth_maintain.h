/*
 * auth/auth_maintain.h - accounts without a login, for maintenance: who is this user, and which users are there?
 */
#ifndef AUTH_AUTH_MAINTAIN_H
#define AUTH_AUTH_MAINTAIN_H

#include "auth/auth_account.h"
#include "auth/auth_username.h"
#include "ipc/messages_task.h"

/* A driver that has been started. */
struct auth_source {
    const struct restante_auth *operations;
    void *driver;
    const char *driver_name;
    const struct auth_defaults *defaults;
    struct auth_username_rules rules;
};

/* What a login as `lookup->user` would get, but for the secret. */
void auth_maintain_lookup(const struct auth_source *source, const struct message_lookup *lookup,
                          struct message_found *found);
/* Users from a cursor on, as many as fit into `users`; listed->users points there. */
void auth_maintain_list(const struct auth_source *source, const struct message_list *list,
                        char users[MESSAGE_USERS_MAX], struct message_listed *listed);

#endif
