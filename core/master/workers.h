/*
 * master/workers.h - what a dispatcher wants of its auth workers: one more, one fewer, another in the place of one that
 * hangs. TRUST: a dispatcher is believed only within its own generation and between auth[].workers and
 * auth[].workers_max.
 */
#ifndef MASTER_WORKERS_H
#define MASTER_WORKERS_H

#include "master/generation.h"

/* How many are started for the entry at first. */
size_t workers_wanted(const struct generation *generation, uint32_t entry);
/* FRAME_WORKER_WANTED: start one more for the entry, unless there are as many as the setting allows. */
void workers_add(struct generation *generation, uint32_t entry);
/* FRAME_WORKER_UNWANTED: let this room end. */
void workers_dismiss(struct generation *generation, uint32_t room_id);
/* FRAME_WORKER_STUCK: end this room; its place is filled again. */
void workers_replace(struct generation *generation, uint32_t room_id);
/* One that was dismissed has ended: is its place to stay empty? */
bool workers_is_spare(const struct master_slot *slot);

#endif
