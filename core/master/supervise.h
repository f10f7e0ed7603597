/*
 * master/supervise.h - the rooms as a whole: all started, replaced when they die, throttled when they die before
 * READY, ended in order.
 */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include "master/generation.h"

/* Lay out the slots that the mode needs and start a room in each. Faults when one cannot be started. */
void supervise_start(struct generation *generation);
/* Start a room in an empty slot, now or after a pause. */
void supervise_fill(struct master_slot *slot);
/* A room is READY. */
void supervise_ready(struct master_slot *slot);
/* Another generation is in force: serve what there is to its end. */
void supervise_retire(struct generation *generation);
/* Its sessions have timeouts.shutdown to end. */
void supervise_end_old(struct generation *generation);
/* End its rooms at once. */
void supervise_kill(struct generation *generation);
/* Forget the generations that are over and have no room left. Not to be called from a room's frame. */
void supervise_collect(struct master *master);
/* SIGCHLD: reap and act. */
void supervise_reap(struct master *master);
/* SIGTERM: the frontends and the nursery drain, then auth. The second call ends everything at once. */
void supervise_stop(struct master *master);
/* End whatever still runs and wait for it. */
void supervise_close(struct master *master);

#endif
