#include "master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "master/accounts.h"
#include "master/activation.h"
#include "master/clock_watch.h"
#include "master/control.h"
#include "master/descriptors.h"
#include "master/generation.h"
#include "master/listeners.h"
#include "master/log_sink.h"
#include "master/reload.h"
#include "master/state_root.h"
#include "master/status.h"
#include "master/supervise.h"
#include "master/supervise_end.h"
#include "master/ticket_keys.h"
#include "sandbox/sandbox.h"
#include "util/clock.h"
#include "util/fd.h"
#include "util/log.h"

void master_open(struct master *master, const char *file, enum room_mode mode)
{
    *master = (struct master){.file = file ? file : "the defaults",
                              .has_file = file != NULL,
                              .mode = mode,
                              .started_s = clock_now_s(),
                              .state_fd = -1,
                              .notify = {.fd = -1}};
    struct faults faults = {0};
    if (mode == ROOM_SERVE)
        activation_open(master, &faults);
    struct generation *generation = generation_open(master);
    for (size_t i = 0; i < faults.count; i++)
        faults_add(&generation->faults, "%s", faults.sentences[i]);
    faults_free(&faults);
    if (!generation->conf.is_sorted)
        return;
    accounts_open(generation);
    if (mode == ROOM_TRY)
        return;
    if (mode != ROOM_MAINTAIN)
        ticket_keys_open(master, &generation->faults);
    state_root_open(generation);
    if (generation->faults.count == 0 && mode != ROOM_MAINTAIN)
        listeners_open(generation);
    control_open(generation);
}

void master_close(struct master *master)
{
    while (master->generations)
        generation_close(master->generations);
    ticket_keys_close(master);
    clock_watch_close(master);
    state_root_close(master);
    status_close(master);
    notify_close(&master->notify);
    control_close(master);
    if (master->base)
        event_base_free(master->base);
    *master = (struct master){.state_fd = -1};
}

static void on_child(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    supervise_reap(context);
}

static void on_stop(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    supervise_stop(context);
}

/* A command's terminal has gone; to a server it is the order to read its files again. */
static void on_hangup(evutil_socket_t number, short what, void *context)
{
    struct master *master = context;
    (void)number;
    (void)what;
    if (master->mode == ROOM_MAINTAIN) {
        supervise_stop(master);
        return;
    }
    log_sink_reopen();
    reload_want(master);
}

/* The master's own lines take the same way as the rooms'. */
static void master_open_log(struct master *master)
{
    int ends[2];
    log_sink_use(&master->starting->log_target);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    fd_set_nonblocking(ends[1], true);
    log_sink_add(master->base, ends[0], "master", getpid());
    log_to_pipe(ends[1]);
}

int master_run(struct master *master)
{
    static const struct {
        int number;
        event_callback_fn handler;
    } handlers[] = {{SIGCHLD, on_child}, {SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_hangup}};
    struct generation *first = master->starting;
    struct event *events[4];
    signal(SIGPIPE, SIG_IGN);
    sandbox_keep_master();
    descriptors_raise();
    master->base = event_base_new();
    if (!master->base)
        return MASTER_EXIT_FAILURE;
    if (master->mode == ROOM_SERVE) {
        log_sink_open(&first->conf, &first->log_target, &first->faults);
        master_open_log(master);
        notify_open(&master->notify);
        notify_start(&master->notify, master->base);
        ticket_keys_start(master);
    }
    for (size_t i = 0; i < 4; i++) {
        events[i] = evsignal_new(master->base, handlers[i].number, handlers[i].handler, master);
        event_add(events[i], NULL);
    }
    reload_open(master);
    control_start(master);
    if (first->faults.count == 0 && master->mode == ROOM_SERVE) {
        clock_watch_look(master, &first->conf);
        clock_watch_start(master);
    }
    if (first->faults.count == 0)
        supervise_start(first);
    if (first->faults.count == 0)
        event_base_dispatch(master->base);
    supervise_close(master);
    reload_close(master);
    log_sink_drain();
    for (size_t i = 0; i < 4; i++)
        event_free(events[i]);
    log_to_stderr();
    return master->starting && master->starting->faults.count > 0 ? MASTER_EXIT_CONFIG : MASTER_EXIT_OK;
}
