/*
 * master/accounts.h - system accounts and groups of the rooms.
 */
#ifndef MASTER_ACCOUNTS_H
#define MASTER_ACCOUNTS_H

#include "master/generation.h"

/* Find accounts.network and accounts.internal when started as root; faults for those that do not exist. */
void accounts_open(struct generation *generation);
/* The identity that a slot's room takes. */
void accounts_identity(const struct master_slot *slot, struct message_start *start);

#endif
