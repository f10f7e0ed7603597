/*
 * session/worker_birth.h - what every process forked by the nursery does first, whether it is to serve sessions or to
 * carry out one task: forget the nursery's loop, and become the mailbox owner.
 */
#ifndef SESSION_WORKER_BIRTH_H
#define SESSION_WORKER_BIRTH_H

#include <event2/event.h>
#include <signal.h>

#include "ipc/messages.h"
#include "sandbox/confine.h"

/* The nursery's handlers would write into its event base: back to what a new process has. A signalfd for SIGTERM. */
int worker_birth_signals(const sigset_t *before);
/* A loop of its own: the nursery's base shares its epoll set with the nursery and is never touched here. */
struct event_base *worker_birth_base(void);
/* The owner for good, and locked in. What fails here leaves a process that is nobody's: it must not go on. */
enum restante_status worker_birth_become(const struct message_owner *owner, uint32_t minimum_uid,
                                         const struct confine_prepared *confinement, struct restante_error *error);

#endif
