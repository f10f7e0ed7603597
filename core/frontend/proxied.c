/*
 * Reading a PROXY header. The octets are looked at before they are taken, so that not one of the client's own is taken
 * along: TLS and the handing over find them in the socket. A header that does not come in time, or is none, ends the
 * connection: who it was that called is never guessed.
 */
#include "frontend/proxied.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "frontend/connection.h"
#include "frontend/frontend.h"
#include "frontend/proxy_header.h"
#include "util/alloc.h"

static bool proxied_is_trusted(const struct frontend_settings *settings, const struct peer *proxy)
{
    for (size_t i = 0; i < settings->proxies_count; i++) {
        if (network_has(&settings->proxies[i], proxy->octets, proxy->is_ipv4))
            return true;
    }
    return false;
}

void proxied_begin(struct connection *connection)
{
    const struct frontend *frontend = connection->frontend;
    connection->proxied = alloc_zeroed(sizeof(*connection->proxied));
    connection->proxied->proxy = connection->peer;
    connection->state = CONNECTION_PROXY_HEADER;
    if (!proxied_is_trusted(&frontend->settings, &connection->peer))
        connection_end(connection, "not in proxy_networks");
    else if (frontend->connections_count > frontend->settings.connections)
        connection_end(connection, "too-many-connections");
    else
        connection_rest(connection);
}

/* The header is whole. */
static void proxied_take(struct connection *connection, const struct proxy_header *header)
{
    struct proxied *proxied = connection->proxied;
    buf_free(&proxied->header);
    proxied->has_client = header->has_client;
    if (header->has_client)
        connection->peer = header->client;
    connection_begin(connection);
}

/* Octets that have been looked at already: taking them cannot fail but with the connection. */
static bool proxied_consume(int fd, size_t length)
{
    char taken[PROXY_HEADER_MAX];
    ssize_t got;
    do
        got = recv(fd, taken, length, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)length;
}

void proxied_read(struct connection *connection)
{
    struct buf *buf = &connection->proxied->header;
    struct proxy_header header;
    size_t had = buf_length(buf), room = PROXY_HEADER_MAX - had;
    ssize_t got = recv(connection->stream.fd, buf_reserve(buf, room), room, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        connection_rest(connection);
        return;
    }
    if (got <= 0) {
        connection_end(connection, got == 0 ? "closed before a PROXY header" : "reset before a PROXY header");
        return;
    }
    buf_added(buf, (size_t)got);
    enum proxy_result result = proxy_header_parse(buf_head(buf), buf_length(buf), &header);
    if (result == PROXY_MALFORMED)
        connection_end(connection, header.why);
    else if (!proxied_consume(connection->stream.fd, result == PROXY_DONE ? header.length - had : (size_t)got))
        connection_end(connection, "reset before a PROXY header");
    else if (result == PROXY_DONE)
        proxied_take(connection, &header);
    else
        connection_rest(connection);
}

bool proxied_is_loopback(const struct proxied *proxied)
{
    return proxied->has_client && peer_is_loopback(&proxied->proxy);
}

void proxied_close(struct proxied **proxied)
{
    struct proxied *closing = *proxied;
    if (!closing)
        return;
    *proxied = NULL;
    buf_free(&closing->header);
    free(closing);
}
