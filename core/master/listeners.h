/*
 * master/listeners.h - the listening sockets. They belong to the master and outlive every frontend; each is bound once
 * for its address and port, whatever generations listen on it.
 */
#ifndef MASTER_LISTENERS_H
#define MASTER_LISTENERS_H

#include "master/generation.h"

/* Read the `listen` settings; in ROOM_SERVE also bind. Faults name the setting and what holds the port. */
void listeners_open(struct generation *generation);
/* Sockets that no other generation listens on are closed. */
void listeners_close(struct generation *generation);

#endif
