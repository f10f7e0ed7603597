/*
 * The handshake and the AUTHORIZATION state. TRUST: a stranger's bytes go into OpenSSL and the engine, nowhere else.
 *
 * Little is read at a time, for the engine answers everything that it is fed: so the replies to a flood of commands
 * are bounded too, and wait in the stream until the client reads them.
 */
#include "frontend/conversation.h"

#include <string.h>

#include "frontend/frontend.h"
#include "frontend/proxied.h"

enum {
    CONVERSATION_READ = 2048,
    CONVERSATION_AHEAD = 4096, /* unhandled octets while auth is thinking */
};

static bool conversation_allows_plain(const struct connection *connection)
{
    switch (connection->frontend->settings.plaintext) {
    case FRONTEND_PLAINTEXT_ALWAYS:
        return true;
    case FRONTEND_PLAINTEXT_LOOPBACK:
        return peer_is_loopback(&connection->peer) &&
               (!connection->proxied || proxied_is_loopback(connection->proxied));
    default:
        return false;
    }
}

void conversation_begin(struct connection *connection)
{
    struct frontend *frontend = connection->frontend;
    bool is_tls = connection->stream.ssl != NULL;
    struct authorization_facts facts = {
        .is_tls = is_tls,
        .offers_stls = !is_tls && connection->tls == LISTENER_TLS_STARTTLS && frontend->tls,
        .allows_plain = is_tls || conversation_allows_plain(connection),
    };
    connection->authorization = authorization_open(&frontend->settings.authorization, &facts);
    connection->state = CONNECTION_TALKING;
    if (connection->is_refused) {
        connection_turn_away(connection, "too many connections", "too-many-connections");
        return;
    }
    authorization_greet(connection->authorization, &frontend->out);
    if (connection_send(connection))
        connection_rest(connection);
}

/* --- TLS ------------------------------------------------------------------------------------------------------- */

void conversation_begin_tls(struct connection *connection)
{
    const struct frontend_settings *settings = &connection->frontend->settings;
    int64_t left_ms = connection_left_ms(connection);
    if (!stream_begin_tls(&connection->stream, tls_context_ssl(connection->frontend->tls))) {
        connection_end(connection, "out of memory for TLS");
        return;
    }
    connection->state = CONNECTION_HANDSHAKE;
    connection_set_timer(connection, left_ms < settings->tls_handshake_ms ? left_ms : settings->tls_handshake_ms);
    connection_rest(connection);
}

static void conversation_tls_begun(struct connection *connection)
{
    if (!connection->is_refused)
        connection_set_timer(connection, connection_left_ms(connection));
    if (!connection->authorization) {
        conversation_begin(connection);
        return;
    }
    connection->state = CONNECTION_TALKING;
    if (!authorization_tls_begun(connection->authorization, true))
        connection_finish(connection, authorization_close_reason(connection->authorization));
    else if (connection->is_refused)
        connection_turn_away(connection, "too many connections", "too-many-connections");
    else
        connection_rest(connection);
}

void conversation_handshake(struct connection *connection)
{
    switch (stream_handshake(&connection->stream)) {
    case STREAM_DONE:
        conversation_tls_begun(connection);
        break;
    case STREAM_WAIT:
        connection_rest(connection);
        break;
    default:
        /* In order, so that the alert arrives: whatever else the client has sent would else reset the connection. */
        connection_finish(connection, connection->stream.why);
        break;
    }
}

/* --- commands -------------------------------------------------------------------------------------------------- */

/* Credentials or a response are complete. False: auth cannot be asked. */
static bool conversation_ask(struct connection *connection, enum authorization_event event)
{
    struct rooms *rooms = &connection->frontend->rooms;
    bool is_asked =
        event == AUTHORIZATION_LOGIN ? rooms_login(rooms, connection) : rooms_respond(rooms, connection);
    if (is_asked)
        connection->state = CONNECTION_WAITING;
    return is_asked;
}

/* Everything fed has been handled. */
static void conversation_settle(struct connection *connection)
{
    if (!connection_send(connection))
        return;
    if (connection->frontend->is_draining)
        connection_drain(connection);
    else if (connection->client_ended)
        connection_finish(connection, "client-closed");
    else
        connection_rest(connection);
}

static void conversation_start_tls(struct connection *connection)
{
    size_t behind;
    authorization_unread(connection->authorization, &behind);
    /* What came in the clear behind STLS is not the client's word (CVE-2011-0411): no handshake is waited for. */
    if (behind > 0) {
        connection_finish(connection, "input-behind-stls");
        return;
    }
    connection->state = CONNECTION_STARTING_TLS;
    if (!connection_send(connection))
        return;
    if (stream_pending(&connection->stream) == 0)
        conversation_begin_tls(connection);
    else
        connection_rest(connection);
}

void conversation_run(struct connection *connection)
{
    struct authorization *authorization = connection->authorization;
    struct buf *out = &connection->frontend->out;
    for (;;) {
        enum authorization_event event = authorization_run(authorization, out);
        switch (event) {
        case AUTHORIZATION_NEED_INPUT:
            conversation_settle(connection);
            return;
        case AUTHORIZATION_LOGIN:
        case AUTHORIZATION_RESPONSE:
            if (conversation_ask(connection, event)) {
                if (connection_send(connection))
                    connection_rest(connection);
                return;
            }
            authorization_verdict(authorization, RESTANTE_TEMPORARY, out);
            break;
        case AUTHORIZATION_STLS:
            conversation_start_tls(connection);
            return;
        case AUTHORIZATION_CLOSE:
        default:
            connection_finish(connection, authorization_close_reason(authorization));
            return;
        }
    }
}

bool conversation_has_room(const struct connection *connection)
{
    return authorization_room(connection->authorization) > MESSAGE_INPUT_MAX - CONVERSATION_AHEAD;
}

/* The client has sent its last. What it asked before is still answered: a whole session may come in one segment. */
static void conversation_client_ended(struct connection *connection)
{
    connection->client_ended = true;
    if (connection->state == CONNECTION_TALKING)
        connection_finish(connection, "client-closed");
    else
        connection_rest(connection);
}

/* The first octets of a TLS record in the clear: a client set to TLS from the start, on the port for STLS. */
static bool conversation_is_tls(const struct connection *connection, const char *data, size_t length)
{
    return !connection->stream.ssl && length >= 2 && data[0] == 0x16 && data[1] == 0x03;
}

static void conversation_feed(struct connection *connection, const char *data, size_t length)
{
    bool is_first = !connection->has_spoken;
    connection->has_spoken = true;
    if (is_first && conversation_is_tls(connection, data, length))
        connection_finish(connection, "TLS spoken to a plaintext port");
    else if (!authorization_feed(connection->authorization, data, length))
        connection_finish(connection, "too-much-input");
    else if (connection->state == CONNECTION_TALKING)
        conversation_run(connection);
    else
        connection_rest(connection);
}

void conversation_read(struct connection *connection)
{
    char data[CONVERSATION_READ];
    size_t length;
    switch (stream_read(&connection->stream, data, sizeof(data), &length)) {
    case STREAM_DONE:
        conversation_feed(connection, data, length);
        explicit_bzero(data, length); /* passwords come this way */
        break;
    case STREAM_WAIT:
        connection_rest(connection);
        break;
    case STREAM_END:
        conversation_client_ended(connection);
        break;
    default:
        connection_end(connection, connection->stream.why);
        break;
    }
}
