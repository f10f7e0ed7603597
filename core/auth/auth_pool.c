#include "auth/auth_pool.h"

#include <stdlib.h>
#include <string.h>

#include "ipc/channel.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/str.h"

/* Each worker has one question at a time: a slow one holds up nobody but who asked. */
struct pool_worker {
    LIST_ENTRY(pool_worker) link;
    struct auth_pool *pool;
    struct channel *channel;
    uint32_t room_id;
    uint64_t request_id;
    struct auth_ask *ask; /* NULL: idle */
};

struct auth_pool {
    struct event_base *base;
    uint32_t entry;
    uint64_t last_request_id;
    LIST_HEAD(, pool_worker) workers;
    TAILQ_HEAD(, auth_ask) waiting;
    size_t waiting_count;
};

struct auth_pool *auth_pool_open(struct event_base *base, uint32_t entry)
{
    struct auth_pool *pool = alloc_zeroed(sizeof(*pool));
    pool->base = base;
    pool->entry = entry;
    LIST_INIT(&pool->workers);
    TAILQ_INIT(&pool->waiting);
    return pool;
}

static void worker_free(struct pool_worker *worker)
{
    LIST_REMOVE(worker, link);
    channel_close(&worker->channel);
    free(worker);
}

void auth_pool_close(struct auth_pool **pool)
{
    struct auth_pool *closing = *pool;
    struct pool_worker *worker;
    if (!closing)
        return;
    while ((worker = LIST_FIRST(&closing->workers)))
        worker_free(worker);
    free(closing);
    *pool = NULL;
}

static void worker_send(struct pool_worker *worker, struct auth_ask *ask)
{
    struct frame_out frame = {0};
    struct message_verify verify = {.request_id = ++worker->pool->last_request_id, .is_tls = ask->is_tls};
    str_copy(verify.user, sizeof(verify.user), ask->user);
    str_copy(verify.secret, sizeof(verify.secret), ask->secret);
    str_copy(verify.peer, sizeof(verify.peer), ask->peer);
    worker->ask = ask;
    worker->request_id = verify.request_id;
    message_put_verify(&frame, &verify);
    channel_send(worker->channel, &frame, -1);
    frame_wipe(&frame);
    explicit_bzero(&verify, sizeof(verify));
}

static void pool_unqueue(struct auth_pool *pool, struct auth_ask *ask)
{
    TAILQ_REMOVE(&pool->waiting, ask, link);
    pool->waiting_count--;
    ask->is_waiting = false;
}

static void worker_next(struct pool_worker *worker)
{
    struct auth_ask *ask = TAILQ_FIRST(&worker->pool->waiting);
    if (!ask)
        return;
    pool_unqueue(worker->pool, ask);
    worker_send(worker, ask);
}

static void worker_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct pool_worker *worker = context;
    struct message_verified verified;
    struct auth_ask *ask = worker->ask;
    if (!message_get_verified(frame, &verified) || !ask || verified.request_id != worker->request_id) {
        channel_refuse(channel, "an answer that is malformed or to no question");
        return;
    }
    worker->ask = NULL;
    worker_next(worker);
    ask->answered(ask->context, &verified);
}

/* The master replaces the worker; who waits in the queue waits for the new one. */
static void worker_closed(struct channel *channel, const char *why, void *context)
{
    struct pool_worker *worker = context;
    struct auth_ask *ask = worker->ask;
    (void)channel;
    log_debug("auth[%u]: worker %u has ended: %s", worker->pool->entry, worker->room_id, why);
    worker_free(worker);
    if (ask)
        ask->answered(ask->context, NULL);
}

void auth_pool_join(struct auth_pool *pool, uint32_t room_id, int fd)
{
    struct pool_worker *worker = alloc_zeroed(sizeof(*worker));
    worker->pool = pool;
    worker->room_id = room_id;
    worker->channel =
        channel_open(pool->base, fd, CHANNEL_AUTH_FROM_WORKER, worker_receive, worker_closed, worker);
    LIST_INSERT_HEAD(&pool->workers, worker, link);
    worker_next(worker);
}

bool auth_pool_ask(struct auth_pool *pool, struct auth_ask *ask)
{
    struct pool_worker *worker;
    LIST_FOREACH(worker, &pool->workers, link) {
        if (!worker->ask) {
            worker_send(worker, ask);
            return true;
        }
    }
    if (pool->waiting_count >= AUTH_POOL_WAITING_MAX)
        return false;
    TAILQ_INSERT_TAIL(&pool->waiting, ask, link);
    pool->waiting_count++;
    ask->is_waiting = true;
    return true;
}

bool auth_pool_withdraw(struct auth_pool *pool, struct auth_ask *ask)
{
    if (!ask->is_waiting)
        return false;
    pool_unqueue(pool, ask);
    return true;
}
