/*
 * master/supervise.h - the rooms as a whole: all started, replaced when they die, throttled when they die before
 * READY, ended in order.
 */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include "master/generation.h"

/* Lay out the slots that the mode needs and start a room in each. */
void supervise_start(struct generation *generation);
/* A room is READY. */
void supervise_ready(struct master_slot *slot);
/* SIGCHLD: reap and act. */
void supervise_reap(struct master *master);
/* SIGTERM: the frontends and the nursery drain, then auth. The second call ends everything at once. */
void supervise_stop(struct master *master);
/* End whatever still runs and wait for it. */
void supervise_close(struct master *master);

#endif
