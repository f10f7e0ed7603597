/*
 * One login. It first waits for its turn (auth_penalties.h), in a list and not in a worker. The identity goes to the
 * nursery before the verdict goes to the frontend, and a refusal is paid for with a timer. Errors are "try again",
 * never "denied", and an outage of one auth entry never lets a later one decide.
 */
#include "auth/auth_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "auth/auth_mechanism.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/str.h"

/* While the nursery's socket is full its identity waits with us, and the verdict must wait too. */
enum { LOGIN_HOLD_STEP_MS = 2, LOGIN_HOLD_MAX_MS = 10000, LOGIN_USER_LOGGED_MAX = 128 };

enum login_stage {
    LOGIN_WAITING = 0, /* for its turn: nothing has been checked */
    LOGIN_ASKING, /* a worker has it, or it waits for one */
    LOGIN_HELD,       /* accepted; the identity is not yet on its way */
    LOGIN_DELAYED,    /* refused; the verdict is due when the timer fires */
};

struct auth_login {
    LIST_ENTRY(auth_login) link;
    struct auth_dispatcher *dispatcher;
    struct auth_frontend *frontend; /* NULL: nobody waits for the verdict */
    uint32_t frontend_id;
    uint64_t connection_id, request_id;
    struct message_session session;
    struct auth_credentials credentials;
    struct auth_try try;
    int64_t waited_ms; /* for its turn */
    uint32_t failures; /* accepted: so many before it were not */
    bool is_refused;   /* for having waited, or having to wait, too long */
    struct auth_ask ask;
    uint32_t entry; /* index of the auth entry that is asked */
    enum login_stage stage;
    bool is_spoiled; /* the frontend spoke out of turn */
    bool had_outage; /* an entry before this one could not answer: nobody may be told "denied" */
    struct event *timer;
    int64_t until_ms; /* the client's connection lives no longer without a login */
    int64_t hold_until_ms;
    struct message_verdict verdict;
    char reason[512];
};

static void login_ask(struct auth_login *login);

static struct auth_connection *login_connection(const struct auth_login *login)
{
    return auth_connections_find(login->dispatcher->connections, login->frontend_id, login->connection_id);
}

/* Give way to those who wait, in a later turn of the loop: we may be in the middle of anything. */
static void login_end_try(struct auth_login *login, enum auth_try_result result)
{
    struct auth_dispatcher *dispatcher = login->dispatcher;
    if (login->try.state == AUTH_TRY_NONE)
        return;
    login->failures = auth_penalties_end(dispatcher->penalties, &login->try, result, clock_monotonic_ms());
    event_active(dispatcher->turn, EV_TIMEOUT, 0);
}

static void login_free(struct auth_login *login)
{
    login_end_try(login, AUTH_TRY_WITHDRAWN);
    struct auth_connection *connection = login_connection(login);
    if (connection && connection->login == login)
        connection->login = NULL;
    LIST_REMOVE(login, link);
    if (login->timer)
        event_free(login->timer);
    explicit_bzero(login, sizeof(*login));
    free(login);
}

static const char *login_result(const struct auth_login *login, enum restante_status status)
{
    if (status == RESTANTE_OK)
        return "accepted";
    if (status == RESTANTE_DENIED)
        return "denied";
    return login->is_refused ? "refused" : "error";
}

static void login_count(struct auth_dispatcher *dispatcher, enum restante_status status)
{
    if (status == RESTANTE_OK)
        dispatcher->logins_accepted++;
    else if (status == RESTANTE_DENIED)
        dispatcher->logins_denied++;
    else
        dispatcher->logins_failed++;
}

/*
 * One line for each attempt; never the secret. A name may be anything a client typed, so it is cut. The form is
 * documented in restante(8), and filters read it: fields may be added at the end, nothing else may change.
 */
