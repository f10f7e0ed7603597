/*
 * master/log_sink.h - where the rooms' log records arrive, get room and pid, and are written.
 */
#ifndef MASTER_LOG_SINK_H
#define MASTER_LOG_SINK_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "util/faults.h"

/* Open log.destination. Before this, and after a fault, lines go to stderr as text. */
void log_sink_open(const struct conf *conf, struct faults *faults);
/* Open a log file again, after it was rotated. */
void log_sink_reopen(void);
/* Read records from a room's pipe until its writers are gone. Takes over `fd`. */
void log_sink_add(struct event_base *base, int fd, const char *room, pid_t pid);
/* Read what is left in every pipe without waiting. */
void log_sink_drain(void);

#endif
