/*
 * sandbox/filter_tables.h - which room may make which system calls. A room's filter is the sum of the tables that
 * confine.c lists for it; what none of them names ends the process. Each table is a file of its own.
 *
 * Calls are there for a reason, said beside them. Calls that only libraries make while they probe are refused with an
 * errno instead, so that the library goes on without.
 */
#ifndef SANDBOX_FILTER_TABLES_H
#define SANDBOX_FILTER_TABLES_H

#include "sandbox/filter.h"

extern const struct filter_table filter_common;   /* every room: memory, time, events, channels, the end */
extern const struct filter_table filter_no_files; /* rooms that open nothing */
extern const struct filter_table filter_frontend;
extern const struct filter_table filter_auth;        /* the dispatcher */
extern const struct filter_table filter_auth_worker; /* with a driver that only reads files */
extern const struct filter_table filter_nursery;     /* forking, and what a worker does before it is confined */
extern const struct filter_table filter_worker;      /* a session: mail, state and the client */

/* What modules that declare needs add (enum restante_needs). */
extern const struct filter_table filter_needs_network;
/* Instead of it, where files are read: libc asks daemons about users, and whether a file is a terminal. */
extern const struct filter_table filter_no_network;
/*
 * Not what is permitted but what is refused, in rooms whose module starts programs or keeps root: nobody can say what
 * those call, but these serve no login.
 */
extern const struct filter_table filter_denied;

/* Ids that the nursery may not take, besides filter_nursery: `rows` is filled, FILTER_MINIMUM_ROWS of them. */
enum { FILTER_MINIMUM_ROWS = 12 };
void filter_minimum(struct filter_row rows[FILTER_MINIMUM_ROWS], uint32_t minimum_uid);

#endif
