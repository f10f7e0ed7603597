/*
 * session/session_output.c - what is to be sent. Runs in a worker.
 *
 * Output is made in one buffer that all sessions of the loop share. What the client does not take at once the session
 * keeps, and makes no more until that is gone: a stalled client holds at most twice SESSION_OUTPUT_LIMIT.
 */
#include "session/session_state.h"
#include "util/clock.h"

static struct buf session_output; /* one serves every session of the loop, one after the other */

struct buf *session_out(struct session *session)
{
    if (!session->out.data) {
        session->out = session_output;
        session_output = (struct buf){0};
    }
    return &session->out;
}

void session_keep_rest(struct session *session)
{
    struct buf rest = {0};
    size_t length = buf_length(&session->out);
    if (length > 0) {
        if (session_output.data)
            return; /* this one is the session's own */
        buf_append(&rest, buf_head(&session->out), length);
    }
    buf_clear(&session->out);
    if (session_output.data)
        buf_free(&session->out);
    else
        session_output = session->out;
    session->out = rest;
}

enum session_socket_result session_send(struct session *session)
{
    bool has_output = buf_length(&session->out) > 0;
    enum session_socket_result result = session_socket_send(session->fd, &session->out);
    if (has_output && result == SESSION_SOCKET_DONE)
        session->active_ms = clock_monotonic_ms();
    session_keep_rest(session);
    return result;
}
