/*
 * From credentials to a worker. The frontend never names a user to anyone but auth, and never decides: it carries a
 * token from auth to the nursery, with the client.
 */
#include "frontend/login.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "frontend/conversation.h"
#include "frontend/frontend.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

void login_describe(const struct connection *connection, struct message_session *session)
{
    connection_format_id(connection, session->id);
    peer_format(&connection->peer, session->peer, sizeof(session->peer));
    str_copy(session->mechanism, sizeof(session->mechanism), authorization_mechanism(connection->authorization));
    stream_describe(&connection->stream, session->tls, sizeof(session->tls));
}

/* A login that did not succeed: the client may try again. */
static void login_failed(struct connection *connection, enum restante_status status)
{
    rooms_forget(&connection->frontend->rooms, connection);
    connection->state = CONNECTION_TALKING;
    authorization_verdict(connection->authorization, status, &connection->frontend->out);
    conversation_run(connection);
}

void login_verdict(struct connection *connection, enum restante_status status,
                   const uint8_t token[MESSAGE_TOKEN_OCTETS])
{
    if (connection->state != CONNECTION_WAITING)
        return; /* TRUST: an answer that nobody waits for */
    if (status != RESTANTE_OK) {
        login_failed(connection, status);
        return;
    }
    rooms_forget(&connection->frontend->rooms, connection);
    memcpy(connection->token, token, sizeof(connection->token));
    connection->state = CONNECTION_HANDING_OVER;
    if (stream_pending(&connection->stream) == 0)
        login_hand_over(connection);
    else
        connection_rest(connection);
}

void login_challenge(struct connection *connection, const void *data, size_t length)
{
    if (connection->state != CONNECTION_WAITING)
        return;
    connection->state = CONNECTION_TALKING;
    authorization_challenge(connection->authorization, data, length, &connection->frontend->out);
    conversation_run(connection);
}

void login_lost(struct connection *connection)
{
    if (connection->state == CONNECTION_WAITING)
        login_failed(connection, RESTANTE_TEMPORARY);
    else
        rooms_forget(&connection->frontend->rooms, connection); /* a challenge's answer will find nobody */
}

/* The worker gets the client's own socket; we keep nothing of it. */
static void login_hand_over_plain(struct connection *connection)
{
    watch_close(&connection->watch);
    authorization_verdict(connection->authorization, RESTANTE_OK, &connection->frontend->out);
    connection->was_handed_over = true;
    rooms_hand_over(&connection->frontend->rooms, connection, stream_release(&connection->stream));
    connection_end(connection, NULL);
}

static void login_relay_ended(struct relay *relay, enum relay_end end, void *context)
{
    struct connection *connection = context;
    (void)relay;
    relay_close(&connection->relay);
    if (end == RELAY_WORKER_ENDED)
        connection_finish(connection, NULL);
    else
        connection_end(connection, NULL);
}

static bool login_make_pair(int pair[2])
{
    if (!fd_pair(SOCK_STREAM, pair))
        return false;
    if (fd_set_nonblocking(pair[0], true) && fd_set_nonblocking(pair[1], true))
        return true;
    fd_close(&pair[0]);
    fd_close(&pair[1]);
    return false;
}

/* The worker gets one end of a pair; what it says and hears is TLS on our side only. */
static void login_hand_over_tls(struct connection *connection)
{
    int pair[2];
    if (!login_make_pair(pair)) {
        log_warn("a login over TLS has failed: no socket pair: %s", strerror(errno));
        login_failed(connection, RESTANTE_TEMPORARY);
        return;
    }
    watch_close(&connection->watch);
    event_del(&connection->timer);
    authorization_verdict(connection->authorization, RESTANTE_OK, &connection->frontend->out);
    connection->was_handed_over = true;
    connection->state = CONNECTION_RELAYING;
    rooms_hand_over(&connection->frontend->rooms, connection, pair[1]);
    authorization_close(&connection->authorization);
    connection->relay =
        relay_open(connection->frontend->base, &connection->stream, pair[0], login_relay_ended, connection);
}

void login_hand_over(struct connection *connection)
{
    if (!rooms_can_hand_over(&connection->frontend->rooms))
        login_failed(connection, RESTANTE_TEMPORARY);
    else if (connection->stream.ssl)
        login_hand_over_tls(connection);
    else
        login_hand_over_plain(connection);
    /* The connection may be gone: its token is used up in any case. */
}
