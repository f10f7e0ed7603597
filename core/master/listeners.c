#include "master/listeners.h"

#include <arpa/inet.h>
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

static bool address_is_any(const char *text)
{
    return strcmp(text, "*") == 0 || strcmp(text, "0.0.0.0") == 0 || strcmp(text, "::") == 0;
}

/* Written in whatever way. */
static bool address_is_same(const char *a, const char *b)
{
    unsigned char one[sizeof(struct in6_addr)], other[sizeof(struct in6_addr)];
    if (address_is_any(a) || address_is_any(b))
        return address_is_any(a) && address_is_any(b);
    if (inet_pton(AF_INET, a, one) == 1)
        return inet_pton(AF_INET, b, other) == 1 && memcmp(one, other, sizeof(struct in_addr)) == 0;
    return inet_pton(AF_INET6, a, one) == 1 && inet_pton(AF_INET6, b, other) == 1 &&
           memcmp(one, other, sizeof(one)) == 0;
}

static struct master_socket *socket_find(const struct master *master, const struct message_listener *facts)
{
    for (struct master_socket *socket = master->sockets; socket; socket = socket->next) {
        /* One of our own was bound as its setting is written; another writing may mean another kind of socket. */
        if (socket->port == facts->port && (socket->is_inherited ? address_is_same(socket->address, facts->address)
                                                                 : strcmp(socket->address, facts->address) == 0))
            return socket;
    }
    return NULL;
}

/* "Address already in use" by ourselves wants another remedy than by a stranger. */
static const struct master_socket *socket_in_the_way(const struct master *master, uint32_t port)
{
    const struct master_socket *socket = master->sockets;
    while (socket && socket->port != port)
        socket = socket->next;
    return socket;
}

static void listener_add_fault(struct generation *generation, size_t number, const struct message_listener *facts,
                               const char *why)
{
    const struct master_socket *own =
        errno == EADDRINUSE ? socket_in_the_way(generation->master, facts->port) : NULL;
    if (own)
        faults_add(&generation->faults,
                   "%s: listen[%zu]: cannot listen on %s port %u while this server listens on %s port %u: restart it, or "
                   "choose another port",
                   generation->master->file, number, facts->address, facts->port, own->address, own->port);
    else
        faults_add(&generation->faults, "%s: listen[%zu]: cannot listen on %s port %u: %s", generation->master->file,
                   number, facts->address, facts->port, why);
}

static struct master_socket *socket_add(struct master *master, const struct message_listener *facts, int fd)
{
    struct master_socket *added = alloc_zeroed(sizeof(*added));
    str_copy(added->address, sizeof(added->address), facts->address);
    added->port = facts->port;
    added->fd = fd;
    added->next = master->sockets;
    master->sockets = added;
    return added;
}

static void listener_read(const struct generation *generation, size_t number, struct message_listener *facts)
{
    const struct conf *conf = &generation->conf;
    str_copy(facts->address, sizeof(facts->address), conf_string(conf, "listen.%zu.address", number));
    facts->port = (uint32_t)conf_integer(conf, "listen.%zu.port", number);
    facts->tls = (uint8_t)listener_tls_parse(conf_string(conf, "listen.%zu.tls", number));
    facts->expects_proxy = conf_bool(conf, "listen.%zu.proxy", number);
}

/* `listen` is unset and the manager has passed sockets: those are meant. */
static bool listeners_take_inherited(struct generation *generation)
{
    const struct conf_value *port = conf_find(&generation->conf, "listen.1.port");
    size_t count = 0;
    if (!port || port->line != 0)
        return false;
    for (struct master_socket *socket = generation->master->sockets; socket; socket = socket->next) {
        if (!socket->is_inherited)
            continue;
        generation->listeners = alloc_resize(generation->listeners, count + 1, sizeof(*generation->listeners));
        struct generation_listener *listener = &generation->listeners[count++];
        *listener = (struct generation_listener){.socket = socket, .facts = {.port = socket->port}};
        str_copy(listener->facts.address, sizeof(listener->facts.address), socket->address);
        bool is_implicit = socket->port == 995 || strcmp(socket->name, "pop3s") == 0;
        listener->facts.tls = is_implicit ? LISTENER_TLS_IMPLICIT : LISTENER_TLS_STARTTLS;
    }
    generation->listeners_count = count;
    return count > 0;
}

/* A socket that clients can connect to and nobody answers on is a mistake. */
static void listeners_check_inherited(struct generation *generation)
{
    for (const struct master_socket *socket = generation->master->sockets; socket; socket = socket->next) {
        bool is_used = !socket->is_inherited;
        for (size_t i = 0; i < generation->listeners_count && !is_used; i++)
            is_used = generation->listeners[i].socket == socket;
        if (!is_used)
            faults_add(&generation->faults,
                       "%s: listen: the service manager has passed the socket \"%s\" for address %s port %u, which no "
                       "entry names: add one, or take it out of the socket unit",
                       generation->master->file, socket->name, socket->address, socket->port);
    }
}

void listeners_open(struct generation *generation)
{
    struct master *master = generation->master;
    if (listeners_take_inherited(generation))
        return;
    size_t count = conf_list_count(&generation->conf, "listen");
    generation->listeners = alloc_array(count, sizeof(*generation->listeners));
    for (size_t i = 0; i < count; i++) {
        struct generation_listener *listener = &generation->listeners[generation->listeners_count++];
        const char *why = NULL;
        listener_read(generation, i + 1, &listener->facts);
        if (master->mode != ROOM_SERVE)
            continue;
        listener->socket = socket_find(master, &listener->facts);
        if (listener->socket)
            continue;
        int fd = listener_open(&listener->facts, &why);
        if (fd < 0)
            listener_add_fault(generation, i + 1, &listener->facts, why);
        else
            listener->socket = socket_add(master, &listener->facts, fd);
    }
    listeners_check_inherited(generation);
}

static bool socket_is_used(const struct master *master, const struct master_socket *socket)
{
    if (socket->is_inherited && master->generations)
        return true;
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->listeners_count; i++) {
            if (generation->listeners[i].socket == socket)
                return true;
        }
    }
    return false;
}

void listeners_close(struct generation *generation)
{
    struct master_socket **at = &generation->master->sockets;
    free(generation->listeners);
    generation->listeners = NULL;
    generation->listeners_count = 0;
    while (*at) {
        struct master_socket *candidate = *at;
        if (socket_is_used(generation->master, candidate)) {
            at = &candidate->next;
            continue;
        }
        *at = candidate->next;
        fd_close(&candidate->fd);
        free(candidate);
    }
}
