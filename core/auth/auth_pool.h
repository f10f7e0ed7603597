/*
 * auth/auth_pool.h - the workers of one auth entry, and the requests that wait for one of them.
 *
 * There are `workers` of them at the start. When requests wait the master is asked for more, one after the other, up
 * to `workers_max`; one that has been idle for long is given back, and so is one that has answered for long enough. A worker that dies or hangs costs the request that
 * it has and nothing else.
 */
#ifndef AUTH_AUTH_POOL_H
#define AUTH_AUTH_POOL_H

#include <event2/event.h>
#include <sys/queue.h>

#include "ipc/messages.h"

struct auth_pool;

/* FRAME_WORKER_WANTED, FRAME_WORKER_UNWANTED or FRAME_WORKER_STUCK for the master. */
typedef void (*auth_pool_tell)(void *context, uint16_t type, uint32_t number);

struct auth_pool_settings {
    uint32_t entry; /* from 1 */
    size_t workers, workers_max;
    size_t waiting_max;
    uint32_t timeout_ms; /* a worker that has not answered by then hangs */
    uint32_t idle_ms;
    bool may_pass;         /* when nothing is known here, the entries behind this one are asked */
    uint64_t requests_max; /* a worker that has answered so many is replaced; 0: never */
    auth_pool_tell tell;
    void *tell_context;
};

/* `verified` is NULL when nothing is known, for the reason `why`. TRUST: `verified` is the worker's. */
typedef void (*auth_answered)(void *context, const struct message_verified *verified, const char *why);

/* One question. The asker keeps it, and what it points to, until it is answered or withdrawn. */
struct auth_ask {
    const char *user, *secret, *peer;
    bool is_tls;
    int64_t until_ms; /* on the monotonic clock: later nobody waits for the answer any more */
    auth_answered answered;
    void *context;
    bool is_waiting;
    TAILQ_ENTRY(auth_ask) link;
};

struct auth_pool *auth_pool_open(struct event_base *base, const struct auth_pool_settings *settings);
void auth_pool_close(struct auth_pool **pool); /* answers nothing any more */
bool auth_pool_may_pass(const struct auth_pool *pool);
/* A worker has come; takes over its channel's socket. */
void auth_pool_join(struct auth_pool *pool, uint32_t room_id, int fd);
/* Ask an idle worker, or wait for one; false when too many wait already. The answer never comes before the return. */
bool auth_pool_ask(struct auth_pool *pool, struct auth_ask *ask);
/* Take back a question that still waits; false when a worker has it already. */
bool auth_pool_withdraw(struct auth_pool *pool, struct auth_ask *ask);

#endif
