#include "master/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

enum { NOTIFY_TEXT_MAX = 512 };

/* A path, or a name in the abstract namespace written with a leading "@". */
static bool notify_connect(struct notify *notify, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof(address.sun_path)) {
        errno = EINVAL;
        return false;
    }
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (notify->fd >= 0 && connect(notify->fd, (const struct sockaddr *)&address,
                                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
        return true;
    fd_close(&notify->fd);
    return false;
}

/* The watchdog may be meant for another process of the service. */
static void notify_read_watchdog(struct notify *notify)
{
    const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t number;
    if (pid && (!str_parse_u64(pid, strlen(pid), &number) || number != (uint64_t)getpid()))
        return;
    if (interval && str_parse_u64(interval, strlen(interval), &number) && number > 0 && number < INT64_MAX)
        notify->watchdog_us = (int64_t)number;
}

void notify_open(struct notify *notify)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *notify = (struct notify){.fd = -1};
    if (name && !notify_connect(notify, name))
        log_warn("NOTIFY_SOCKET: cannot reach the service manager at %s: %s", name, strerror(errno));
    if (notify->fd >= 0)
        notify_read_watchdog(notify);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

/* A manager that does not keep up misses one: it is not waited for. */
static void notify_send(const struct notify *notify, const char *text)
{
    if (notify->fd >= 0 && send(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_warn("the service manager was not told (%.20s…): %s", text, strerror(errno));
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    notify_send(context, "WATCHDOG=1");
}

void notify_start(struct notify *notify, struct event_base *base)
{
    /* Twice in each interval, as sd_watchdog_enabled(3) advises. */
    int64_t pause_us = notify->watchdog_us / 2;
    const struct timeval pause = {.tv_sec = pause_us / 1000000, .tv_usec = (suseconds_t)(pause_us % 1000000)};
    if (notify->watchdog_us == 0)
        return;
    notify->watchdog = event_new(base, -1, EV_PERSIST, on_watchdog, notify);
    event_add(notify->watchdog, &pause);
}

void notify_ready(struct notify *notify, const char *status)
{
    char text[NOTIFY_TEXT_MAX];
    snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
    notify_send(notify, text);
}

void notify_reloading(struct notify *notify)
{
    char text[NOTIFY_TEXT_MAX];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=Reading the configuration",
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify_send(notify, text);
}

void notify_stopping(struct notify *notify)
{
    notify_send(notify, "STOPPING=1\nSTATUS=Sessions are ending");
}

void notify_close(struct notify *notify)
{
    if (notify->watchdog)
        event_free(notify->watchdog);
    notify->watchdog = NULL;
    fd_close(&notify->fd);
}