static void login_log(const struct auth_login *login, enum restante_status status)
{
    struct log_line line;
    const char *result = login_result(login, status);
    /* A client that went away, or that has to wait, is no reason to wake anybody. */
    bool is_error = strcmp(result, "error") == 0 && login->frontend;
    login_count(login->dispatcher, status);
    log_begin(&line, is_error ? RESTANTE_ERROR : RESTANTE_INFO, "login");
    log_add(&line, "session", login->session.id);
    log_add_n(&line, "user", login->credentials.user, strnlen(login->credentials.user, LOGIN_USER_LOGGED_MAX));
    log_add(&line, "peer", login->session.peer);
    log_add(&line, "mechanism", login->session.mechanism);
    log_add(&line, "tls", login->session.tls[0] ? login->session.tls : "none");
    log_add(&line, "result", result);
    if (login->reason[0])
        log_add(&line, "reason", login->reason);
    if (login->waited_ms > 0)
        log_add_number(&line, "waited_ms", login->waited_ms);
    if (login->failures > 0)
        log_add_number(&line, "failures_before", login->failures);
    log_end(&line);
}

/* Reasons of several entries stand side by side. */
static void login_add_reason(struct auth_login *login, const char *reason)
{
    size_t used = strlen(login->reason);
    snprintf(login->reason + used, sizeof(login->reason) - used, "%s%s", used ? "; " : "", reason);
}

/* The end of a login's life. */
static void login_answer(struct auth_login *login)
{
    struct frame_out frame = {0};
    struct channel *channel = login->frontend ? login->frontend->channel : NULL;
    message_put_verdict(&frame, &login->verdict);
    login_free(login);
    if (channel)
        channel_send(channel, &frame, -1);
    frame_wipe(&frame);
}

static void login_set_timer(struct auth_login *login, event_callback_fn fire, uint32_t delay_ms)
{
    struct timeval delay = clock_timeval(delay_ms);
    if (login->timer)
        event_free(login->timer);
    login->timer = evtimer_new(login->dispatcher->base, fire, login);
    if (!login->timer || evtimer_add(login->timer, &delay) != 0)
        abort();
}

static void login_on_delay(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    login_answer(context);
}

/*
 * Refuse: logged now, told when the delay has been paid. A login of a connection that does not count is answered at
 * once: what waits here is bounded by the connections.
 */
static void login_fail(struct auth_login *login, enum restante_status status, const char *reason)
{
    uint32_t delay_ms = login->dispatcher->settings.failure_delay_ms;
    if (reason)
        login_add_reason(login, reason);
    login_log(login, status);
    explicit_bzero(&login->credentials, sizeof(login->credentials));
    explicit_bzero(login->verdict.token, sizeof(login->verdict.token));
    login->verdict.status = (uint8_t)status;
    login->stage = LOGIN_DELAYED;
    if (login->frontend && login_connection(login) && delay_ms > 0)
        login_set_timer(login, login_on_delay, delay_ms);
    else
        login_answer(login);
}

/* The identity will find no client. */
static void login_take_back(const struct auth_login *login)
{
    struct auth_connection *connection = login_connection(login);
    if (connection)
        auth_connections_take_back(login->dispatcher->connections, connection);
}

static void login_on_hold(evutil_socket_t fd, short what, void *context);

/* Accept, once the identity is on its way: the client's descriptor must not overtake it. */
static void login_accept(struct auth_login *login)
{
    const struct channel *nursery = login->dispatcher->nursery;
    if (!nursery) {
        login_take_back(login);
        login_fail(login, RESTANTE_TEMPORARY, "the session room is being replaced");
    } else if (channel_queued(nursery) == 0) {
        login_log(login, RESTANTE_OK);
        login->verdict.status = RESTANTE_OK;
        login_answer(login);
    } else if (clock_monotonic_ms() < login->hold_until_ms) {
        login->stage = LOGIN_HELD;
        login_set_timer(login, login_on_hold, LOGIN_HOLD_STEP_MS);
    } else {
        login_take_back(login);
        login_fail(login, RESTANTE_TEMPORARY, "the session room takes no more logins");
    }
}

static void login_on_hold(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    login_accept(context);
}

static void login_send_identity(const struct auth_login *login, const struct restante_account *account)
{
    struct frame_out frame = {0};
    struct message_identity identity = {
        .frontend_id = login->frontend_id,
        .connection_id = login->connection_id,
        .session = login->session,
        .account = *account,
    };
    memcpy(identity.token, login->verdict.token, sizeof(identity.token));
    message_put_identity(&frame, &identity);
    channel_send(login->dispatcher->nursery, &frame, -1);
    frame_wipe(&frame);
    explicit_bzero(&identity, sizeof(identity));
}

