/*
 * session/session.c - one session from the lock to the last reply. Runs in a worker, as the mailbox owner.
 *
 * LOCKING -> OPENING -> TALKING -> COMMITTING -> FLUSHING, and from each of them to the end. Only TALKING reads from
 * the client. UPDATE begins when the engine has seen QUIT and then no longer depends on the client: many close their
 * socket right behind it. Every other end deletes nothing (RFC 1939 section 6).
 *
 * Memory: output is made in one buffer that all sessions of the loop share. What the client does not take at once the
 * session keeps, and makes no more until that is gone: a stalled client holds at most twice SESSION_OUTPUT_LIMIT.
 *
 * Time: only whole commands, and output taken as a whole, prove that there is a client. One that sends or takes an
 * octet now and then does not hold the maildrop for longer than a silent one.
 *
 * WHY no EPOLLRDHUP: a client may shut down its sending side behind a pipelined QUIT and still read. One that is gone
 * answers our next segment with a reset, which ends the session.
 */
#include "session/session.h"

#include <stdlib.h>

#include "session/session_log.h"
#include "session/session_socket.h"
#include "util/alloc.h"
#include "util/clock.h"

enum {
    SESSION_OUTPUT_LIMIT = 131072, /* octets made before they are sent */
    SESSION_ROUNDS = 16,           /* of so much output before other sessions have their turn */
    SESSION_LOCK_RETRY_MS = 100,
};

enum session_state { SESSION_LOCKING, SESSION_OPENING, SESSION_TALKING, SESSION_COMMITTING, SESSION_FLUSHING };

struct session {
    const struct session_settings *settings;
    session_ended ended;
    void *context;
    enum session_state state;
    int fd;
    struct message_session facts;
    char *user;
    struct maildrop *maildrop;
    struct transaction *transaction; /* from TALKING on */
    struct transaction_settings transaction_settings;
    struct buf input;                /* pipelined behind the credentials, until there is a transaction */
    struct buf out; /* what is to be sent: the loop's buffer for a while, or what the client has not taken */
    struct event *readable, *writable;
    struct event *step; /* the next step of a long operation, or the next try */
    struct event *deadline;
    int64_t opened_ms;
    int64_t active_ms;     /* when a command was completed or output taken as a whole */
    int64_t line_began_ms; /* 0: no line is incomplete */
    size_t messages;
    bool is_reading, is_writing;
    bool is_at_end;        /* the client sends no more */
    bool is_shutting_down; /* end when the commit has */
    const char *how;
    size_t removed, left;
};

static struct buf session_output; /* one serves every session of the loop, one after the other */

/* --- output ---------------------------------------------------------------------------------------------------- */

/* Somewhere to write, before session_talk. */
static struct buf *session_out(struct session *session)
{
    if (!session->out.data) {
        session->out = session_output;
        session_output = (struct buf){0};
    }
    return &session->out;
}

/* The shared buffer goes back; what is left is kept in as much memory as it needs. */
static void session_keep_rest(struct session *session)
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

/* --- the end --------------------------------------------------------------------------------------------------- */

static void session_log(const struct session *session)
{
    struct session_log log = {.session_id = session->facts.id, .user = session->user, .peer = session->facts.peer};
    struct session_log_end end = {
        .deleted = session->removed,
        .left = session->left,
        .duration_ms = clock_monotonic_ms() - session->opened_ms,
        .how = session->how,
    };
    if (session->transaction)
        end.totals = *transaction_totals(session->transaction);
    session_log_end(&log, &end);
}

static void session_log_error(const struct session *session, const char *event, const struct restante_error *error)
{
    struct session_log log = {.session_id = session->facts.id, .user = session->user, .peer = session->facts.peer};
    session_log_failure(&log, event, error);
}

static void session_free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

/* The session is over; `how` says why unless that is known already. Nothing may touch it afterwards. */
static void session_finish(struct session *session, const char *how)
{
    if (!session->how)
        session->how = how;
    session_log(session);
    transaction_close(&session->transaction);
    maildrop_close(&session->maildrop);
    session_free_event(&session->readable);
    session_free_event(&session->writable);
    session_free_event(&session->step);
    session_free_event(&session->deadline);
    session_socket_close(&session->fd);
    buf_free(&session->input);
    buf_clear(&session->out);
    session_keep_rest(session);
    session->ended(session, session->context);
    free(session->user);
    free(session);
}

/* --- events ---------------------------------------------------------------------------------------------------- */

static void session_after(struct event *event, int64_t delay_ms)
{
    if (delay_ms < 0)
        delay_ms = 0;
    struct timeval delay = clock_timeval(delay_ms);
    event_add(event, &delay);
}

