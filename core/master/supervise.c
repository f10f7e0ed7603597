#include "master/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "master/listeners.h"
#include "master/reload.h"
#include "master/reports.h"
#include "master/slot.h"
#include "master/workers.h"
#include "util/clock.h"
#include "util/log.h"

enum { RESTART_FIRST_MS = 1000, RESTART_DOUBLINGS = 6, RESTART_OLD_MS = 200, STOP_EXTRA_MS = 5000 };

static void on_restart(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    supervise_fill(context);
}

static void supervise_fill_later(struct master_slot *slot, unsigned pause_ms)
{
    struct timeval pause = clock_timeval(pause_ms);
    if (!slot->restart)
        slot->restart = evtimer_new(slot->generation->master->base, on_restart, slot);
    evtimer_add(slot->restart, &pause);
}

/* A room that dies before READY would die again: wait, twice as long each time. */
static void supervise_throttle(struct master_slot *slot)
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
    if (slot->pid > 0 && slot->state == SLOT_READY && !master->is_stopping && master->mode == ROOM_SERVE)
        kill(slot->pid, SIGKILL);
}

static bool is_frontend(enum room_kind kind)
{
    return kind == ROOM_FRONTEND;
}

/* Is a room in this place still of use? Of an old generation only while its frontends have connections. */
static bool supervise_needs(const struct master_slot *slot)
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

static size_t workers_wanted(const struct generation *generation, size_t entry)
{
    if (generation->master->mode != ROOM_SERVE)
        return 1;
    return (size_t)conf_integer(&generation->conf, "auth.%zu.workers", entry);
}

/* One of each for a check; for an inspection only the rooms that load modules. */
static void supervise_lay_out(struct generation *generation)
{
    generation_add_slot(generation, ROOM_NURSERY, 0);
    if (generation->master->mode == ROOM_INSPECT) {
        generation_add_slot(generation, ROOM_AUTH_WORKER, 1);
        return;
    }
    generation_add_slot(generation, ROOM_AUTH, 0);
    for (size_t entry = 1; entry <= conf_list_count(&generation->conf, "auth"); entry++) {
        for (size_t i = 0; i < workers_wanted(generation, entry); i++)
            generation_add_slot(generation, ROOM_AUTH_WORKER, (uint32_t)entry);
    }
    for (size_t i = 0; i < frontends_wanted(generation); i++)
        generation_add_slot(generation, ROOM_FRONTEND, 0);
}

void supervise_start(struct generation *generation)
{
    supervise_lay_out(generation);
    for (size_t i = 0; i < generation->slots_count; i++)
        supervise_fill(generation->slots[i]);
}

/* The starting generation has faults: once every room has said what it has to say, it is given up. */
static void supervise_refuse(struct generation *generation)
{
    const struct master *master = generation->master;
    bool is_all_said = master->mode == ROOM_SERVE ? generation_is_settled(generation)
                                                  : !generation_has_rooms(generation, NULL);
    if (!is_all_said)
        return;
    if (master->running)
        reload_give_up(generation);
    else
        event_base_loopbreak(master->base);
}

void supervise_ready(struct master_slot *slot)
{
    struct generation *generation = slot->generation;
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
static void supervise_ended_starting(struct master_slot *slot, bool was_ready, bool had_faults, const char *end)
{
    struct generation *generation = slot->generation;
    const struct master *master = generation->master;
    if (!had_faults && (!was_ready || master->mode == ROOM_SERVE))
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
        supervise_ended_starting(slot, was_ready, had_faults, end);
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
