/*
 * frontend/watch.h - one descriptor's event whose interest changes; setting what is set already costs nothing.
 */
#ifndef FRONTEND_WATCH_H
#define FRONTEND_WATCH_H

#include <event2/event.h>
#include <event2/event_struct.h>

struct watch {
    struct event event;
    short wanted; /* EV_READ, EV_WRITE, EV_CLOSED; 0: nothing */
};

void watch_open(struct watch *watch, struct event_base *base, int fd, event_callback_fn callback, void *context);
void watch_set(struct watch *watch, short wanted);
/* Call back as if it had happened: for input that the kernel does not know of. */
void watch_poke(struct watch *watch, short what);
/* Stops watching. The descriptor is still open. */
void watch_close(struct watch *watch);

#endif
