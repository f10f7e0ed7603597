/*
 * master/supervise.h - the rooms as a whole: all started, replaced when they die, throttled when they die before READY.
 */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include "master/generation.h"

/* Lay out the slots that the mode needs and start a room in each. Faults when one cannot be started. */
void supervise_start(struct generation *generation);
/* Start a room in an empty slot, now or after a pause. */
void supervise_fill(struct master_slot *slot);
void supervise_fill_later(struct master_slot *slot, unsigned pause_ms);
/* A room that dies before READY would die again: wait, twice as long each time. */
void supervise_throttle(struct master_slot *slot);
/* Is a room in this place still of use? Of an old generation only while its frontends have connections. */
bool supervise_needs(const struct master_slot *slot);
/* A room is READY. */
void supervise_ready(struct master_slot *slot);
/* The starting generation has faults: once every room has said what it has to say, it is given up. */
void supervise_refuse(struct generation *generation);

#endif
