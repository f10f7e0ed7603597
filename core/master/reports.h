/*
 * master/reports.h - what the rooms tell the master: faults, modules, READY, and the nursery's wish for a state
 * directory.
 */
#ifndef MASTER_REPORTS_H
#define MASTER_REPORTS_H

#include "master/generation.h"

/* The receive handler of every control channel; context is the slot. TRUST: rooms are not trusted. */
void reports_receive(struct channel *channel, struct frame_in *frame, void *context);

#endif
