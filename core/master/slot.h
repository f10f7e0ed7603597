/*
 * master/slot.h - one room's process: starting it, telling it what it needs, ending it.
 */
#ifndef MASTER_SLOT_H
#define MASTER_SLOT_H

#include "master/generation.h"

/* "frontend", "auth", "auth-worker", "nursery" */
const char *slot_room_name(enum room_kind kind);
/* Start the process and send settings, keys, listeners and START. False with a log line when it cannot be started. */
bool slot_start(struct master_slot *slot, channel_receive receive, channel_closed closed);
/* Connect it to every other room that it works with and that has a process. */
void slot_connect(struct master_slot *slot);
void slot_drain(struct master_slot *slot, uint32_t grace_ms);
/* Forget the process (it has ended). */
void slot_empty(struct master_slot *slot);

#endif
