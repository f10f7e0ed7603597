/*
 * session/session_end.c - whichever way a session ends. Runs in a worker, as the mailbox owner.
 *
 * UPDATING -> SAVING -> FLUSHING. What the client has deleted goes only when it has said QUIT (RFC 1939 section 6); from
 * then on nothing depends on the client: many close their socket right behind it. The maildrop is unlocked before the
 * reply: a client that has read it may come back at once.
 */
#include <stdlib.h>

#include "session/session_log.h"
#include "session/session_state.h"
#include "util/clock.h"

static struct session_log session_who(const struct session *session)
{
    return (struct session_log){
        .session_id = session->facts.id, .user = session->user, .peer = session->facts.peer};
}

static void session_log(const struct session *session)
{
    struct session_log log = session_who(session);
    struct session_log_end end = {
        .deleted = session->counts.removed,
        .left = session->counts.left,
        .expired = session->counts.expired,
        .set_aside = session->counts.set_aside,
        .hidden = session->counts.hidden,
        .refused = session->policy.refused,
        .duration_ms = clock_monotonic_ms() - session->opened_ms,
        .how = session->how,
    };
    if (session->transaction)
        end.totals = *transaction_totals(session->transaction);
    session_log_end(&log, &end);
}

void session_finish(struct session *session, const char *how)
{
    if (!session->how)
        session->how = how;
    session_log(session);
    transaction_close(&session->transaction);
    session_policy_close(session);
    maildrop_close(&session->maildrop);
    session_free_events(session);
    session_socket_close(&session->fd);
    buf_free(&session->input);
    buf_clear(&session->out);
    session_keep_rest(session);
    session->ended(session, session->context);
    free(session->user);
    free(session);
}

/* --- step by step ---------------------------------------------------------------------------------------------- */

/* The last octets. */
static void session_part(struct session *session)
{
    enum session_socket_result result = session->is_gone ? SESSION_SOCKET_BROKEN : session_send(session);
    bool is_left = result == SESSION_SOCKET_PROGRESS || result == SESSION_SOCKET_NOTHING;
    if (is_left && !session->is_shutting_down)
        session_watch(session, false, true);
    else
        session_finish(session, "disconnect");
}

static void session_wait(struct session *session, enum restante_status status)
{
    session_keep_rest(session);
    session_step_after(session, status == RESTANTE_WAIT ? SESSION_RETRY_MS : 0);
}

static bool session_is_waiting(enum restante_status status)
{
    return status == RESTANTE_AGAIN || status == RESTANTE_WAIT;
}

/* What fails here has been logged; mail does not depend on it. */
static void session_save(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_save(session->maildrop, &error);
    if (session_is_waiting(status)) {
        session_wait(session, status);
        return;
    }
    maildrop_close(&session->maildrop);
    session->state = SESSION_FLUSHING;
    session->active_ms = clock_monotonic_ms();
    session_part(session);
}

/* What was done has been done: the hooks behind it may still write down what they like. */
static void session_begin_saving(struct session *session)
{
    session->state = SESSION_SAVING;
    if (session->transaction)
        session_policy_tell(session, RESTANTE_EVENT_CLOSE);
    session_save(session);
}

static void session_update(struct session *session)
{
    struct restante_error error = {0};
    struct restante_session_facts facts;
    session_policy_facts(session, &facts);
    struct maildrop_update update = {.client = {.fates = transaction_fates(session->transaction),
                                                .retrieved = transaction_retrieved(session->transaction)},
                                     .has_quit = session->has_quit,
                                     .session = &facts};
    enum restante_status status = maildrop_update(session->maildrop, &update, &error);
    if (session_is_waiting(status)) {
        session_wait(session, status);
        return;
    }
    struct session_log log = session_who(session);
    if (status != RESTANTE_OK)
        session_log_failure(&log, "update_failed", &error);
    session->counts = *maildrop_counts(session->maildrop);
    if (session->has_quit)
        transaction_updated(session->transaction, status, &error, session->counts.left, session_out(session));
    if (session->has_quit && status == RESTANTE_OK)
        session_policy_tell(session, RESTANTE_EVENT_QUIT);
    session_begin_saving(session);
}

void session_end_step(struct session *session)
{
    if (session->state == SESSION_UPDATING)
        session_update(session);
    else if (session->state == SESSION_SAVING)
        session_save(session);
    else
        session_part(session);
}

/* --- the ways to get there ------------------------------------------------------------------------------------- */

void session_leave(struct session *session, const char *how)
{
    enum session_state state = session->state;
    if (!session->how)
        session->how = how;
    session_watch(session, false, false);
    if (state == SESSION_TALKING && !session->has_quit)
        transaction_stop(session->transaction);
    if (state == SESSION_TALKING && !session->is_shutting_down) {
        session->state = SESSION_UPDATING;
        session_update(session);
    } else if (state > SESSION_REMEMBERING && state < SESSION_UPDATING) {
        session_begin_saving(session);
    } else {
        session->state = SESSION_FLUSHING;
        session_part(session);
    }
}

void session_end(struct session *session, const char *how)
{
    session->is_gone = true;
    session_leave(session, how);
}

void session_fail(struct session *session, const char *event, const struct restante_error *error)
{
    struct session_log log = session_who(session);
    session_log_failure(&log, event, error);
    transaction_login_failed(session_out(session), error);
    session_leave(session, "error");
}
