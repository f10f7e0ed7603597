/*
 * What frontend, auth and nursery say about connections, logins and sessions (ipc/messages.h). TRUST: every get reads
 * what another room wrote.
 */
#include <string.h>

#include "ipc/messages_parts.h"
#include "ipc/protocol.h"

void message_put_opened(struct frame_out *frame, uint64_t connection_id, const char *peer)
{
    frame_begin(frame, FRAME_OPENED);
    frame_put_u64(frame, connection_id);
    frame_put_string(frame, peer);
}

bool message_get_opened(struct frame_in *frame, uint64_t *connection_id, char peer[MESSAGE_PEER_MAX + 1])
{
    *connection_id = frame_get_u64(frame);
    frame_get_string(frame, peer, MESSAGE_PEER_MAX + 1);
    return frame_end(frame);
}

static void put_connection(struct frame_out *frame, uint16_t type, uint64_t connection_id)
{
    frame_begin(frame, type);
    frame_put_u64(frame, connection_id);
}

static bool get_connection(struct frame_in *frame, uint64_t *connection_id)
{
    *connection_id = frame_get_u64(frame);
    return frame_end(frame);
}

void message_put_closed(struct frame_out *frame, uint64_t connection_id)
{
    put_connection(frame, FRAME_CLOSED, connection_id);
}

bool message_get_closed(struct frame_in *frame, uint64_t *connection_id)
{
    return get_connection(frame, connection_id);
}

void message_put_refused(struct frame_out *frame, uint64_t connection_id)
{
    put_connection(frame, FRAME_REFUSED, connection_id);
}

bool message_get_refused(struct frame_in *frame, uint64_t *connection_id)
{
    return get_connection(frame, connection_id);
}

void message_put_session_ended(struct frame_out *frame, uint32_t frontend_id, uint64_t connection_id)
{
    frame_begin(frame, FRAME_SESSION_ENDED);
    frame_put_u32(frame, frontend_id);
    frame_put_u64(frame, connection_id);
}

bool message_get_session_ended(struct frame_in *frame, uint32_t *frontend_id, uint64_t *connection_id)
{
    *frontend_id = frame_get_u32(frame);
    *connection_id = frame_get_u64(frame);
    return frame_end(frame);
}

void message_put_session_open(struct frame_out *frame, uint32_t frontend_id, uint64_t connection_id,
                              const char *peer, const char *user)
{
    frame_begin(frame, FRAME_SESSION_OPEN);
    frame_put_u32(frame, frontend_id);
    frame_put_u64(frame, connection_id);
    frame_put_string(frame, peer);
    frame_put_string(frame, user);
}

bool message_get_session_open(struct frame_in *frame, struct message_session_open *message)
{
    message->frontend_id = frame_get_u32(frame);
    message->connection_id = frame_get_u64(frame);
    frame_get_string(frame, message->peer, sizeof(message->peer));
    frame_get_string(frame, message->user, sizeof(message->user));
    return frame_end(frame);
}

void message_put_login(struct frame_out *frame, const struct message_login *message)
{
    frame_begin(frame, FRAME_LOGIN);
    frame_put_u64(frame, message->request_id);
    frame_put_u64(frame, message->connection_id);
    parts_put_session(frame, &message->session);
    frame_put_bytes(frame, message->response, message->response_length);
}

bool message_get_login(struct frame_in *frame, struct message_login *message)
{
    message->request_id = frame_get_u64(frame);
    message->connection_id = frame_get_u64(frame);
    parts_get_session(frame, &message->session);
    message->response = parts_get_view(frame, MESSAGE_SECRET_MAX, &message->response_length);
    return frame_end(frame);
}

static void put_exchange(struct frame_out *frame, uint16_t type, const struct message_exchange *message)
{
    frame_begin(frame, type);
    frame_put_u64(frame, message->request_id);
    frame_put_bytes(frame, message->data, message->length);
}