/* When it is over unless something happens; INT64_MAX: nobody waits for the client. */
static int64_t session_deadline_ms(const struct session *session)
{
    const struct session_settings *settings = session->settings;
    if (session->state != SESSION_TALKING && session->state != SESSION_FLUSHING)
        return INT64_MAX;
    int64_t deadline_ms = session->active_ms + settings->idle_ms;
    if (session->line_began_ms && session->line_began_ms + settings->command_ms < deadline_ms)
        deadline_ms = session->line_began_ms + settings->command_ms;
    return deadline_ms;
}

/* The timer is only ever set earlier here: when it comes too early, it is set anew. */
static void session_note_line(struct session *session, bool has_completed)
{
    bool was_within = session->line_began_ms != 0;
    if (!transaction_is_within_line(session->transaction)) {
        session->line_began_ms = 0;
    } else if (!was_within || has_completed) {
        session->line_began_ms = clock_monotonic_ms();
        if (!was_within)
            session_after(session->deadline, session_deadline_ms(session) - session->line_began_ms);
    }
}

static void session_watch(struct session *session, bool read, bool write)
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

/* --- UPDATE ---------------------------------------------------------------------------------------------------- */

static void session_talk(struct session *session);

static void session_commit(struct session *session)
{
    struct restante_error error = {0};
    struct maildrop_update update = {.fates = transaction_fates(session->transaction), .has_quit = true};
    enum restante_status status = maildrop_update(session->maildrop, &update, &error);
    if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT) {
        session_keep_rest(session);
        session_after(session->step, status == RESTANTE_WAIT ? SESSION_LOCK_RETRY_MS : 0);
        return;
    }
    if (status != RESTANTE_OK)
        session_log_error(session, "update_failed", &error);
    session->removed = maildrop_removed(session->maildrop);
    session->left = maildrop_left(session->maildrop);
    /* Unlocked before the reply: a client that has read it may come back at once. */
    maildrop_close(&session->maildrop);
    transaction_updated(session->transaction, status, &error, session->left, session_out(session));
    session->state = SESSION_FLUSHING;
    session_talk(session);
}

/* --- TRANSACTION ----------------------------------------------------------------------------------------------- */

/* Let the engine work. Whatever it says in reply is a command completed: dripping bytes keep nobody alive. */
static enum transaction_event session_run(struct session *session)
{
    struct buf *out = session_out(session);
    size_t before = buf_length(out);
    enum transaction_event event = transaction_run(session->transaction, out, SESSION_OUTPUT_LIMIT);
    bool has_completed = buf_length(out) > before;
    if (has_completed || event == TRANSACTION_QUIT)
        session->active_ms = clock_monotonic_ms();
    if (event == TRANSACTION_QUIT) {
        session->state = SESSION_COMMITTING;
        session->how = "quit";
    } else if (event == TRANSACTION_CLOSE) {
        session->state = SESSION_FLUSHING;
        session->how = "protocol";
    } else if (event == TRANSACTION_NEED_INPUT) {
        session_note_line(session, has_completed);
    }
    return event;
}

/* Send what was made. False: the client has to act first, or is gone. */
static bool session_flush(struct session *session)
{
    bool has_output = buf_length(&session->out) > 0;
    switch (session_socket_send(session->fd, &session->out)) {
    case SESSION_SOCKET_PROGRESS:
    case SESSION_SOCKET_NOTHING:
        if (session->is_shutting_down) {
            session_finish(session, "shutdown");
            return false;
        }
        session_keep_rest(session);
        session_watch(session, false, true);
        return false;
    case SESSION_SOCKET_BROKEN:
        session_finish(session, "disconnect");
        return false;
    case SESSION_SOCKET_DONE:
        break;
    }
    if (has_output)
        session->active_ms = clock_monotonic_ms();
    session_keep_rest(session);
    return true;
}

/* Make output and send it, in turns, until the client has to act or others have waited long enough. */
static void session_talk(struct session *session)
{
    bool is_full = true;
    for (unsigned round = 0; is_full && round < SESSION_ROUNDS; round++) {
        enum transaction_event event = TRANSACTION_OUTPUT_FULL;
        bool is_rest = session->is_writing; /* what was not taken before: nothing is added to it */
        if (session->state == SESSION_TALKING && !is_rest) {
            event = session_run(session);
            if (session->state == SESSION_COMMITTING) {
                session_watch(session, false, false);
                session_commit(session);
                return;
            }
        }
        is_full = is_rest || buf_length(&session->out) >= SESSION_OUTPUT_LIMIT;
        if (!session_flush(session))
            return;
        if (session->state == SESSION_FLUSHING) {
            session_finish(session, "error");
            return;
        }
        if (event == TRANSACTION_NEED_INPUT) {
            if (session->is_at_end)
                session_finish(session, "disconnect");
            else
                session_watch(session, true, false);
            return;
        }
        session_watch(session, false, false);
    }
    session_after(session->step, 0);
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
        session_finish(session, "disconnect");
        return;
    case SESSION_SOCKET_DONE:
        session->is_at_end = true;
        break;
    case SESSION_SOCKET_PROGRESS:
        if (!transaction_feed(session->transaction, data, length)) {
            session_finish(session, "protocol");
            return;
        }
        break;
    }
    session_talk(session);
}

