/*
 * session/session_talk.c - TRANSACTION: the engine between what the client sends and what it takes. Runs in a worker,
 * as the mailbox owner.
 */
#include <string.h>

#include "session/session_state.h"
#include "util/clock.h"

enum { SESSION_ROUNDS = 16 }; /* of SESSION_OUTPUT_LIMIT before other sessions have their turn */

/* Let the engine work. Whatever it says in reply is a command completed: dripping bytes keep nobody alive. */
static enum transaction_event session_run(struct session *session)
{
    if (session->delayed_until_ms > clock_monotonic_ms())
        return TRANSACTION_DELAYED;
    session->delayed_until_ms = 0;
    struct buf *out = session_out(session);
    size_t before = buf_length(out);
    enum transaction_event event = transaction_run(session->transaction, out, SESSION_OUTPUT_LIMIT);
    bool has_completed = buf_length(out) > before;
    if (has_completed || event == TRANSACTION_QUIT)
        session->active_ms = clock_monotonic_ms();
    if (event == TRANSACTION_NEED_INPUT) {
        session_note_line(session, has_completed);
    } else if (event == TRANSACTION_DELAYED) {
        session->line_began_ms = 0;
        session->delayed_until_ms = clock_monotonic_ms() + transaction_delay_ms(session->transaction);
    }
    return event;
}

/* Send what was made. False: the client has to act first, or is gone. */
static bool session_flush(struct session *session)
{
    switch (session_send(session)) {
    case SESSION_SOCKET_PROGRESS:
    case SESSION_SOCKET_NOTHING:
        session_watch(session, false, true);
        return false;
    case SESSION_SOCKET_BROKEN:
        session_end(session, "disconnect");
        return false;
    case SESSION_SOCKET_DONE:
        break;
    }
    return true;
}

static const char *session_close_reason(const struct session *session)
{
    bool is_policy = strcmp(transaction_close_reason(session->transaction), "policy") == 0;
    return is_policy ? "policy" : "protocol";
}

/* The engine has come to its end, by UPDATE or without it. */
static bool session_has_left(struct session *session, enum transaction_event event)
{
    session->has_quit = event == TRANSACTION_QUIT;
    if (event == TRANSACTION_QUIT)
        session_leave(session, "quit");
    else if (event == TRANSACTION_CLOSE)
        session_leave(session, session_close_reason(session));
    else
        return false;
    return true;
}

void session_talk(struct session *session)
{
    bool is_full = true;
    for (unsigned round = 0; is_full && round < SESSION_ROUNDS; round++) {
        enum transaction_event event = TRANSACTION_OUTPUT_FULL;
        bool is_rest = session->is_writing; /* what was not taken before: nothing is added to it */
        if (!is_rest)
            event = session_run(session);
        if (session_has_left(session, event))
            return;
        is_full = is_rest || buf_length(&session->out) >= SESSION_OUTPUT_LIMIT;
        if (!session_flush(session))
            return;
        if (event == TRANSACTION_NEED_INPUT) {
            if (session->is_at_end)
                session_end(session, "disconnect");
            else
                session_watch(session, true, false);
            return;
        }
        session_watch(session, false, false);
        if (event == TRANSACTION_DELAYED) {
            session_step_after(session, session->delayed_until_ms - clock_monotonic_ms());
            return;
        }
    }
    session_step_after(session, 0);
}
