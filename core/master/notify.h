/*
 * master/notify.h - telling the service manager how things stand: sd_notify(3)'s datagrams, without its library.
 */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct notify {
    int fd; /* connected to the manager's socket; -1: there is no manager */
    int64_t watchdog_us; /* it wants a sign of life so often; 0: it does not */
    struct event *watchdog;
};

/* Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and take them out of the environment. */
void notify_open(struct notify *notify);
/* Give signs of life from the loop, where they are wanted. */
void notify_start(struct notify *notify, struct event_base *base);
void notify_ready(struct notify *notify, const char *status);
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);
void notify_close(struct notify *notify);

#endif
