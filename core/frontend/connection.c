/*
 * A connection's beginning, end and timers. Whatever a client does costs only its own connection; every way out ends
 * in connection_end, which logs it and tells auth.
 */
#include "frontend/connection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/conversation.h"
#include "frontend/frontend.h"
#include "frontend/login.h"
#include "frontend/proxied.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"

enum {
    CONNECTION_CLOSING_MS = 10000,  /* to take our last words */
    CONNECTION_LINGERING_MS = 2000, /* to notice that we have closed */
    CONNECTION_REFUSED_MS = 5000,   /* for a handshake whose only use is to say why not */
};

void connection_format_id(const struct connection *connection, char to[MESSAGE_SESSION_ID_MAX + 1])
{
    snprintf(to, MESSAGE_SESSION_ID_MAX + 1, "%" PRIx64 "-%" PRIx32 "-%" PRIx64,
             (uint64_t)connection->frontend->started_s & UINT32_MAX, connection->frontend->room_id, connection->id);
}

static void connection_log(const struct connection *connection, struct log_line *line, const char *event)
{
    char id[MESSAGE_SESSION_ID_MAX + 1], peer[MESSAGE_PEER_MAX + 1];
    connection_format_id(connection, id);
    peer_format(&connection->peer, peer, sizeof(peer));
    log_begin(line, RESTANTE_INFO, event);
    log_add(line, "session", id);
    log_add(line, "peer", peer);
    if (!connection->proxied)
        return;
    peer_format(&connection->proxied->proxy, peer, sizeof(peer));
    log_add(line, "proxy", peer);
}

static void connection_log_connect(const struct connection *connection)
{
    static const char *const names[] = {"none", "starttls", "implicit"};
    struct log_line line;
    connection_log(connection, &line, "connect");
    log_add_number(&line, "port", connection->port);
    log_add(&line, "tls", connection->tls < sizeof(names) / sizeof(names[0]) ? names[connection->tls] : "unknown");
    log_end(&line);
}

static void connection_log_disconnect(const struct connection *connection)
{
    struct log_line line;
    connection_log(connection, &line, "disconnect");
    log_add(&line, "reason", connection->reason ? connection->reason : "unknown");
    log_add_number(&line, "duration_ms", clock_monotonic_ms() - connection->opened_ms);
    log_end(&line);
}

/* --- the end -------------------------------------------------------------------------------------------------- */

void connection_end(struct connection *connection, const char *reason)
{
    struct frontend *frontend = connection->frontend;
    if (!connection->reason)
        connection->reason = reason;
    /* A plaintext client that a worker has (our descriptor is gone) is counted until the nursery says it has ended. */
    bool is_ours = connection->stream.fd >= 0;
    watch_close(&connection->watch);
    event_del(&connection->timer);
    relay_close(&connection->relay);
    rooms_forget(&frontend->rooms, connection);
    if (is_ours && connection->state != CONNECTION_PROXY_HEADER)
        rooms_closed(&frontend->rooms, connection);
    if (!connection->was_handed_over)
        connection_log_disconnect(connection);
    stream_close(&connection->stream);
    authorization_close(&connection->authorization);
    proxied_close(&connection->proxied);
    registry_remove(&frontend->by_id, connection->id);
    LIST_REMOVE(connection, link);
    frontend->connections_count--;
    explicit_bzero(connection->token, sizeof(connection->token));
    free(connection);
    frontend_connection_gone(frontend);
}

/*
 * Everything has been said. Closing a socket that has unread input resets the connection, and the reset may overtake
 * our last line: so discard what comes until the client has closed too, for a short time.
 */
static void connection_linger(struct connection *connection)
{
    bool is_at_end;
    stream_end(&connection->stream);
    connection->state = CONNECTION_LINGERING;
    bool was_any = stream_discard(&connection->stream, &is_at_end);
    bool is_expected = connection->was_handed_over ||
                       (connection->authorization &&
                        strcmp(authorization_close_reason(connection->authorization), "quit") == 0);
    if (is_at_end || connection->client_ended || (is_expected && !was_any)) {
        connection_end(connection, NULL);
        return;
    }
    connection_set_timer(connection, CONNECTION_LINGERING_MS);
    watch_set(&connection->watch, EV_READ);
}

