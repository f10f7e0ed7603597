#include "frontend/watch.h"

#include <stdlib.h>

void watch_open(struct watch *watch, struct event_base *base, int fd, event_callback_fn callback, void *context)
{
    watch->wanted = 0;
    if (event_assign(&watch->event, base, fd, EV_PERSIST, callback, context) != 0)
        abort();
}

void watch_set(struct watch *watch, short wanted)
{
    struct event *event = &watch->event;
    if (wanted == watch->wanted)
        return;
    if (watch->wanted)
        event_del(event);
    watch->wanted = wanted;
    if (!wanted)
        return;
    if (event_assign(event, event_get_base(event), event_get_fd(event), (short)(wanted | EV_PERSIST),
                     event_get_callback(event), event_get_callback_arg(event)) != 0 ||
        event_add(event, NULL) != 0)
        abort();
}

void watch_poke(struct watch *watch, short what)
{
    event_active(&watch->event, what, 0);
}

void watch_close(struct watch *watch)
{
    event_del(&watch->event);
    watch->wanted = 0;
}
