#include "master/supervise_end.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "master/listeners.h"
#include "master/notify.h"
#include "master/reload.h"
#include "master/slot.h"
#include "master/supervise.h"
#include "master/workers.h"
#include "util/clock.h"
#include "util/log.h"

enum { RESTART_OLD_MS = 200, STOP_EXTRA_MS = 5000 };

static void describe_end(char *to, size_t capacity, const struct master_slot *slot, int status)
{
    const char *room = slot_room_name(slot->kind);
    if (WIFSIGNALED(status))
        snprintf(to, capacity, "%s[%d] was ended by signal %d (%s)", room, (int)slot->pid, WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(to, capacity, "%s[%d] ended with status %d", room, (int)slot->pid, WEXITSTATUS(status));
}

static bool supervise_has_rooms(const struct master *master, bool (*matches)(enum room_kind kind))
{
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        if (generation_has_rooms(generation, matches))
            return true;
    }
    return false;
}

static bool serves_clients(enum room_kind kind)
{
    return kind == ROOM_FRONTEND || kind == ROOM_NURSERY;
}

static bool is_frontend(enum room_kind kind)
{
    return kind == ROOM_FRONTEND;
}

static bool is_nursery(enum room_kind kind)
{
    return kind == ROOM_NURSERY;
}

static bool serves_others(enum room_kind kind)
{
    return !serves_clients(kind);
}

static void supervise_drain(struct generation *generation, bool (*matches)(enum room_kind kind), uint32_t grace_ms)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (matches(generation->slots[i]->kind))
            slot_drain(generation->slots[i], DRAIN_STOP, grace_ms);
    }
}

/* First those with clients, then, once they are gone, those that they needed. */
static void supervise_drain_in_order(struct generation *generation, uint32_t grace_ms)
{
    if (!generation_has_rooms(generation, serves_clients)) {
        supervise_drain(generation, serves_others, 0);
        return;
    }
    /* In this order, for to a frontend that is not to end the nursery's end is a mishap. */
    supervise_drain(generation, is_frontend, grace_ms);
    supervise_drain(generation, is_nursery, grace_ms);
}

void supervise_retire(struct generation *generation)
{
    generation->state = GENERATION_DRAINING;
    listeners_close(generation);
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *slot = generation->slots[i];
        /* One that is being replaced is still needed, and told once it is READY; a new frontend is not. */
        if (slot->state == SLOT_READY || slot->kind == ROOM_FRONTEND)
            slot_drain(slot, DRAIN_RELOAD, 0);
    }
}

static void on_overdue(evutil_socket_t fd, short what, void *context)
{
    struct generation *generation = context;
    (void)fd;
    (void)what;
    log_warn("some rooms of generation %u did not end in time and are ended now", generation->number);
    supervise_kill(generation);
}

static void supervise_set_limit(struct generation *generation, int64_t limit_ms)
{
    struct timeval limit = clock_timeval(limit_ms);
    if (!generation->overdue)
        generation->overdue = evtimer_new(generation->master->base, on_overdue, generation);
    if (!event_pending(generation->overdue, EV_TIMEOUT, NULL))
        evtimer_add(generation->overdue, &limit);
}

void supervise_end_old(struct generation *generation)
{
    int64_t grace_ms = conf_integer(&generation->conf, "timeouts.shutdown");
    generation->is_told_to_stop = true;
    log_warn("%d older generations still have sessions: those of generation %u have %lld s to end", RELOAD_OLD_MAX,
             generation->number, (long long)(grace_ms / 1000));
    supervise_set_limit(generation, grace_ms + STOP_EXTRA_MS);
    supervise_drain_in_order(generation, (uint32_t)grace_ms);
}

void supervise_collect(struct master *master)
{
    for (struct generation *generation = master->generations, *next; generation; generation = next) {
        next = generation->next;
        bool is_over = generation->state == GENERATION_DRAINING || generation->state == GENERATION_ENDING;
        if (!is_over || generation_has_rooms(generation, NULL))
            continue;
        if (generation->state == GENERATION_DRAINING)
            log_info("the last session of generation %u has ended", generation->number);
        generation_close(generation);
    }
}

/* A room ended while everything is meant to end. */
static void supervise_ended_stopping(struct generation *generation)
{
    if (!supervise_has_rooms(generation->master, NULL))
        event_base_loopbreak(generation->master->base);
    else if (!generation_has_rooms(generation, serves_clients))
        supervise_drain(generation, serves_others, 0);
}