static void connection_on_lingering(struct connection *connection)
{
    bool is_at_end;
    stream_discard(&connection->stream, &is_at_end);
    if (is_at_end)
        connection_end(connection, NULL);
}

void connection_finish(struct connection *connection, const char *reason)
{
    if (!connection->reason)
        connection->reason = reason;
    rooms_forget(&connection->frontend->rooms, connection);
    if (!connection_send(connection))
        return;
    connection->state = CONNECTION_CLOSING;
    connection_set_timer(connection, CONNECTION_CLOSING_MS);
    if (stream_pending(&connection->stream) == 0)
        connection_linger(connection);
    else
        connection_rest(connection);
}

void connection_turn_away(struct connection *connection, const char *text, const char *reason)
{
    /* Whoever does not read, or has agreed on no TLS yet, cannot be told. */
    if (stream_pending(&connection->stream) > 0 || connection->state == CONNECTION_HANDSHAKE) {
        connection_end(connection, reason);
        return;
    }
    authorization_turn_away(&connection->frontend->out, text);
    connection_finish(connection, reason);
}

/* --- orders from other rooms ------------------------------------------------------------------------------------ */

void connection_refuse(struct connection *connection)
{
    switch ((enum connection_state)connection->state) {
    case CONNECTION_HANDSHAKE:
        connection->is_refused = true;
        connection_set_timer(connection, CONNECTION_REFUSED_MS);
        break;
    case CONNECTION_TALKING:
    case CONNECTION_WAITING:
        connection_turn_away(connection, "too many connections", "too-many-connections");
        break;
    case CONNECTION_STARTING_TLS:
        connection_end(connection, "too-many-connections");
        break;
    default: /* logged in, or ending anyway */
        break;
    }
}

void connection_drain(struct connection *connection)
{
    switch ((enum connection_state)connection->state) {
    case CONNECTION_PROXY_HEADER:
    case CONNECTION_HANDSHAKE:
    case CONNECTION_STARTING_TLS:
        connection_end(connection, "shutdown");
        break;
    case CONNECTION_TALKING:
        connection_turn_away(connection, "the server is shutting down", "shutdown");
        break;
    default: /* a login is on the way, or it ends by itself */
        break;
    }
}

/* --- events --------------------------------------------------------------------------------------------------- */

bool connection_send(struct connection *connection)
{
    struct buf *out = &connection->frontend->out;
    if (buf_length(out) == 0)
        return true;
    enum stream_result result = stream_write(&connection->stream, buf_head(out), buf_length(out));
    buf_clear(out);
    if (result != STREAM_BROKEN)
        return true;
    connection_end(connection, connection->stream.why);
    return false;
}

void connection_rest(struct connection *connection)
{
    bool is_full = stream_pending(&connection->stream) > 0;
    bool reads = false;
    switch ((enum connection_state)connection->state) {
    case CONNECTION_PROXY_HEADER:
    case CONNECTION_HANDSHAKE:
    case CONNECTION_LINGERING:
        reads = true;
        break;
    case CONNECTION_TALKING:
        reads = !is_full && !connection->client_ended;
        break;
    case CONNECTION_WAITING:
        reads = !is_full && !connection->client_ended && conversation_has_room(connection);
        break;
    default:
        break;
    }
    watch_set(&connection->watch, (short)((reads ? EV_READ : 0) | (is_full ? EV_WRITE : 0)));
    if (reads && connection->state != CONNECTION_LINGERING && stream_has_input(&connection->stream))
        watch_poke(&connection->watch, EV_READ);
}

