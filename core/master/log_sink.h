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

/* Where lines go and how they look: log.destination and log.format. */
struct log_target {
    char *path; /* of a log file; NULL: syslog or stderr */
    int fd;     /* -1: none of its own */
    bool is_json, is_syslog;
};

/* Open what the settings name, without using it yet. */
void log_sink_open(const struct conf *conf, struct log_target *target, struct faults *faults);
/* Write there from now on; takes over what it has open. Before the first, lines go to stderr as text. */
void log_sink_use(struct log_target *target);
/* It is not going to be used. */
void log_sink_forget(struct log_target *target);
/* Open a log file again, after it was rotated. */
void log_sink_reopen(void);
/* Read records from a room's pipe until its writers are gone. Takes over `fd`. */
void log_sink_add(struct event_base *base, int fd, const char *room, pid_t pid);
/* Read what is left in every pipe without waiting. */
void log_sink_drain(void);

#endif
