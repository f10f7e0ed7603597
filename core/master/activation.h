/*
 * master/activation.h - listening sockets that a service manager has opened for us (sd_listen_fds(3)).
 */
#ifndef MASTER_ACTIVATION_H
#define MASTER_ACTIVATION_H

#include "master/master.h"

/*
 * Take them over as master->sockets, and LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of the environment. Faults for
 * what is no listening TCP socket.
 */
void activation_open(struct master *master, struct faults *faults);

#endif
