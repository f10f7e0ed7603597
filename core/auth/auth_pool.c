#include "auth/auth_pool.h"

#include <stdlib.h>
#include <string.h>

#include "ipc/channel.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/str.h"

/* One more worker at a time: the next is asked for when it has come, or when it should have. */
enum { POOL_GROW_MS = 1000 };

/* Each worker has one question at a time: a slow one holds up nobody but who asked. */
struct pool_worker {
    LIST_ENTRY(pool_worker) link;
    struct auth_pool *pool;
    struct channel *channel;
    struct event *timer; /* asked: it hangs; idle: it is not needed */
    uint32_t room_id;
    uint64_t request_id;
    uint64_t answered;
    struct auth_ask *ask; /* NULL: idle */
};

struct auth_pool {
    struct event_base *base;
    struct auth_pool_settings settings;
    uint64_t last_request_id;
    LIST_HEAD(, pool_worker) workers;
    size_t workers_count;
    int64_t grow_after_ms;
    TAILQ_HEAD(, auth_ask) waiting;
    size_t waiting_count;
};

struct auth_pool *auth_pool_open(struct event_base *base, const struct auth_pool_settings *settings)
{
    struct auth_pool *pool = alloc_zeroed(sizeof(*pool));
    pool->base = base;
    pool->settings = *settings;
    LIST_INIT(&pool->workers);
    TAILQ_INIT(&pool->waiting);
    return pool;
}

static void worker_free(struct pool_worker *worker)
{
    LIST_REMOVE(worker, link);
    worker->pool->workers_count--;
    event_free(worker->timer);
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

bool auth_pool_may_pass(const struct auth_pool *pool)
{
    return pool->settings.may_pass;
}

static void worker_set_timer(struct pool_worker *worker, uint32_t delay_ms)
{
    struct timeval delay = clock_timeval(delay_ms);
    if (evtimer_add(worker->timer, &delay) != 0)
        abort();
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
    worker_set_timer(worker, worker->pool->settings.timeout_ms);
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

static void pool_tell(const struct auth_pool *pool, uint16_t type, uint32_t number)
{
    pool->settings.tell(pool->settings.tell_context, type, number);
}

/* Somebody waits: would another worker help? Those missing from the minimum are on their way without being asked for. */
static void pool_grow(struct auth_pool *pool)
{
    int64_t now_ms = clock_monotonic_ms();
    if (pool->workers_count < pool->settings.workers || pool->workers_count >= pool->settings.workers_max ||
        now_ms < pool->grow_after_ms)
        return;
    pool->grow_after_ms = now_ms + POOL_GROW_MS;
    pool_tell(pool, FRAME_WORKER_WANTED, pool->settings.entry);
}

/*
 * The next question for an idle worker. Those that nobody waits for any more are not worth asking; their answers may
 * make the asker ask elsewhere, so they come when all is settled here.
 */
static void worker_next(struct pool_worker *worker)
{
    struct auth_pool *pool = worker->pool;
    TAILQ_HEAD(, auth_ask) late = TAILQ_HEAD_INITIALIZER(late);
    int64_t now_ms = clock_monotonic_ms();
    struct auth_ask *ask;
    while ((ask = TAILQ_FIRST(&pool->waiting))) {
        pool_unqueue(pool, ask);
        if (now_ms < ask->until_ms)
            break;
        TAILQ_INSERT_TAIL(&late, ask, link);
    }
    if (ask)
        worker_send(worker, ask);
    else
        worker_set_timer(worker, pool->settings.idle_ms);
    if (pool->waiting_count > 0)
        pool_grow(pool);
    while ((ask = TAILQ_FIRST(&late))) {
        TAILQ_REMOVE(&late, ask, link);
        ask->answered(ask->context, NULL, "no auth worker was free in time");
    }
}

/* Has it answered for long enough? Then it is given back; the master fills its place as far as it is needed. */
static bool worker_is_spent(struct pool_worker *worker)
{
    const struct auth_pool_settings *settings = &worker->pool->settings;
    if (settings->requests_max == 0 || worker->answered < settings->requests_max)
        return false;
    pool_tell(worker->pool, FRAME_WORKER_UNWANTED, worker->room_id);
    worker_free(worker);
    return true;
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
    worker->answered++;
    if (!worker_is_spent(worker))
        worker_next(worker);
    ask->answered(ask->context, &verified, NULL);
}

/* The master replaces the worker; who waits in the queue waits for the new one. */
static void worker_lost(struct pool_worker *worker, const char *why)
{
    struct auth_ask *ask = worker->ask;
    worker_free(worker);
    if (ask)
        ask->answered(ask->context, NULL, why);
}

static void worker_closed(struct channel *channel, const char *why, void *context)
{
    struct pool_worker *worker = context;
    (void)channel;
    log_debug("auth[%u]: worker %u has ended: %s", worker->pool->settings.entry, worker->room_id, why);
    worker_lost(worker, "the auth worker has ended");
}

/* Asked for too long, or idle for long. A driver that hangs cannot be talked to: the master ends it. */
static void worker_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct pool_worker *worker = context;
    struct auth_pool *pool = worker->pool;
    (void)fd;
    (void)what;
    if (worker->ask) {
        log_warn("auth[%u]: worker %u has not answered for %u ms: it is replaced", pool->settings.entry,
                 worker->room_id, pool->settings.timeout_ms);
        pool_tell(pool, FRAME_WORKER_STUCK, worker->room_id);
        worker_lost(worker, "the auth worker has not answered in time");
    } else if (pool->workers_count > pool->settings.workers) {
        pool_tell(pool, FRAME_WORKER_UNWANTED, worker->room_id);
        worker_free(worker);
    } else {
        worker_set_timer(worker, pool->settings.idle_ms);
    }
}

void auth_pool_join(struct auth_pool *pool, uint32_t room_id, int fd)
{
    struct pool_worker *worker = alloc_zeroed(sizeof(*worker));
    worker->pool = pool;
    worker->room_id = room_id;
    worker->timer = evtimer_new(pool->base, worker_on_timer, worker);
    worker->channel =
        channel_open(pool->base, fd, CHANNEL_AUTH_FROM_WORKER, worker_receive, worker_closed, worker);
    LIST_INSERT_HEAD(&pool->workers, worker, link);
    pool->workers_count++;
    pool->grow_after_ms = 0;
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
    pool_grow(pool);
    if (pool->waiting_count >= pool->settings.waiting_max)
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
