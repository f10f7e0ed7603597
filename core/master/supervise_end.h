/*
 * master/supervise_end.h - the rooms' ends: one that has died and what follows, an old generation, all of them in order.
 */
#ifndef MASTER_SUPERVISE_END_H
#define MASTER_SUPERVISE_END_H

#include "master/generation.h"

/* SIGCHLD: reap and act. */
void supervise_reap(struct master *master);
/* Another generation is in force: serve what there is to its end. */
void supervise_retire(struct generation *generation);
/* Its sessions have timeouts.shutdown to end. */
void supervise_end_old(struct generation *generation);
/* End its rooms at once. */
void supervise_kill(struct generation *generation);
/* Forget the generations that are over and have no room left. Not to be called from a room's frame. */
void supervise_collect(struct master *master);
/* SIGTERM: nobody is let in, the frontends and the nursery drain, then auth. The second call ends everything at once. */
void supervise_stop(struct master *master);
/* End whatever still runs and wait for it. */
void supervise_close(struct master *master);

#endif
