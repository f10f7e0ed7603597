/*
 * session/session_begin.c - from the session lock to the greeting. Runs in a worker, as the mailbox owner. The client is
 * told nothing before the maildrop is open, or is not going to be.
 */
#include "policy/answer.h"
#include "session/session_state.h"
#include "util/clock.h"
#include "util/error.h"

/* The maildrop is open: the login has succeeded only now. */
static void session_greet(struct session *session)
{
    session->left = session->messages = maildrop_counts(session->maildrop)->left;
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
        session_end(session, "protocol");
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
        session_fail(session, "maildrop_failed", error);
    else
        session_step_after(session, left_ms < SESSION_RETRY_MS ? left_ms : SESSION_RETRY_MS);
}

/* What to do when an operation of the beginning is not done. */
static void session_not_yet(struct session *session, enum restante_status status, const struct restante_error *error)
{
    if (status == RESTANTE_AGAIN)
        session_step_after(session, 0);
    else if (status == RESTANTE_WAIT)
        session_step_after(session, SESSION_RETRY_MS);
    else if (status == RESTANTE_IN_USE)
        session_try_later(session, error);
    else
        session_fail(session, "maildrop_failed", error);
}

static void session_list(struct session *session)
{
    struct restante_error error = {0};
    struct policy_answer answer = {0};
    enum restante_status status = maildrop_list(session->maildrop, &error);
    if (status == RESTANTE_OK)
        status = maildrop_decide(session->maildrop, NULL, &answer, &error);
    if (status == RESTANTE_OK && answer.verdict.decision != RESTANTE_ALLOW)
        status = error_set(&error, RESTANTE_PERMANENT, 0, NULL, "policy %s does not open the maildrop of %s",
                           answer.by->terms.name, session->user);
    if (status == RESTANTE_OK)
        session_greet(session);
    else
        session_not_yet(session, status, &error);
}

static void session_remember(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_remember(session->maildrop, &error);
    if (status != RESTANTE_OK) {
        session_not_yet(session, status, &error);
        return;
    }
    session->state = SESSION_LISTING;
    session_list(session);
}

static void session_lock(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_lock(session->maildrop, &error);
    if (status != RESTANTE_OK) {
        session_not_yet(session, status, &error);
        return;
    }
    session->state = SESSION_REMEMBERING;
    session_remember(session);
}

void session_begin_step(struct session *session)
{
    if (session->state == SESSION_LOCKING)
        session_lock(session);
    else if (session->state == SESSION_REMEMBERING)
        session_remember(session);
    else
        session_list(session);
}
