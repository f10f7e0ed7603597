/*
 * frontend/proxied.h - clients that come through a proxy, which says who they are in a PROXY header before anything
 * else. Until then the connection is known to this frontend alone: neither auth nor the log has an address to count.
 */
#ifndef FRONTEND_PROXIED_H
#define FRONTEND_PROXIED_H

#include <stdbool.h>

#include "frontend/peer.h"
#include "util/buf.h"

struct connection;

struct proxied {
    struct peer proxy;
    bool has_client;   /* the header named a client; else the connection is the proxy's own */
    struct buf header; /* what has come of it so far; holds no memory afterwards */
};

/* The peer must be a proxy that is trusted; wait for its header. The connection may end at once. */
void proxied_begin(struct connection *connection);
/* More of the header may have come. */
void proxied_read(struct connection *connection);
/* Has the connection never left this machine? A proxy elsewhere has a loopback of its own. */
bool proxied_is_loopback(const struct proxied *proxied);
void proxied_close(struct proxied **proxied);

#endif
