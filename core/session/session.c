/*
 * session/session.c - one session from the lock to the last reply: how it is opened, what wakes it up, how it is told to
 * end. Runs in a worker, as the mailbox owner. Only TALKING reads from the client.
 */
#include "session/session.h"

#include <stdlib.h>

#include "session/session_state.h"
#include "util/alloc.h"
#include "util/clock.h"

static void session_step(struct session *session)
{
    if (session->state < SESSION_TALKING)
        session_begin_step(session);
    else if (session->state == SESSION_TALKING)
        session_talk(session);
    else
        session_end_step(session);
}

static void session_on_readable(evutil_socket_t fd, short what, void *context)
{
    struct session *session = context;
    const char *data;
    size_t length;
    (void)what;
    switch (session_socket_receive(fd, transaction_room(session->transaction), &data, &length)) {
    case SESSION_SOCKET_NOTHING:
        return;
    case SESSION_SOCKET_BROKEN:
        session_end(session, "disconnect");
        return;
    case SESSION_SOCKET_DONE:
        session->is_at_end = true;
        break;
    case SESSION_SOCKET_PROGRESS:
        if (!transaction_feed(session->transaction, data, length)) {
            session_end(session, "protocol");
            return;
        }
        break;
    }
    session_talk(session);
}

static void session_on_wake(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    session_step(context);
}

static void session_on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct session *session = context;
    (void)fd;
    (void)what;
    int64_t left_ms = session_time_left_ms(session);
    if (left_ms > 0)
        session_set_deadline(session, left_ms);
    else
        session_end(session, "timeout");
}

struct session *session_open(struct event_base *base, const struct session_settings *settings,
                             const struct session_request *request, session_ended ended, void *context)
{
    struct session *session = alloc_zeroed(sizeof(*session));
    session->settings = settings;
    session->ended = ended;
    session->context = context;
    session->fd = request->client_fd;
    session->facts = request->facts;
    session->user = alloc_string(request->maildrop.user);
    struct maildrop_request maildrop = request->maildrop;
    maildrop.rules = &settings->rules;
    session->maildrop = maildrop_open(&maildrop);
    session->opened_ms = session->waiting_ms = session->active_ms = clock_monotonic_ms();
    session->idle_ms = settings->idle_ms;
    session->bad_commands = settings->bad_commands;
    session_policy_open(session);
    buf_append(&session->input, request->input, request->input_length);
    session->readable = event_new(base, session->fd, EV_READ | EV_PERSIST, session_on_readable, session);
    session->writable = event_new(base, session->fd, EV_WRITE | EV_PERSIST, session_on_wake, session);
    session->step = evtimer_new(base, session_on_wake, session);
    session->deadline = evtimer_new(base, session_on_deadline, session);
    if (!session->readable || !session->writable || !session->step || !session->deadline)
        abort();
    session_set_deadline(session, settings->idle_ms);
    session_step_after(session, 0);
    return session;
}

void session_shutdown(struct session *session)
{
    session->is_shutting_down = true;
    if (session->state == SESSION_UPDATING || session->state == SESSION_SAVING)
        return;
    session_end(session, "shutdown");
}

size_t session_messages(const struct session *session)
{
    return session->messages;
}

void session_turn_away(int *client_fd, const struct restante_error *error)
{
    struct buf out = {0};
    transaction_login_failed(&out, error);
    session_socket_send(*client_fd, &out);
    session_socket_close(client_fd);
    buf_free(&out);
}