static void session_on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    session_talk(context);
}

static void session_on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct session *session = context;
    (void)fd;
    (void)what;
    int64_t deadline_ms = session_deadline_ms(session);
    int64_t left_ms = deadline_ms == INT64_MAX ? session->settings->idle_ms : deadline_ms - clock_monotonic_ms();
    if (left_ms > 0)
        session_after(session->deadline, left_ms);
    else
        session_finish(session, "timeout");
}

/* --- the beginning --------------------------------------------------------------------------------------------- */

static void session_fail(struct session *session, const struct restante_error *error)
{
    session_log_error(session, "maildrop_failed", error);
    transaction_login_failed(session_out(session), error);
    session->how = "error";
    session->state = SESSION_FLUSHING;
    session_talk(session);
}

/* The maildrop is open: the login has succeeded only now. */
static void session_greet(struct session *session)
{
    session->left = session->messages = maildrop_left(session->maildrop);
    session->transaction_settings = (struct transaction_settings){
        .hostname = session->settings->hostname,
        .announcements = CAPA_NOTHING_EXPIRES,
        .compatibility = session->settings->compatibility,
        .bad_commands = session->settings->bad_commands,
        .is_tls = session->facts.tls[0] != '\0',
    };
    session->transaction = transaction_open(&session->transaction_settings, maildrop_view(session->maildrop));
    transaction_greet(session->transaction, session_out(session));
    session->state = SESSION_TALKING;
    session->active_ms = clock_monotonic_ms();
    if (buf_length(&session->input) > 0 &&
        !transaction_feed(session->transaction, buf_head(&session->input), buf_length(&session->input))) {
        session_finish(session, "protocol");
        return;
    }
    buf_free(&session->input);
    session_talk(session);
}

/* Somebody else has it: try again until timeouts.lock is over. */
static void session_try_later(struct session *session, const struct restante_error *error)
{
    int64_t left_ms = session->opened_ms + session->settings->lock_ms - clock_monotonic_ms();
    if (left_ms <= 0)
        session_fail(session, error);
    else
        session_after(session->step, left_ms < SESSION_LOCK_RETRY_MS ? left_ms : SESSION_LOCK_RETRY_MS);
}

static void session_list(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_remember(session->maildrop, &error);
    if (status == RESTANTE_OK)
        status = maildrop_list(session->maildrop, &error);
    if (status == RESTANTE_OK)
        session_greet(session);
    else if (status == RESTANTE_AGAIN)
        session_after(session->step, 0);
    else if (status == RESTANTE_WAIT)
        session_after(session->step, SESSION_LOCK_RETRY_MS);
    else if (status == RESTANTE_IN_USE)
        session_try_later(session, &error);
    else
        session_fail(session, &error);
}

static void session_lock(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_lock(session->maildrop, &error);
    if (status == RESTANTE_OK) {
        session->state = SESSION_OPENING;
        session_list(session);
    } else if (status == RESTANTE_IN_USE) {
        session_try_later(session, &error);
    } else {
        session_fail(session, &error);
    }
}

static void session_on_step(evutil_socket_t fd, short what, void *context)
{
    struct session *session = context;
    (void)fd;
    (void)what;
    switch (session->state) {
    case SESSION_LOCKING:
        session_lock(session);
        break;
    case SESSION_OPENING:
        session_list(session);
        break;
    case SESSION_COMMITTING:
        session_commit(session);
        break;
    case SESSION_TALKING:
    case SESSION_FLUSHING:
        session_talk(session);
        break;
    }
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
    session->maildrop = maildrop_open(&request->maildrop);
    session->opened_ms = session->active_ms = clock_monotonic_ms();
    buf_append(&session->input, request->input, request->input_length);
    session->readable = event_new(base, session->fd, EV_READ | EV_PERSIST, session_on_readable, session);
    session->writable = event_new(base, session->fd, EV_WRITE | EV_PERSIST, session_on_writable, session);
    session->step = evtimer_new(base, session_on_step, session);
    session->deadline = evtimer_new(base, session_on_deadline, session);
    if (!session->readable || !session->writable || !session->step || !session->deadline)
        abort();
    session_after(session->deadline, settings->idle_ms);
    session_after(session->step, 0);
    return session;
}

void session_shutdown(struct session *session)
{
    if (session->state == SESSION_COMMITTING)
        session->is_shutting_down = true;
    else
        session_finish(session, "shutdown");
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
