/*
 * master/ticket_keys.h - the keys of TLS session tickets, the same for all frontends of all generations.
 */
#ifndef MASTER_TICKET_KEYS_H
#define MASTER_TICKET_KEYS_H

#include "master/master.h"

/* Make the first keys; a fault when the kernel gives no random octets. */
void ticket_keys_open(struct master *master, struct faults *faults);
/* From now on make a new one each hour; the one before it is accepted for another hour. */
void ticket_keys_start(struct master *master);
void ticket_keys_rotate(struct master *master);
void ticket_keys_close(struct master *master);

#endif
