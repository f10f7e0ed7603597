/*
 * master/clock_watch.h - when this server last ran, in the file "clock" of the state folder, so that a clock that has
 * gone wrong in between is noticed before policies remove mail by it (util/clock_guard.h). Written at the start and
 * every hour while the clock is believed.
 */
#ifndef MASTER_CLOCK_WATCH_H
#define MASTER_CLOCK_WATCH_H

#include "master/master.h"

/* Read the file and fill master->clock_guard, before rooms are started; a clock not to be believed is logged. */
void clock_watch_look(struct master *master, const struct conf *conf);
/* Write down that there is a run now, if the clock is believed. */
void clock_watch_touch(struct master *master);
/* Do so now and every hour. */
void clock_watch_start(struct master *master);
/* Somebody says that the clock is right as it is: "restante expire --force". */
enum restante_status clock_watch_approve(struct master *master, struct restante_error *error);
void clock_watch_close(struct master *master);

#endif
