#include "master/listeners.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/str.h"

static enum listener_tls listener_tls_parse(const char *text)
{
    if (strcmp(text, "implicit") == 0)
        return LISTENER_TLS_IMPLICIT;
    return strcmp(text, "starttls") == 0 ? LISTENER_TLS_STARTTLS : LISTENER_TLS_NONE;
}

/* One bound, listening, non-blocking socket; -1 with errno. */
static int listener_bind(const struct sockaddr *address, socklen_t length)
{
    int on = 1, off = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        bool is_any = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_any ? &off : &on, sizeof(on));
    }
    if (bind(fd, address, length) != 0 || listen(fd, SOMAXCONN) != 0)
        fd_close(&fd);
    return fd;
}

/* "*" is every address of both families, or of IPv4 alone where the machine has no IPv6. */
static int listener_open(const struct message_listener *facts, const char **why)
{
    bool is_any = strcmp(facts->address, "*") == 0;
    const char *const candidates[] = {is_any ? "::" : facts->address, is_any ? "0.0.0.0" : NULL, NULL};
    char port[8];
    int fd = -1;
    snprintf(port, sizeof(port), "%u", facts->port);
    for (size_t i = 0; candidates[i] && fd < 0; i++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
        struct addrinfo *found = NULL;
        int failed = getaddrinfo(candidates[i], port, &hints, &found);
        *why = failed ? gai_strerror(failed) : NULL;
        if (failed)
            continue;
        fd = listener_bind(found->ai_addr, found->ai_addrlen);
        if (fd < 0)
            *why = strerror(errno);
        freeaddrinfo(found);
        if (fd < 0 && errno == EADDRINUSE)
            break;
    }
    return fd;
}

void listeners_open(struct master *master)
{
    size_t count = conf_list_count(&master->conf, "listen");
    master->listeners = alloc_array(count, sizeof(*master->listeners));
    for (size_t i = 0; i < count; i++) {
        struct master_listener *listener = &master->listeners[master->listeners_count++];
        struct message_listener *facts = &listener->facts;
        const char *why = NULL;
        str_copy(facts->address, sizeof(facts->address), conf_string(&master->conf, "listen.%zu.address", i + 1));
        facts->port = (uint32_t)conf_integer(&master->conf, "listen.%zu.port", i + 1);
        facts->tls = (uint8_t)listener_tls_parse(conf_string(&master->conf, "listen.%zu.tls", i + 1));
        listener->fd = -1;
        if (master->mode != ROOM_SERVE)
            continue;
        listener->fd = listener_open(facts, &why);
        if (listener->fd < 0)
            faults_add(&master->faults, "%s: listen[%zu]: cannot listen on %s port %u: %s", master->file, i + 1,
                       facts->address, facts->port, why);
    }
}

void listeners_close(struct master *master)
{
    for (size_t i = 0; i < master->listeners_count; i++)
        fd_close(&master->listeners[i].fd);
    free(master->listeners);
    master->listeners = NULL;
    master->listeners_count = 0;
}
