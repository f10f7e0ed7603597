/*
 * session/nursery_login.c - from a handover to a worker: identity, account checks, storage, state directory. Runs in
 * the nursery.
 *
 * TRUST: a frontend may lie about everything in its frames. It gets a session only for a token that auth made for it
 * and this connection; whatever else it claims costs that one request and is logged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/nursery.h"
#include "session/session_log.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"

void nursery_login_free(struct nursery_login **login)
{
    struct nursery_login *freed = *login;
    *login = NULL;
    if (!freed)
        return;
    fd_close(&freed->client_fd);
    nursery_token_free(&freed->identity);
    explicit_bzero(freed->token, sizeof(freed->token));
    nursery_target_free(&freed->target);
    free(freed->input);
    free(freed);
}

static void nursery_login_log_refusal(const struct nursery_login *login, const struct restante_error *error)
{
    struct log_line line;
    log_begin(&line, RESTANTE_ERROR, "handover");
    log_add(&line, "result", "refused");
    if (login->identity) {
        log_add(&line, "session", login->identity->identity.session.id);
        log_add(&line, "user", login->identity->identity.account.user);
        log_add(&line, "peer", login->identity->identity.session.peer);
    }
    log_add_number(&line, "frontend", login->frontend_id);
    log_add_number(&line, "connection", (int64_t)login->connection_id);
    log_add(&line, "reason", error->log);
    log_end(&line);
}

/* One -ERR for this client; nobody else notices. */
static void nursery_login_refuse(struct nursery *nursery, struct nursery_login *login,
                                 const struct restante_error *error)
{
    nursery_login_log_refusal(login, error);
    session_turn_away(&login->client_fd, error);
    nursery_session_ended(nursery, login->frontend_id, login->connection_id);
    nursery_login_free(&login);
}

static void nursery_login_assign(struct nursery *nursery, struct nursery_login *login)
{
    struct restante_error error = {0};
    if (nursery_assign(nursery, login, &error) != RESTANTE_OK)
        nursery_login_refuse(nursery, login, &error);
    else
        nursery_login_free(&login);
}

/* --- checks ---------------------------------------------------------------------------------------------------- */

/* Which maildrop, which state directory, and what of both a worker may reach. */
static enum restante_status nursery_login_find(const struct nursery *nursery, struct nursery_login *login,
                                               struct restante_error *error)
{
    struct nursery_target *target = &login->target;
    enum restante_status status =
        nursery_target_find(nursery, &login->identity->identity.account, target, error);
    if (status != RESTANTE_OK)
        return status;
    target->owner.mail = nursery->keeps_workers ? target->prefix : target->path;
    target->owner.state = nursery->keeps_workers ? nursery->room->start.state_root : target->state_dir;
    return RESTANTE_OK;
}

static void nursery_login_ask_state(struct nursery *nursery, struct nursery_login *login)
{
    login->request_id = nursery_target_ask_state(nursery, &login->target);
    login->next = nursery->waiting;
    nursery->waiting = login;
}

static void nursery_login_begin(struct nursery *nursery, struct nursery_login *login)
{
    struct restante_error error = {0};
    enum restante_status status = nursery_login_find(nursery, login, &error);
    if (status == RESTANTE_OK)
        status = nursery_state_check(login->target.state_dir, login->target.owner.uid, &error);
    if (status == RESTANTE_OK)
        nursery_login_assign(nursery, login);
    else if (status == RESTANTE_END)
        nursery_login_ask_state(nursery, login);
    else
        nursery_login_refuse(nursery, login, &error);
}

void nursery_login_state_made(struct nursery *nursery, const struct message_state_dir_made *made)
{
    struct restante_error error = {0};
    struct nursery_login **place = &nursery->waiting;
    while (*place && (*place)->request_id != made->request_id)
        place = &(*place)->next;
    struct nursery_login *login = *place;
    if (!login) /* refused meanwhile */
        return;
    *place = login->next;
    enum restante_status status = nursery_target_state_made(&login->target, made, &error);
    if (status == RESTANTE_OK)
        nursery_login_assign(nursery, login);
    else
        nursery_login_refuse(nursery, login, &error);
    nursery_end_if_empty(nursery);
}

void nursery_login_refuse_waiting(struct nursery *nursery)
{
    struct restante_error error = {0};
    error_set(&error, RESTANTE_TEMPORARY, 0, NULL, "the server is shutting down");
    while (nursery->waiting) {
        struct nursery_login *login = nursery->waiting;
        nursery->waiting = login->next;
        nursery_login_refuse(nursery, login, &error);
    }
}

/* --- the handover ---------------------------------------------------------------------------------------------- */

/*
 * Everything is copied out of the frame at once: reading auth's channels, which comes next, uses the same receive
 * buffer that the frame's input points into.
 */
static struct nursery_login *nursery_login_parse(const struct nursery_peer *frontend, struct frame_in *frame)
{
    struct message_handover message;
    if (!message_get_handover(frame, &message))
        return NULL;
    struct nursery_login *login = alloc_zeroed(sizeof(*login));
    login->frontend_id = frontend->id;
    login->connection_id = message.connection_id;
    memcpy(login->token, message.token, sizeof(login->token));
    login->input = alloc_zeroed(message.input_length + 1);
    if (message.input_length > 0)
        memcpy(login->input, message.input, message.input_length);
    login->input_length = message.input_length;
    login->client_fd = frame->fd;
    frame->fd = -1;
    return login;
}

static struct nursery_token *nursery_login_claim(struct nursery *nursery, const struct nursery_login *login)
{
    return nursery_token_take(&nursery->tokens, login->frontend_id, login->connection_id, login->token,
                              clock_monotonic_ms());
}

void nursery_login_handover(struct nursery_peer *frontend, struct frame_in *frame)
{
    struct nursery *nursery = frontend->nursery;
    struct restante_error error = {0};
    struct nursery_login *login = nursery_login_parse(frontend, frame);
    if (!login) {
        channel_refuse(frontend->channel, "a malformed handover");
        return;
    }
    login->identity = nursery_login_claim(nursery, login);
    if (!login->identity) {
        /* WHY: auth sends the identity before the frontend hears of it, but on another socket: it may still lie
         * unread there. Once all that has come is read, an unknown token is a lie or too late. */
        nursery_drain_auth(nursery);
        login->identity = nursery_login_claim(nursery, login);
    }
    if (!login->identity) {
        error_set(&error, RESTANTE_TEMPORARY, 0, NULL, "no identity waits for this connection and token");
        nursery_login_refuse(nursery, login, &error);
    } else if (nursery->is_stopping) {
        error_set(&error, RESTANTE_TEMPORARY, 0, NULL, "the server is shutting down");
        nursery_login_refuse(nursery, login, &error);
    } else {
        nursery_login_begin(nursery, login);
    }
}
