/*
 * auth/auth_pool.h - the workers of one auth entry, and the requests that wait for one of them.
 */
#ifndef AUTH_AUTH_POOL_H
#define AUTH_AUTH_POOL_H

#include <event2/event.h>
#include <sys/queue.h>

#include "ipc/messages.h"

#define AUTH_POOL_WAITING_MAX 64

struct auth_pool;

/* `verified` is NULL when the worker has ended and nothing is known. TRUST: the worker's. */
typedef void (*auth_answered)(void *context, const struct message_verified *verified);

/* One question. The asker keeps it, and what it points to, until it is answered or withdrawn. */
struct auth_ask {
    const char *user, *secret, *peer;
    bool is_tls;
    auth_answered answered;
    void *context;
    bool is_waiting;
    TAILQ_ENTRY(auth_ask) link;
};

struct auth_pool *auth_pool_open(struct event_base *base, uint32_t entry);
void auth_pool_close(struct auth_pool **pool); /* answers nothing any more */
/* A worker has come; takes over its channel's socket. */
void auth_pool_join(struct auth_pool *pool, uint32_t room_id, int fd);
/* Ask an idle worker, or wait for one; false when too many wait already. The answer never comes before the return. */
bool auth_pool_ask(struct auth_pool *pool, struct auth_ask *ask);
/* Take back a question that still waits; false when a worker has it already. */
bool auth_pool_withdraw(struct auth_pool *pool, struct auth_ask *ask);

#endif
