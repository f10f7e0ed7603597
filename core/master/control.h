/*
 * master/control.h - the control socket: "restante status", "reload" and "stop" speak to the server through it.
 *
 * A client sends one line: "status", "status-json", "reload" or "stop". It gets "ok" or "failed" on a line, then text
 * for people (or JSON), then the end. The end of a stop is the end of the server. Root alone, and whoever started the
 * server, may speak (the socket's mode, and the peer's identity as the kernel knows it). Clients are few, their lines
 * short and their time limited; none of them is ever waited for.
 */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include "master/generation.h"

/* Make the socket; a fault when it cannot be made or another server has it. */
void control_open(struct generation *generation);
/* Take clients, once there is a loop. */
void control_start(struct master *master);
/* The reload with this number is over; NULL or an empty list: it was successful. */
void control_reloaded(struct master *master, uint32_t number, const struct faults *faults);
/* Every room has said what it counts, or had its time: answer those who asked. */
void control_counted(struct master *master);
/* Everything has ended. Whoever waits for a stop is told by the end of the connection. */
void control_close(struct master *master);

#endif
