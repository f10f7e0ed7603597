/*
 * session/nursery_spare.c - spare workers: forked while nothing else is to be done, so that a login does not wait for
 * it. Runs in the nursery.
 *
 * The next one is made as soon as everything that has come is handled, one for each turn of the loop: while the worker
 * just taken opens its maildrop, and before the next login finds none and pays for its own fork. Spares that die before
 * they are used are made again after a pause that doubles: whatever kills them must not become a storm of forks.
 */
#include "session/nursery.h"
#include "util/clock.h"
#include "util/log.h"

enum { SPARE_PAUSE_MIN_MS = 1000, SPARE_PAUSE_MAX_MS = 60000 };

static void nursery_spare_after(struct nursery_spares *spares, int64_t delay_ms)
{
    struct timeval delay = clock_timeval(delay_ms);
    event_add(spares->refill, &delay);
}

static void nursery_spare_pause(struct nursery_spares *spares, const char *why)
{
    int64_t doubled_ms = spares->pause_ms * 2;
    spares->pause_ms = doubled_ms == 0                  ? SPARE_PAUSE_MIN_MS
                       : doubled_ms > SPARE_PAUSE_MAX_MS ? SPARE_PAUSE_MAX_MS
                                                         : doubled_ms;
    log_warn("%s: the next spare worker is made in %d s; logins go on without", why, (int)(spares->pause_ms / 1000));
    nursery_spare_after(spares, spares->pause_ms);
}

/* One for each turn of the loop: a login that comes meanwhile waits for one fork at most. */
static void nursery_spare_on_refill(evutil_socket_t fd, short what, void *context)
{
    struct nursery *nursery = context;
    struct nursery_spares *spares = &nursery->spares;
    struct restante_error error = {0};
    (void)fd;
    (void)what;
    if (nursery->is_draining || spares->count >= spares->wanted)
        return;
    struct nursery_worker *worker = nursery_worker_start(nursery, &error);
    if (!worker) {
        nursery_spare_pause(spares, error.log);
        return;
    }
    worker->is_spare = true;
    worker->next_spare = spares->first;
    spares->first = worker;
    if (++spares->count < spares->wanted)
        nursery_spare_after(spares, 0);
}

bool nursery_spare_prepare(struct nursery *nursery, size_t wanted)
{
    nursery->spares.wanted = wanted;
    nursery->spares.refill = evtimer_new(nursery->room->base, nursery_spare_on_refill, nursery);
    return nursery->spares.refill != NULL;
}

void nursery_spare_begin(struct nursery *nursery)
{
    nursery_spare_after(&nursery->spares, 0);
}

static void nursery_spare_unlink(struct nursery_spares *spares, struct nursery_worker *worker)
{
    struct nursery_worker **place = &spares->first;
    while (*place != worker)
        place = &(*place)->next_spare;
    *place = worker->next_spare;
    worker->next_spare = NULL;
    worker->is_spare = false;
    spares->count--;
}

struct nursery_worker *nursery_spare_take(struct nursery *nursery)
{
    struct nursery_spares *spares = &nursery->spares;
    struct nursery_worker *worker = spares->first;
    while (worker && !nursery_worker_is_there(worker))
        worker = worker->next_spare;
    if (worker) {
        nursery_spare_unlink(spares, worker);
        spares->pause_ms = 0;
    }
    if (spares->pause_ms == 0 && spares->count < spares->wanted)
        nursery_spare_after(spares, 0);
    return worker;
}

void nursery_spare_lost(struct nursery_worker *worker)
{
    struct nursery *nursery = worker->nursery;
    nursery_spare_unlink(&nursery->spares, worker);
    if (!nursery->is_draining)
        nursery_spare_pause(&nursery->spares, "a worker died before it was used");
}
