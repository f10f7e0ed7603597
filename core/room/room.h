/*
 * room/room.h - what frontend, auth and nursery have in common: the start-up order, the control channel to the
 * master, settings, READY or faults, the drain. A role fills struct room_program and calls room_main.
 *
 * Order: harden, settings and sockets arrive, START, sandbox_enter, load, confine, READY, SERVE.
 */
#ifndef ROOM_ROOM_H
#define ROOM_ROOM_H

#include <event2/event.h>

#include "conf/conf.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "sandbox/confine.h"
#include "util/faults.h"

#define ROOM_CONTROL_FD 3 /* the control channel's descriptor in a started room */
#define ROOM_LOG_FD 4     /* the log pipe's */

struct room {
    struct event_base *base;
    struct channel *control;
    struct conf conf;
    struct message_start start;
    bool is_ready;
    void *role; /* the role's own state */
};

struct room_program {
    const char *name; /* "frontend" */
    enum room_kind kind;
    enum channel_kind control;
    /* A frame for the role, before or after START (listeners, TLS pairs, channels to other rooms). */
    void (*frame)(struct room *room, struct frame_in *frame);
    /* The identity has been taken: load modules and keys, add a fault for whatever prevents service. */
    void (*load)(struct room *room, struct faults *faults);
    /* All is loaded: what this room's confinement must leave open. The paths are used at once. May be NULL. */
    void (*confine)(struct room *room, struct confine_plan *plan, struct faults *faults);
    /* Every room of the generation is ready: begin. May be NULL. */
    void (*serve)(struct room *room);
    /*
     * Take nothing new. Call room_end when everything has ended; with DRAIN_STOP it is called anyway after the grace
     * period. DRAIN_STOP may come after DRAIN_RELOAD.
     */
    void (*drain)(struct room *room, enum drain_mode mode);
    /* Fill in what this room counts. May be NULL. */
    void (*status)(const struct room *room, struct message_status *status);
    /* The grace period is over: end what is left. May be NULL. */
    void (*stop)(struct room *room);
};

/* Runs the room; returns the process's exit status. The room ends when its master does. */
int room_main(const struct room_program *program);
/* Leave the loop. */
void room_end(struct room *room);
/* Tell the master about a module in use, with its settings in force (values may be NULL). */
void room_report_module(struct room *room, const struct message_module *message);
void room_report_module_setting(struct room *room, const struct message_module_setting *message);

#endif
