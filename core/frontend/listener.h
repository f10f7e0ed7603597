/*
 * frontend/listener.h - the listening sockets that the master has bound.
 */
#ifndef FRONTEND_LISTENER_H
#define FRONTEND_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "frontend/connection.h"
#include "frontend/watch.h"
#include "ipc/messages.h"

struct frontend;

struct listener {
    struct frontend *frontend;
    int fd;
    struct connection_entry entry;
    struct watch watch;
};

struct listeners {
    struct frontend *frontend;
    struct listener **items;
    size_t count;
    struct event pause; /* until accepting goes on */
    int64_t warned_ms;  /* that descriptors have run out; 0: never */
};

void listeners_open(struct listeners *listeners, struct frontend *frontend);
/* Takes over `fd`. Nothing is accepted yet. */
void listeners_add(struct listeners *listeners, const struct message_listener *message, int fd);
/* Does any of them need a certificate? */
bool listeners_need_tls(const struct listeners *listeners);
void listeners_start(struct listeners *listeners);
/* Accept those that wait now, so that nobody is lost with a socket that is about to close; then close. */
void listeners_finish(struct listeners *listeners);
void listeners_close(struct listeners *listeners);

#endif