/* What was pending has left: go on with what waited for it. */
static void connection_on_drained(struct connection *connection)
{
    switch ((enum connection_state)connection->state) {
    case CONNECTION_STARTING_TLS:
        conversation_begin_tls(connection);
        break;
    case CONNECTION_HANDING_OVER:
        login_hand_over(connection);
        break;
    case CONNECTION_CLOSING:
        connection_linger(connection);
        break;
    default:
        connection_rest(connection);
        break;
    }
}

static void connection_on_readable(struct connection *connection)
{
    switch ((enum connection_state)connection->state) {
    case CONNECTION_PROXY_HEADER:
        proxied_read(connection);
        break;
    case CONNECTION_HANDSHAKE:
        conversation_handshake(connection);
        break;
    case CONNECTION_TALKING:
    case CONNECTION_WAITING:
        conversation_read(connection);
        break;
    case CONNECTION_LINGERING:
        connection_on_lingering(connection);
        break;
    default:
        break;
    }
}

static void connection_on_event(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    (void)fd;
    if (stream_pending(&connection->stream) > 0 && (what & EV_WRITE)) {
        enum stream_result result = stream_flush(&connection->stream);
        if (result == STREAM_BROKEN)
            connection_end(connection, connection->stream.why);
        else if (result == STREAM_DONE)
            connection_on_drained(connection);
        return; /* what is readable is still so afterwards */
    }
    if (what & EV_READ)
        connection_on_readable(connection);
}

static void connection_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    (void)fd;
    (void)what;
    switch ((enum connection_state)connection->state) {
    case CONNECTION_PROXY_HEADER:
        connection_end(connection, "proxy-header-timeout");
        break;
    case CONNECTION_HANDSHAKE:
        connection_end(connection, connection->is_refused ? "too-many-connections" : "tls-handshake-timeout");
        break;
    case CONNECTION_TALKING:
    case CONNECTION_WAITING:
        connection_turn_away(connection, "the login took too long", "login-timeout");
        break;
    default:
        connection_end(connection, "login-timeout");
        break;
    }
}

void connection_set_timer(struct connection *connection, int64_t delay_ms)
{
    int64_t left_ms = delay_ms > 0 ? delay_ms : 0;
    const struct timeval delay = clock_timeval(left_ms);
    event_add(&connection->timer, &delay);
}

int64_t connection_left_ms(const struct connection *connection)
{
    return connection->frontend->settings.login_ms - (clock_monotonic_ms() - connection->opened_ms);
}

void connection_begin(struct connection *connection)
{
    struct frontend *frontend = connection->frontend;
    enum listener_tls tls = (enum listener_tls)connection->tls;
    /* Auth counts all frontends together; while it is not there, this one's own count is what is left. */
    connection->is_refused = frontend->connections_count > frontend->settings.connections;
    connection->state = CONNECTION_HANDSHAKE;
    rooms_opened(&frontend->rooms, connection);
    connection_log_connect(connection);
    if (tls == LISTENER_TLS_IMPLICIT)
        conversation_begin_tls(connection);
    else
        conversation_begin(connection);
}

void connection_open(struct frontend *frontend, int fd, const struct peer *peer, const struct connection_entry *entry)
{
    struct connection *connection = alloc_zeroed(sizeof(*connection));
    connection->frontend = frontend;
    connection->id = ++frontend->last_connection_id;
    connection->opened_ms = clock_monotonic_ms();
    connection->peer = *peer;
    connection->port = entry->port;
    connection->tls = (uint8_t)entry->tls;
    stream_open(&connection->stream, fd);
    watch_open(&connection->watch, frontend->base, fd, connection_on_event, connection);
    evtimer_assign(&connection->timer, frontend->base, connection_on_timer, connection);
    LIST_INSERT_HEAD(&frontend->connections, connection, link);
    frontend->connections_count++;
    registry_add(&frontend->by_id, connection->id, connection);
    connection_set_timer(connection, frontend->settings.login_ms);
    if (entry->expects_proxy)
        proxied_begin(connection);
    else
        connection_begin(connection);
}
