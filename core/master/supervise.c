#include "master/supervise.h"

#include <signal.h>
#include <unistd.h>

#include "master/reload.h"
#include "master/reports.h"
#include "master/slot.h"
#include "master/workers.h"
#include "util/clock.h"
#include "util/log.h"

enum { RESTART_FIRST_MS = 1000, RESTART_DOUBLINGS = 6 };

static void on_restart(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    supervise_fill(context);
}

void supervise_fill_later(struct master_slot *slot, unsigned pause_ms)
{
    struct timeval pause = clock_timeval(pause_ms);
    if (!slot->restart)
        slot->restart = evtimer_new(slot->generation->master->base, on_restart, slot);
    evtimer_add(slot->restart, &pause);
}

void supervise_throttle(struct master_slot *slot)
{
    unsigned doublings = slot->failures < RESTART_DOUBLINGS ? slot->failures : RESTART_DOUBLINGS;
    unsigned pause_ms = (unsigned)RESTART_FIRST_MS << doublings;
    slot->failures++;
    log_error("%s is not started again for %u s: it keeps ending before it is ready", slot_room_name(slot->kind),
              pause_ms / 1000);
    supervise_fill_later(slot, pause_ms);
}

static void supervise_lost_control(struct channel *channel, const char *why, void *context)
{
    struct master_slot *slot = context;
    const struct master *master = slot->generation->master;
    (void)channel;
    (void)why;
    channel_close(&slot->control);
    /* A room that broke the rules of its channel is not trusted with another frame. */
    if (slot->pid > 0 && slot->state == SLOT_READY && !master->is_stopping &&
        (master->mode == ROOM_SERVE || master->mode == ROOM_MAINTAIN))
        kill(slot->pid, SIGKILL);
}

static bool is_frontend(enum room_kind kind)
{
    return kind == ROOM_FRONTEND;
}

bool supervise_needs(const struct master_slot *slot)
{
    const struct generation *generation = slot->generation;
    if (generation->master->is_stopping || generation->is_told_to_stop || slot->is_spare)
        return false;
    if (generation->state == GENERATION_DRAINING)
        return slot->kind != ROOM_FRONTEND && generation_has_rooms(generation, is_frontend);
    return generation->state != GENERATION_ENDING;
}

void supervise_fill(struct master_slot *slot)
{
    struct generation *generation = slot->generation;
    const struct master *master = generation->master;
    if (slot->pid > 0 || !supervise_needs(slot))
        return;
    if (!slot_start(slot, reports_receive, supervise_lost_control)) {
        if (generation->state == GENERATION_STARTING)
            faults_add(&generation->faults, "%s: program_path: restante-%s cannot be started from %s", master->file,
                       slot_room_name(slot->kind), conf_string(&generation->conf, "program_path"));
        else
            supervise_throttle(slot);
        return;
    }
    if (master->mode == ROOM_SERVE)
        slot_connect(slot);
}

static size_t frontends_wanted(const struct generation *generation)
{
    int64_t wanted = conf_integer(&generation->conf, "frontends");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (generation->master->mode != ROOM_SERVE)
        return 1;
    if (wanted > 0)
        return (size_t)wanted;
    return cores > 0 ? (size_t)cores : 1;
}

/* One of each for a check; for an inspection only the rooms that load modules; for maintenance those with users. */
static void supervise_lay_out(struct generation *generation)
{
    if (generation->master->mode == ROOM_TRY) {
        generation_add_slot(generation, ROOM_POLICY, 0);
        return;
    }
    if (generation->master->mode == ROOM_INSPECT) {
        generation_add_slot(generation, ROOM_NURSERY, 0);
        generation_add_slot(generation, ROOM_AUTH_WORKER, 1);
        return;
    }
    generation_add_slot(generation, ROOM_NURSERY, 0);
    if (generation->master->mode != ROOM_MAINTAIN)
        generation_add_slot(generation, ROOM_AUTH, 0);
    for (size_t entry = 1; entry <= conf_list_count(&generation->conf, "auth"); entry++) {
        for (size_t i = 0; i < workers_wanted(generation, (uint32_t)entry); i++)
            generation_add_slot(generation, ROOM_AUTH_WORKER, (uint32_t)entry);
    }
    for (size_t i = 0; i < frontends_wanted(generation) && generation->master->mode != ROOM_MAINTAIN; i++)
        generation_add_slot(generation, ROOM_FRONTEND, 0);
}

void supervise_start(struct generation *generation)
{
    supervise_lay_out(generation);
    for (size_t i = 0; i < generation->slots_count; i++)
        supervise_fill(generation->slots[i]);
}

void supervise_refuse(struct generation *generation)
{
    const struct master *master = generation->master;
    bool keeps_rooms = master->mode == ROOM_SERVE || master->mode == ROOM_MAINTAIN;
    bool is_all_said = keeps_rooms ? generation_is_settled(generation) : !generation_has_rooms(generation, NULL);
    if (!is_all_said)
        return;
    if (master->running)
        reload_give_up(generation);
    else
        event_base_loopbreak(master->base);
}

static void supervise_maintain(struct generation *generation)
{
    if (generation->faults.count > 0)
        supervise_refuse(generation);
    else if (generation_is_ready(generation))
        generation->master->maintenance->begin(generation->master);
}

void supervise_ready(struct master_slot *slot)
{
    struct generation *generation = slot->generation;
    if (generation->master->mode == ROOM_MAINTAIN)
        supervise_maintain(generation);
    if (generation->master->mode == ROOM_TRY)
        slot_serve(slot);
    if (generation->master->mode != ROOM_SERVE)
        return;
    switch (generation->state) {
    case GENERATION_STARTING:
        if (generation->faults.count > 0)
            supervise_refuse(generation);
        else if (generation_is_ready(generation))
            reload_commit(generation);
        break;
    case GENERATION_RUNNING:
        slot_serve(slot);
        break;
    case GENERATION_DRAINING:
        slot_serve(slot);
        slot_drain(slot, DRAIN_RELOAD, 0);
        break;
    case GENERATION_ENDING:
        break;
    }
}
