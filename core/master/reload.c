#include "master/reload.h"

#include <string.h>

#include "master/clock_watch.h"
#include "master/control.h"
#include "master/descriptors.h"
#include "master/listeners.h"
#include "master/log_sink.h"
#include "master/slot.h"
#include "master/supervise.h"
#include "master/supervise_end.h"
#include "master/tls_watch.h"
#include "util/clock.h"
#include "util/log.h"

enum { RELOAD_READY_S = 60, RELOAD_RETIRED_S = 10 };

/* Settings of what outlives a generation. */
static const char *const fixed_settings[] = {"state", "accounts.network", "accounts.internal", "control"};

static size_t reload_count_old(const struct master *master, struct generation **oldest)
{
    size_t count = 0;
    for (struct generation *generation = master->generations; generation; generation = generation->next) {
        if (generation->state != GENERATION_DRAINING)
            continue;
        *oldest = generation;
        count++;
    }
    return count;
}

/* The last reload is not over yet. */
static bool reload_is_busy(const struct master *master)
{
    if (master->starting)
        return true;
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        if (generation != master->running && generation_is_accepting(generation))
            return true;
    }
    return false;
}

static void reload_check_fixed(struct generation *generation)
{
    const struct master *master = generation->master;
    for (size_t i = 0; i < sizeof(fixed_settings) / sizeof(fixed_settings[0]); i++) {
        const struct conf_value *wanted = conf_find(&generation->conf, "%s", fixed_settings[i]);
        const struct conf_value *present = conf_find(&master->running->conf, "%s", fixed_settings[i]);
        const char *wanted_text = wanted ? wanted->text : "unset", *present_text = present ? present->text : "unset";
        if (strcmp(wanted_text, present_text) == 0)
            continue;
        faults_add(&generation->faults,
                   "%s:%u: %s: is %s, but the server was started with %s, and no reload can change it: restart the "
                   "server, or set it back",
                   master->file, wanted ? wanted->line : 0, fixed_settings[i], wanted_text, present_text);
    }
}

static void reload_begin(struct master *master)
{
    const struct timeval limit = {.tv_sec = RELOAD_READY_S};
    master->is_reload_wanted = false;
    master->is_reloading = true;
    master->reloads_begun++;
    log_info("reloading %s", master->file);
    notify_reloading(&master->notify);
    struct generation *generation = generation_open(master);
    if (generation->conf.is_sorted) {
        reload_check_fixed(generation);
        log_sink_open(&generation->conf, &generation->log_target, &generation->faults);
        listeners_open(generation);
    }
    if (generation->faults.count == 0) {
        evtimer_add(master->reload_overdue, &limit);
        clock_watch_look(master, &generation->conf);
        supervise_start(generation);
    }
    if (generation->faults.count > 0)
        reload_give_up(generation);
}

static void reload_log(const struct generation *generation, const char *event)
{
    struct log_line line;
    log_begin(&line, RESTANTE_INFO, event);
    log_add(&line, "file", generation->master->file);
    if (generation->number > 1)
        log_add(&line, "result", "done");
    log_add_number(&line, "listeners", (int64_t)generation->listeners_count);
    log_add_number(&line, "generation", generation->number);
    log_end(&line);
}

static void reload_finish(struct master *master)
{
    master->is_reloading = false;
    evtimer_del(master->reload_overdue);
    reload_log(master->running, "reload");
    notify_ready(&master->notify, "Serving");
    control_reloaded(master, master->reloads_begun, NULL);
}

static void on_next(evutil_socket_t fd, short what, void *context)
{
    struct master *master = context;
    struct generation *oldest = NULL;
    (void)fd;
    (void)what;
    supervise_collect(master);
    if (master->is_reloading && !master->is_stopping && !reload_is_busy(master))
        reload_finish(master);
    if (!master->is_reload_wanted || master->is_stopping || !master->running || reload_is_busy(master))
        return;
    if (reload_count_old(master, &oldest) < RELOAD_OLD_MAX)
        reload_begin(master);
    else if (!oldest->is_told_to_stop)
        supervise_end_old(oldest);
}

/* Frontends that do not say that they have stopped: nothing waits for them any longer. */
static void reload_stop_waiting(struct master *master)
{
    for (struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; generation != master->running && i < generation->slots_count; i++) {
            struct master_slot *slot = generation->slots[i];
            if (slot->is_accepting)
                log_warn("%s[%ld] was told to accept no more and has not answered within %d s",
                         slot_room_name(slot->kind), (long)slot->pid, RELOAD_RETIRED_S);
            slot->is_accepting = false;
        }
    }
    reload_look_again(master);
}

static void on_overdue(evutil_socket_t fd, short what, void *context)
{
    struct master *master = context;
    struct generation *generation = master->starting;
    (void)fd;
    (void)what;
    if (!generation) {
        reload_stop_waiting(master);
        return;
    }
    for (size_t i = 0; i < generation->slots_count; i++) {
        const struct master_slot *slot = generation->slots[i];
        if (slot->state != SLOT_READY)
            faults_add(&generation->faults, "%s[%ld] was not ready after %d s", slot_room_name(slot->kind),
                       (long)slot->pid, RELOAD_READY_S);
    }
    reload_give_up(generation);
}

void reload_open(struct master *master)
{
    master->reload_next = event_new(master->base, -1, 0, on_next, master);
    master->reload_overdue = evtimer_new(master->base, on_overdue, master);
}

void reload_close(struct master *master)
{
    if (master->reload_next)
        event_free(master->reload_next);
    if (master->reload_overdue)
        event_free(master->reload_overdue);
    master->reload_next = master->reload_overdue = NULL;
}

void reload_look_again(struct master *master)
{
    event_active(master->reload_next, EV_TIMEOUT, 0);
}

uint32_t reload_want(struct master *master)
{
    master->is_reload_wanted = true;
    reload_look_again(master);
    return master->reloads_begun + 1;
}

void reload_give_up(struct generation *generation)
{
    struct master *master = generation->master;
    struct log_line line;
    evtimer_del(master->reload_overdue);
    for (size_t i = 0; i < generation->faults.count; i++)
        log_error("%s", generation->faults.sentences[i]);
    log_begin(&line, RESTANTE_ERROR, "reload");
    log_add(&line, "file", master->file);
    log_add(&line, "result", "refused");
    log_add_number(&line, "faults", (int64_t)generation->faults.count);
    log_add_number(&line, "generation", master->running->number);
    log_end(&line);
    notify_ready(&master->notify, "Serving; the last reload was refused, see the log");
    control_reloaded(master, master->reloads_begun, &generation->faults);
    master->is_reloading = false;
    master->starting = NULL;
    generation->state = GENERATION_ENDING;
    supervise_kill(generation);
    listeners_close(generation);
    reload_look_again(master);
}

void reload_commit(struct generation *generation)
{
    struct master *master = generation->master;
    struct generation *old = master->running;
    evtimer_del(master->reload_overdue);
    generation->state = GENERATION_RUNNING;
    generation->since_s = clock_now_s();
    master->starting = NULL;
    master->running = generation;
    if (old)
        log_sink_use(&generation->log_target);
    tls_watch_start(generation);
    descriptors_check(generation);
    for (size_t i = 0; i < generation->slots_count; i++)
        slot_serve(generation->slots[i]);
    if (old) {
        const struct timeval limit = {.tv_sec = RELOAD_RETIRED_S};
        evtimer_add(master->reload_overdue, &limit);
        supervise_retire(old);
    }
    if (!old) {
        reload_log(generation, "ready");
        notify_ready(&master->notify, "Serving");
    }
    reload_look_again(master);
}