/* A room of an old generation ended. The last to go is the nursery, with its last session. */
static void supervise_ended_draining(struct master_slot *slot, bool was_ready, int status, const char *end)
{
    struct generation *generation = slot->generation;
    if (status != 0)
        log_error("generation %u: %s", generation->number, end);
    if (generation->is_told_to_stop) {
        if (!generation_has_rooms(generation, serves_clients))
            supervise_drain(generation, serves_others, 0);
    } else if (!supervise_needs(slot)) {
        if (!generation_has_rooms(generation, serves_clients))
            supervise_set_limit(generation, STOP_EXTRA_MS);
    } else if (was_ready) {
        /* The frontends may have ended too and wait to be noticed: then it is needed no more. */
        supervise_fill_later(slot, RESTART_OLD_MS);
    } else {
        supervise_throttle(slot);
    }
}

/* A room ended during start-up, check or inspection: what it reported counts, silence is a fault. */
static void supervise_ended_starting(struct master_slot *slot, bool was_ready, bool had_faults, int status,
                                     const char *end)
{
    struct generation *generation = slot->generation;
    const struct master *master = generation->master;
    if (was_ready && master->mode == ROOM_MAINTAIN) {
        master->maintenance->lost(slot, end);
        return;
    }
    if (!had_faults && was_ready && master->mode == ROOM_TRY && status != 0)
        faults_add(&generation->faults, "%s before it had looked at everything", end);
    else if (!had_faults && (!was_ready || master->mode == ROOM_SERVE))
        faults_add(&generation->faults, "%s before the server was ready", end);
    if (generation->faults.count > 0 || !generation_has_rooms(generation, NULL))
        supervise_refuse(generation);
}

static void supervise_ended_running(struct master_slot *slot, bool was_ready, int status, const char *end)
{
    bool was_dismissed = slot->is_dismissed;
    slot->is_dismissed = false;
    if (was_dismissed && status == 0 && workers_is_spare(slot)) {
        slot->is_spare = true;
        return;
    }
    if (!was_dismissed || status != 0)
        log_error("%s", end);
    if (!was_ready) {
        supervise_throttle(slot);
    } else {
        slot->failures = 0;
        slot->restarts++;
        supervise_fill(slot);
    }
}

static void supervise_ended(struct master_slot *slot, int status)
{
    struct generation *generation = slot->generation;
    bool was_ready = slot->was_ready, had_faults = slot->has_faults;
    char end[128];
    describe_end(end, sizeof(end), slot, status);
    /* Its last words may still be in the socket. */
    if (slot->control)
        channel_drain(slot->control);
    was_ready = was_ready || slot->was_ready;
    had_faults = had_faults || slot->has_faults;
    slot_empty(slot);
    if (generation->master->is_stopping)
        supervise_ended_stopping(generation);
    else if (generation->state == GENERATION_STARTING)
        supervise_ended_starting(slot, was_ready, had_faults, status, end);
    else if (generation->state == GENERATION_RUNNING)
        supervise_ended_running(slot, was_ready, status, end);
    else if (generation->state == GENERATION_DRAINING)
        supervise_ended_draining(slot, was_ready, status, end);
}

static struct master_slot *supervise_find(const struct master *master, pid_t pid)
{
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->slots_count; i++) {
            if (generation->slots[i]->pid == pid)
                return generation->slots[i];
        }
    }
    return NULL;
}

void supervise_reap(struct master *master)
{
    int status;
    siginfo_t ended = {0};
    while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid > 0) {
        struct master_slot *slot = supervise_find(master, ended.si_pid);
        if (slot)
            slot_end_group(slot);
        if (waitpid(ended.si_pid, &status, WNOHANG) == ended.si_pid && slot)
            supervise_ended(slot, status);
        ended.si_pid = 0;
    }
    if (master->reload_next)
        reload_look_again(master);
}

void supervise_kill(struct generation *generation)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->pid > 0)
            kill(generation->slots[i]->pid, SIGKILL);
    }
}

static void supervise_kill_all(struct master *master)
{
    for (struct generation *generation = master->generations; generation; generation = generation->next)
        supervise_kill(generation);
}

void supervise_stop(struct master *master)
{
    const struct generation *in_force = master->running ? master->running : master->generations;
    int64_t grace_ms = conf_integer(&in_force->conf, "timeouts.shutdown");
    if (master->is_stopping) {
        supervise_kill_all(master);
        return;
    }
    master->is_stopping = true;
    notify_stopping(&master->notify);
    log_info("stopping: sessions have %lld s to end", (long long)(grace_ms / 1000));
    if (!supervise_has_rooms(master, NULL)) {
        event_base_loopbreak(master->base);
        return;
    }
    for (struct generation *generation = master->generations; generation; generation = generation->next) {
        listeners_close(generation);
        supervise_set_limit(generation, grace_ms + STOP_EXTRA_MS);
        supervise_drain_in_order(generation, (uint32_t)grace_ms);
    }
}

void supervise_close(struct master *master)
{
    supervise_kill_all(master);
    for (struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->slots_count; i++) {
            struct master_slot *slot = generation->slots[i];
            if (slot->pid > 0)
                waitpid(slot->pid, NULL, 0);
            slot_empty(slot);
        }
    }
}
