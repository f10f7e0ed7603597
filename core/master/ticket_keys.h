/*
 * master/ticket_keys.h - the keys of TLS session tickets, the same for all frontends of all generations.
 */
#ifndef MASTER_TICKET_KEYS_H
#define MASTER_TICKET_KEYS_H

#include "master/master.h"

/* Make the first keys; a fault when the kernel gives no random octets. */
void ticket_keys_open(struct master *master, struct faults *faults);
void ticket_keys_close(struct master *master);

#endif