void message_put_challenge(struct frame_out *frame, const struct message_exchange *message)
{
    put_exchange(frame, FRAME_CHALLENGE, message);
}

void message_put_response(struct frame_out *frame, const struct message_exchange *message)
{
    put_exchange(frame, FRAME_RESPONSE, message);
}

bool message_get_exchange(struct frame_in *frame, struct message_exchange *message)
{
    message->request_id = frame_get_u64(frame);
    message->data = parts_get_view(frame, MESSAGE_SECRET_MAX, &message->length);
    return frame_end(frame);
}

void message_put_verdict(struct frame_out *frame, const struct message_verdict *message)
{
    frame_begin(frame, FRAME_VERDICT);
    frame_put_u64(frame, message->request_id);
    frame_put_u8(frame, message->status);
    frame_put_bytes(frame, message->token, sizeof(message->token));
}

bool message_get_verdict(struct frame_in *frame, struct message_verdict *message)
{
    message->request_id = frame_get_u64(frame);
    message->status = frame_get_u8(frame);
    parts_get_octets(frame, message->token, sizeof(message->token));
    return frame_end(frame) && message->status <= RESTANTE_INVALID;
}

void message_put_verify(struct frame_out *frame, const struct message_verify *message)
{
    frame_begin(frame, FRAME_VERIFY);
    frame_put_u64(frame, message->request_id);
    frame_put_string(frame, message->user);
    frame_put_string(frame, message->secret);
    frame_put_string(frame, message->peer);
    parts_put_flag(frame, message->is_tls);
}

bool message_get_verify(struct frame_in *frame, struct message_verify *message)
{
    message->request_id = frame_get_u64(frame);
    frame_get_string(frame, message->user, sizeof(message->user));
    frame_get_string(frame, message->secret, sizeof(message->secret));
    frame_get_string(frame, message->peer, sizeof(message->peer));
    message->is_tls = frame_get_bool(frame);
    return frame_end(frame);
}

void message_put_verified(struct frame_out *frame, const struct message_verified *message)
{
    frame_begin(frame, FRAME_VERIFIED);
    frame_put_u64(frame, message->request_id);
    frame_put_u8(frame, message->status);
    parts_put_account(frame, &message->account);
    frame_put_string(frame, message->log);
}

bool message_get_verified(struct frame_in *frame, struct message_verified *message)
{
    message->request_id = frame_get_u64(frame);
    message->status = frame_get_u8(frame);
    parts_get_account(frame, &message->account);
    frame_get_string(frame, message->log, sizeof(message->log));
    return frame_end(frame) && message->status <= RESTANTE_INVALID;
}

void message_put_identity(struct frame_out *frame, const struct message_identity *message)
{
    frame_begin(frame, FRAME_IDENTITY);
    frame_put_u32(frame, message->frontend_id);
    frame_put_u64(frame, message->connection_id);
    frame_put_bytes(frame, message->token, sizeof(message->token));
    parts_put_session(frame, &message->session);
    parts_put_account(frame, &message->account);
}

bool message_get_identity(struct frame_in *frame, struct message_identity *message)
{
    message->frontend_id = frame_get_u32(frame);
    message->connection_id = frame_get_u64(frame);
    parts_get_octets(frame, message->token, sizeof(message->token));
    parts_get_session(frame, &message->session);
    parts_get_account(frame, &message->account);
    return frame_end(frame);
}

void message_put_handover(struct frame_out *frame, const struct message_handover *message)
{
    frame_begin(frame, FRAME_HANDOVER);
    frame_put_u64(frame, message->connection_id);
    frame_put_bytes(frame, message->token, sizeof(message->token));
    frame_put_bytes(frame, message->input, message->input_length);
}

bool message_get_handover(struct frame_in *frame, struct message_handover *message)
{
    message->connection_id = frame_get_u64(frame);
    parts_get_octets(frame, message->token, sizeof(message->token));
    message->input = parts_get_view(frame, MESSAGE_INPUT_MAX, &message->input_length);
    return frame_end(frame);
}