static void login_identify(struct auth_login *login, const struct restante_account *account)
{
    struct auth_connection *connection = login_connection(login);
    if (!login->frontend || !connection) {
        login_fail(login, RESTANTE_TEMPORARY, "the client has gone before the answer");
        return;
    }
    if (!login->dispatcher->nursery) {
        login_fail(login, RESTANTE_TEMPORARY, "there is no session room at the moment");
        return;
    }
    if (getrandom(login->verdict.token, sizeof(login->verdict.token), 0) != (ssize_t)sizeof(login->verdict.token)) {
        login_fail(login, RESTANTE_TEMPORARY, "the kernel gives no random numbers");
        return;
    }
    /* From here on the driver's name for the user counts, in the log too. */
    explicit_bzero(&login->credentials, sizeof(login->credentials));
    str_copy(login->credentials.user, sizeof(login->credentials.user), account->user);
    login->reason[0] = '\0';
    if (!auth_connections_hand(login->dispatcher->connections, connection, account->user)) {
        login->is_refused = true;
        login_fail(login, RESTANTE_IN_USE, "this user has as many sessions as limits.sessions_per_user allows");
        return;
    }
    login->hold_until_ms = clock_monotonic_ms() + LOGIN_HOLD_MAX_MS;
    login_send_identity(login, account);
    login_accept(login);
}

/* Nothing is known from the entry that was asked: the next one decides only where the setting says so. */
static void login_unavailable(struct auth_login *login, const char *why)
{
    if (!auth_pool_may_pass(login->dispatcher->pools[login->entry])) {
        login_fail(login, RESTANTE_TEMPORARY, why);
        return;
    }
    login_add_reason(login, why);
    login->had_outage = true;
    login->entry++;
    login_ask(login);
}

/* TRUST: a worker's answer. Whatever is neither yes nor no means "try again". */
static void login_answered(void *context, const struct message_verified *verified, const char *why)
{
    struct auth_login *login = context;
    if (login->is_spoiled) {
        login_fail(login, RESTANTE_DENIED, "a response that nothing asked for");
    } else if (!verified) {
        login_unavailable(login, why);
    } else if (verified->status == RESTANTE_OK) {
        login_end_try(login, AUTH_TRY_SUCCEEDED);
        login_identify(login, &verified->account);
    } else if (verified->status == RESTANTE_DENIED) {
        login_add_reason(login, verified->log);
        login->entry++;
        login_ask(login);
    } else if (verified->status == RESTANTE_PERMANENT) {
        login_fail(login, RESTANTE_PERMANENT, verified->log);
    } else {
        login_unavailable(login, verified->log);
    }
}

/* Ask the entry whose turn it is; when none is left, the answer is no. */
static void login_ask(struct auth_login *login)
{
    if (login->entry == login->dispatcher->settings.entries) {
        if (!login->had_outage)
            login_end_try(login, AUTH_TRY_FAILED);
        login_fail(login, login->had_outage ? RESTANTE_TEMPORARY : RESTANTE_DENIED, NULL);
        return;
    }
    login->stage = LOGIN_ASKING;
    login->ask = (struct auth_ask){
        .user = login->credentials.user,
        .secret = login->credentials.secret,
        .peer = login->session.peer,
        .is_tls = login->session.tls[0] != '\0',
        .until_ms = login->until_ms,
        .answered = login_answered,
        .context = login,
    };
    if (!auth_pool_ask(login->dispatcher->pools[login->entry], &login->ask))
        login_fail(login, RESTANTE_TEMPORARY, "too many logins wait for an auth worker");
}

static void login_refuse(struct auth_login *login)
{
    login->is_refused = true;
    login_fail(login, RESTANTE_TEMPORARY, "after too many failures it would have to wait for too long");
}

