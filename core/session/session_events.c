/*
 * session/session_events.c - what wakes a session up. Runs in a worker.
 *
 * Only whole commands, and output taken as a whole, prove that there is a client. One that sends or takes an octet now
 * and then does not hold the maildrop for longer than a silent one.
 *
 * WHY no EPOLLRDHUP: a client may shut down its sending side behind a pipelined QUIT and still read. One that is gone
 * answers our next segment with a reset, which ends the session.
 */
#include "session/session_state.h"
#include "util/clock.h"

static void session_add_timer(struct event *event, int64_t delay_ms)
{
    struct timeval delay = clock_timeval(delay_ms > 0 ? delay_ms : 0);
    event_add(event, &delay);
}

void session_step_after(struct session *session, int64_t delay_ms)
{
    session_add_timer(session->step, delay_ms);
}

void session_set_deadline(struct session *session, int64_t delay_ms)
{
    session_add_timer(session->deadline, delay_ms);
}

int64_t session_time_left_ms(const struct session *session)
{
    const struct session_settings *settings = session->settings;
    if (session->state != SESSION_TALKING && session->state != SESSION_FLUSHING)
        return session->idle_ms;
    int64_t deadline_ms = session->active_ms + session->idle_ms;
    if (session->line_began_ms && session->line_began_ms + settings->command_ms < deadline_ms)
        deadline_ms = session->line_began_ms + settings->command_ms;
    return deadline_ms - clock_monotonic_ms();
}

/* The timer is only ever set earlier here: when it comes too early, it is set anew. */
void session_note_line(struct session *session, bool has_completed)
{
    bool was_within = session->line_began_ms != 0;
    if (!transaction_is_within_line(session->transaction)) {
        session->line_began_ms = 0;
    } else if (!was_within || has_completed) {
        session->line_began_ms = clock_monotonic_ms();
        if (!was_within)
            session_set_deadline(session, session_time_left_ms(session));
    }
}

void session_watch(struct session *session, bool read, bool write)
{
    if (session->is_reading && !read)
        event_del(session->readable);
    if (session->is_writing && !write)
        event_del(session->writable);
    if (read && !session->is_reading)
        event_add(session->readable, NULL);
    if (write && !session->is_writing)
        event_add(session->writable, NULL);
    session->is_reading = read;
    session->is_writing = write;
}

static void session_free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

void session_free_events(struct session *session)
{
    session_free_event(&session->readable);
    session_free_event(&session->writable);
    session_free_event(&session->step);
    session_free_event(&session->deadline);
}
