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
/* A frontend: what policies announce before login. Nothing for other rooms. */
void slot_announce(struct master_slot *slot);
/* Every room of its generation is ready. */
void slot_serve(struct master_slot *slot);
void slot_drain(struct master_slot *slot, enum drain_mode mode, uint32_t grace_ms);
/* A frontend: the master's ticket keys. */
void slot_send_ticket_keys(struct master_slot *slot);
void slot_ask_status(struct master_slot *slot);
/* An auth dispatcher: what the one before it remembered. */
void slot_send_memory(struct master_slot *slot, const void *data, size_t length);
/* Forget the process (it has ended). */
void slot_empty(struct master_slot *slot);
/* Its process has ended and is not reaped yet, so that the number is still its own: end what it had started. */
void slot_end_group(const struct master_slot *slot);

#endif