/* Let go whose turn it is. A login may be gone afterwards. */
static void login_take_turns(struct auth_dispatcher *dispatcher)
{
    struct auth_try *try;
    bool is_refused;
    int64_t now_ms = clock_monotonic_ms();
    while ((try = auth_penalties_next(dispatcher->penalties, now_ms, &is_refused))) {
        struct auth_login *login = try->context;
        login->waited_ms = now_ms - try->since_ms;
        if (is_refused)
            login_refuse(login);
        else
            login_ask(login);
    }
    int64_t due_ms = auth_penalties_due_ms(dispatcher->penalties, now_ms);
    if (due_ms < 0) {
        evtimer_del(dispatcher->turn);
        return;
    }
    int64_t delay_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    struct timeval delay = clock_timeval(delay_ms);
    evtimer_add(dispatcher->turn, &delay);
}

static void login_on_turn(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    login_take_turns(context);
}

struct event *auth_login_turns(struct auth_dispatcher *dispatcher)
{
    struct event *turn = evtimer_new(dispatcher->base, login_on_turn, dispatcher);
    if (!turn)
        abort();
    return turn;
}

void auth_login_begin(struct auth_frontend *frontend, struct auth_connection *connection,
                      const struct message_login *message)
{
    const char *why;
    struct auth_login *login = alloc_zeroed(sizeof(*login));
    login->dispatcher = frontend->dispatcher;
    login->frontend = frontend;
    login->frontend_id = frontend->id;
    login->connection_id = message->connection_id;
    login->request_id = login->verdict.request_id = message->request_id;
    login->session = message->session;
    login->try.context = login;
    login->until_ms = clock_monotonic_ms() + login->dispatcher->settings.login_ms;
    LIST_INSERT_HEAD(&login->dispatcher->logins, login, link);
    if (connection)
        connection->login = login;
    bool is_parsed = auth_mechanism_parse(login->session.mechanism, message->response, message->response_length,
                                          &login->credentials, &why);
    if (!is_parsed || !auth_username_apply(&login->dispatcher->settings.username, login->credentials.user, &why))
        login_fail(login, RESTANTE_DENIED, why);
    else if (!connection)
        login_fail(login, RESTANTE_TEMPORARY, "the connection was refused or has ended");
    else if (auth_penalties_begin(login->dispatcher->penalties, &login->try, login->credentials.user,
                                  login->session.peer, clock_monotonic_ms()))
        login_take_turns(login->dispatcher);
    else
        login_refuse(login);
}

void auth_login_respond(const struct auth_frontend *frontend, uint64_t request_id)
{
    struct auth_login *login;
    LIST_FOREACH(login, &frontend->dispatcher->logins, link) {
        if (login->frontend == frontend && login->request_id == request_id)
            break;
    }
    /* Unknown: it crossed the verdict on its way. */
    if (!login || login->stage == LOGIN_DELAYED)
        return;
    login->is_spoiled = true;
    if (login->stage != LOGIN_ASKING || auth_pool_withdraw(login->dispatcher->pools[login->entry], &login->ask))
        login_fail(login, RESTANTE_DENIED, "a response that nothing asked for");
}

void auth_login_abandon(struct auth_login *login)
{
    struct auth_connection *connection = login_connection(login);
    if (connection && connection->login == login)
        connection->login = NULL;
    login->frontend = NULL;
    if (login->stage == LOGIN_DELAYED)
        login_free(login);
    else if (login->stage != LOGIN_ASKING ||
             auth_pool_withdraw(login->dispatcher->pools[login->entry], &login->ask))
        login_fail(login, RESTANTE_TEMPORARY, "the client has gone before the answer");
    /* Else a worker has it: its answer is still worth a line in the log. */
}

void auth_login_abandon_frontend(const struct auth_frontend *frontend)
{
    struct auth_login *login = LIST_FIRST(&frontend->dispatcher->logins), *next;
    for (; login; login = next) {
        next = LIST_NEXT(login, link);
        if (login->frontend == frontend)
            auth_login_abandon(login);
    }
}

void auth_login_drop_all(struct auth_dispatcher *dispatcher)
{
    struct auth_login *login;
    while ((login = LIST_FIRST(&dispatcher->logins)))
        login_free(login);
}
