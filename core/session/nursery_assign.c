/*
 * session/nursery_assign.c - which worker serves a login: one of its own (isolation "session"), or one that is kept for
 * its owner (isolation "uid"). Runs in the nursery.
 *
 * A worker leaves the pool before it is told so, and its channel carries everything in order: none gets a session that
 * it does not expect.
 */
#include "session/nursery.h"
#include "util/clock.h"

enum { ASSIGN_EXPIRIES = 4 }; /* how often idle workers are looked for in workers.idle */

static void nursery_assign_expire_later(struct nursery *nursery)
{
    int64_t delay_ms = nursery->limits.idle_ms / ASSIGN_EXPIRIES + 1;
    struct timeval delay = clock_timeval(delay_ms);
    if (!event_pending(nursery->idle, EV_TIMEOUT, NULL))
        event_add(nursery->idle, &delay);
}

/* The pool holds members; each is the first field of its worker. */
static struct nursery_worker *nursery_assign_worker(struct nursery_pool_member *member)
{
    return (struct nursery_worker *)(void *)member;
}

enum restante_status nursery_assign(struct nursery *nursery, struct nursery_login *login,
                                    struct restante_error *error)
{
    uint8_t key[NURSERY_POOL_KEY_OCTETS];
    struct nursery_pool_member *member = NULL;
    struct nursery_worker *worker;
    if (nursery->keeps_workers) {
        nursery_pool_key(key, &login->target.owner);
        /* One that has gone takes itself out of the pool. */
        do
            member = nursery_pool_choose(&nursery->pool, &nursery->limits, key);
        while (member && !nursery_worker_is_there(nursery_assign_worker(member)));
    }
    worker = member ? nursery_assign_worker(member) : nursery_spare_take(nursery);
    if (!worker)
        worker = nursery_worker_start(nursery, error);
    if (!worker)
        return error->status;
    bool is_last = !nursery->keeps_workers || nursery_pool_is_worn(&worker->member, &nursery->limits);
    if (is_last)
        nursery_pool_remove(&nursery->pool, &worker->member);
    else if (!member)
        nursery_pool_add(&nursery->pool, &worker->member, key);
    nursery_worker_serve(worker, login, is_last);
    return RESTANTE_OK;
}

void nursery_assign_released(struct nursery_worker *worker)
{
    if (worker->member.sessions > 0 || !worker->member.is_pooled)
        return;
    if (worker->nursery->is_draining)
        nursery_worker_retire(worker);
    else
        nursery_assign_expire_later(worker->nursery);
}

static void nursery_assign_on_idle(evutil_socket_t fd, short what, void *context)
{
    struct nursery *nursery = context;
    struct nursery_pool_member *member;
    (void)fd;
    (void)what;
    while ((member = nursery_pool_idle(&nursery->pool, nursery->limits.idle_ms, clock_monotonic_ms())))
        nursery_worker_retire(nursery_assign_worker(member));
    if (nursery_pool_idle(&nursery->pool, 0, clock_monotonic_ms()))
        nursery_assign_expire_later(nursery);
}

bool nursery_assign_prepare(struct nursery *nursery)
{
    nursery->idle = evtimer_new(nursery->room->base, nursery_assign_on_idle, nursery);
    return nursery->idle != NULL;
}

void nursery_assign_drain(struct nursery *nursery)
{
    for (size_t i = 0; i < NURSERY_WORKER_BUCKETS; i++)
        for (struct nursery_worker *worker = nursery->workers[i]; worker; worker = worker->next)
            if (!worker->sessions)
                nursery_worker_retire(worker);
}
