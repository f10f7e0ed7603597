/*
 * session/session_begin.c - from the session lock to the greeting. Runs in a worker, as the mailbox owner. The client is
 * told nothing before the maildrop is open, or is not going to be; also while a policy lets it wait.
 */
#include "session/session_state.h"
#include "util/clock.h"

/* The maildrop is open: the login has succeeded only now. */
static void session_greet(struct session *session)
{
    session->counts = *maildrop_counts(session->maildrop);
    session->messages = maildrop_listed(session->maildrop);
    session->transaction_settings = (struct transaction_settings){
        .hostname = session->settings->hostname,
        .announcements = CAPA_NOTHING_EXPIRES,
        .compatibility = session->settings->compatibility,
        .bad_commands = session->bad_commands,
        .is_tls = session->facts.tls[0] != '\0',
    };
    session_policy_prepare(session, &session->transaction_settings.policy);
    session->transaction = transaction_open(&session->transaction_settings, maildrop_view(session->maildrop));
    transaction_greet(session->transaction, session_out(session));
    session->state = SESSION_TALKING;
    session_policy_tell(session, RESTANTE_EVENT_LOGIN);
    session_policy_tell(session, RESTANTE_EVENT_OPEN);
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
    int64_t left_ms = session->waiting_ms + session->settings->lock_ms - clock_monotonic_ms();
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

/* The last answer of the policies: refuse, or let the next state begin when the client has waited long enough. */
static void session_take_answer(struct session *session, enum session_state next)
{
    const struct restante_verdict *verdict = &session->policy.answer.verdict;
    if (session_policy_is_refused(session)) {
        transaction_login_refused(session_out(session), verdict->code, verdict->text);
        session_leave(session, "policy");
        return;
    }
    session->state = next;
    if (verdict->delay_ms == 0) {
        session_begin_step(session);
        return;
    }
    session->delayed_until_ms = session->waiting_ms = clock_monotonic_ms() + verdict->delay_ms;
    session_step_after(session, verdict->delay_ms);
}

static void session_decide(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = session_policy_ask_open(session, &error);
    if (status == RESTANTE_OK)
        session_take_answer(session, SESSION_GREETING);
    else
        session_not_yet(session, status, &error);
}

static void session_list(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_list(session->maildrop, &error);
    if (status != RESTANTE_OK) {
        session_not_yet(session, status, &error);
        return;
    }
    session->state = SESSION_DECIDING;
    session_decide(session);
}

/* What a policy allows is within what is configured. */
static void session_limit(struct session *session)
{
    const struct restante_limits *limits = &session->policy.answer.verdict.limits;
    if (limits->idle_ms > 0 && limits->idle_ms < session->idle_ms) {
        session->idle_ms = limits->idle_ms;
        session_set_deadline(session, session->idle_ms);
    }
    if (limits->bad_commands > 0 && limits->bad_commands < session->bad_commands)
        session->bad_commands = limits->bad_commands;
}

static void session_remember(struct session *session)
{
    struct restante_error error = {0};
    enum restante_status status = maildrop_remember(session->maildrop, &error);
    if (status != RESTANTE_OK) {
        session_not_yet(session, status, &error);
        return;
    }
    /* From here on there is something to save, also when the login is refused. */
    session->state = SESSION_LISTING;
    session_policy_ask_login(session);
    session_limit(session);
    session_take_answer(session, SESSION_LISTING);
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
    int64_t delay_ms = session->delayed_until_ms - clock_monotonic_ms();
    if (session->delayed_until_ms > 0 && delay_ms > 0)
        session_step_after(session, delay_ms); /* timers may be early by what a turn of the loop takes */
    else if (session->state == SESSION_LOCKING)
        session_lock(session);
    else if (session->state == SESSION_REMEMBERING)
        session_remember(session);
    else if (session->state == SESSION_LISTING)
        session_list(session);
    else if (session->state == SESSION_DECIDING)
        session_decide(session);
    else
        session_greet(session);
}
