/*
 * frontend/relay.h - after a login over TLS: the client's decrypted bytes to a worker and the worker's to the client.
 *
 * Each way at most one chunk waits: who cannot be written to stops the other side from being read. The relay has no
 * idle timeout of its own, for the worker has one and ends it. It ends in order when the worker has closed its side
 * and everything has been given to the client.
 */
#ifndef FRONTEND_RELAY_H
#define FRONTEND_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "frontend/stream.h"

struct relay;

enum relay_end {
    RELAY_WORKER_ENDED, /* all it said is with the kernel: say goodbye to the client */
    RELAY_CLIENT_BROKE, /* the client's connection is of no more use */
};

/* Called once, from the loop; the handler calls relay_close. */
typedef void (*relay_ended)(struct relay *relay, enum relay_end end, void *context);

/* Borrows `client`, which must not move or be used otherwise while it runs; takes over `worker_fd`. */
struct relay *relay_open(struct event_base *base, struct stream *client, int worker_fd, relay_ended ended,
                         void *context);
/* Octets that wait in this process, both ways: for tests. */
size_t relay_waiting(const struct relay *relay);
void relay_close(struct relay **relay);

#endif
