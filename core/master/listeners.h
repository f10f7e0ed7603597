/*
 * master/listeners.h - the listening sockets. They belong to the master and outlive every frontend.
 */
#ifndef MASTER_LISTENERS_H
#define MASTER_LISTENERS_H

#include "master/master.h"

/* Read the `listen` settings; in ROOM_SERVE also bind. Faults name the setting and what holds the port. */
void listeners_open(struct master *master);
void listeners_close(struct master *master);

#endif
