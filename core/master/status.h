/*
 * master/status.h - what "restante status" shows. The rooms are asked for their counts; what does not answer within
 * a short time is shown without.
 */
#ifndef MASTER_STATUS_H
#define MASTER_STATUS_H

#include "master/generation.h"
#include "util/buf.h"

/* Ask every room; control_counted is called when all have answered, perhaps at once. */
void status_count(struct master *master);
/* FRAME_STATUS */
void status_take(struct master_slot *slot, const struct message_status *counts);
/* The process has ended: what it has counted since the start counts on. */
void status_keep(struct master_slot *slot);
void status_write_text(const struct master *master, struct buf *out);
void status_write_json(const struct master *master, struct buf *out);
void status_close(struct master *master);

#endif
