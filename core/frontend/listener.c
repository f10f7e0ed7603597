/*
 * Accepting. Bounded work per wake-up, for all frontends are woken and should share. When descriptors or memory run
 * out, or auth does not keep up, accepting pauses: clients wait in the kernel's queue instead of being dropped.
 */
#include "frontend/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "frontend/connection.h"
#include "frontend/frontend.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fd.h"
#include "util/log.h"

enum {
    LISTENER_ACCEPTS_PER_WAKE = 16,
    LISTENER_LAST_ACCEPTS = SOMAXCONN,
    LISTENER_PAUSE_MS = 250,
    LISTENER_WARN_EVERY_MS = 30000,
};

/* A client that vanished must not hold its maildrop for long: noticed after about 60 to 90 s. */
enum { LISTENER_KEEPALIVE_IDLE_S = 60, LISTENER_KEEPALIVE_INTERVAL_S = 10, LISTENER_KEEPALIVE_PROBES = 3 };

static void listeners_set_watches(struct listeners *listeners, short wanted)
{
    for (size_t i = 0; i < listeners->count; i++)
        watch_set(&listeners->items[i]->watch, wanted);
}

static void listeners_pause(struct listeners *listeners)
{
    const struct timeval pause = {.tv_usec = LISTENER_PAUSE_MS * 1000};
    listeners_set_watches(listeners, 0);
    event_add(&listeners->pause, &pause);
}

static void listeners_on_pause_over(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    listeners_set_watches(context, EV_READ);
}

/* Said once in a while only: it may go on for hours. */
static void listeners_warn(struct listeners *listeners, int error)
{
    int64_t now_ms = clock_monotonic_ms();
    if (listeners->warned_ms > 0 && now_ms - listeners->warned_ms < LISTENER_WARN_EVERY_MS)
        return;
    listeners->warned_ms = now_ms;
    log_warn("no new connections for now: %s; raise the limit of open files or lower limits.connections",
             strerror(error));
}

static bool listener_accept(struct listener *listener)
{
    struct frontend *frontend = listener->frontend;
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    } address;
    socklen_t length = sizeof(address);
    struct peer peer;
    memset(&address, 0, sizeof(address));
    if (rooms_is_congested(&frontend->rooms)) {
        listeners_pause(&frontend->listeners);
        return false;
    }
    int fd = accept4(listener->fd, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        peer_set(&peer, &address.any);
        connection_open(frontend, fd, &peer, &listener->entry);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        listeners_warn(&frontend->listeners, errno);
        listeners_pause(&frontend->listeners);
        return false;
    }
    /* Errors of a connection that has ended before we saw it are that connection's (accept(2)). */
    return errno != EAGAIN && errno != EWOULDBLOCK;
}

static void listener_on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    for (int i = 0; i < LISTENER_ACCEPTS_PER_WAKE; i++) {
        if (!listener_accept(context))
            break;
    }
}

static void listener_set(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof(value)); /* a comfort: without it things work, slower */
}

void listeners_open(struct listeners *listeners, struct frontend *frontend)
{
    listeners->frontend = frontend;
    evtimer_assign(&listeners->pause, frontend->base, listeners_on_pause_over, listeners);
}

void listeners_add(struct listeners *listeners, const struct message_listener *message, int fd)
{
    struct listener *listener = alloc_zeroed(sizeof(*listener));
    listener->frontend = listeners->frontend;
    listener->fd = fd;
    listener->entry = (struct connection_entry){.port = (uint16_t)message->port,
                                                .tls = (enum listener_tls)message->tls,
                                                .expects_proxy = message->expects_proxy};
    watch_open(&listener->watch, listeners->frontend->base, fd, listener_on_readable, listener);
    fd_set_nonblocking(fd, true);
    /* Linux: accepted sockets inherit these, which saves five system calls for each. */
    listener_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    listener_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    listener_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, LISTENER_KEEPALIVE_IDLE_S);
    listener_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, LISTENER_KEEPALIVE_INTERVAL_S);
    listener_set(fd, IPPROTO_TCP, TCP_KEEPCNT, LISTENER_KEEPALIVE_PROBES);
    listeners->items = alloc_resize(listeners->items, listeners->count + 1, sizeof(struct listener *));
    listeners->items[listeners->count++] = listener;
}

bool listeners_need_tls(const struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->items[i]->entry.tls != LISTENER_TLS_NONE)
            return true;
    }
    return false;
}

void listeners_start(struct listeners *listeners)
{
    listeners_set_watches(listeners, EV_READ);
}

void listeners_finish(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        for (int taken = 0; taken < LISTENER_LAST_ACCEPTS && listener_accept(listeners->items[i]);)
            taken++;
    }
    listeners_close(listeners);
}

void listeners_close(struct listeners *listeners)
{
    event_del(&listeners->pause);
    for (size_t i = 0; i < listeners->count; i++) {
        struct listener *listener = listeners->items[i];
        watch_close(&listener->watch);
        fd_close(&listener->fd);
        free(listener);
    }
    free(listeners->items);
    listeners->items = NULL;
    listeners->count = 0;
}
