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
#include <unistd.h>

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
    free(freed->path);
    free(freed->prefix);
    free(freed->state_dir);
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

/* Auth has checked the account; whoever holds the right to change uid checks again. */
static enum restante_status nursery_login_check_account(const struct nursery *nursery, struct nursery_login *login,
                                                        struct restante_error *error)
{
    const struct restante_account *account = &login->identity->identity.account;
    struct message_owner *owner = &login->owner;
    owner->groups_count = account->groups_count;
    memcpy(owner->groups, account->groups, sizeof(owner->groups));
    if (!nursery->is_privileged) {
        owner->uid = account->has_ids ? account->uid : (uint32_t)geteuid();
        owner->gid = account->has_ids ? account->gid : (uint32_t)getegid();
        if (owner->uid == (uint32_t)geteuid())
            return RESTANTE_OK;
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s is uid %u, but the server runs as uid %u: only its own mail can be served",
                         account->user, owner->uid, (unsigned)geteuid());
    }
    if (!account->has_ids)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "the account %s has no uid", account->user);
    owner->uid = account->uid;
    owner->gid = account->gid;
    if (owner->uid == 0 || owner->gid == 0 || owner->uid < nursery->minimum_uid)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s is uid %u, gid %u: mail is not served as root nor below accounts.minimum_uid = %u",
                         account->user, owner->uid, owner->gid, nursery->minimum_uid);
    return RESTANTE_OK;
}

/* Which maildrop, which state directory, and what of both a worker may reach. */
static enum restante_status nursery_login_find_maildrop(const struct nursery *nursery, struct nursery_login *login,
                                                        struct restante_error *error)
{
    char path[NURSERY_PATH_MAX], prefix[NURSERY_PATH_MAX];
    struct nursery_place place = {.path = path, .prefix = prefix};
    const char *state_root = nursery->room->start.state_root;
    enum restante_status status =
        nursery_storage_resolve(&nursery->storages, &login->identity->identity.account, &place, error);
    if (status != RESTANTE_OK)
        return status;
    login->storage_index = place.index;
    nursery_state_key(login->key, nursery->storages.items[place.index].name, path);
    login->path = alloc_string(path);
    login->prefix = alloc_string(prefix);
    login->state_dir = alloc_format("%s/%s", state_root, login->key);
    login->owner.mail = nursery->keeps_workers ? login->prefix : login->path;
    login->owner.state = nursery->keeps_workers ? state_root : login->state_dir;
    return RESTANTE_OK;
}

static void nursery_login_ask_state(struct nursery *nursery, struct nursery_login *login)
{
    struct frame_out frame = {0};
    struct message_state_dir message = {.request_id = ++nursery->last_request_id, .uid = login->owner.uid,
                                        .gid = login->owner.gid};
    memcpy(message.key, login->key, sizeof(login->key));
    login->request_id = message.request_id;
    login->next = nursery->waiting;
    nursery->waiting = login;
    message_put_state_dir(&frame, &message);
    channel_send(nursery->room->control, &frame, -1);
    frame_free(&frame);
}

static void nursery_login_begin(struct nursery *nursery, struct nursery_login *login)
{
    struct restante_error error = {0};
    enum restante_status status = nursery_login_check_account(nursery, login, &error);
    if (status == RESTANTE_OK)
        status = nursery_login_find_maildrop(nursery, login, &error);
    if (status == RESTANTE_OK)
        status = nursery_state_check(login->state_dir, login->owner.uid, &error);
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
    enum restante_status status = RESTANTE_OK;
    if (!made->is_made)
        status = error_set(&error, RESTANTE_TEMPORARY, 0, NULL, "%s", made->log);
    else if (nursery_state_check(login->state_dir, login->owner.uid, &error) != RESTANTE_OK)
        status = error.status == RESTANTE_OK ? error_set(&error, RESTANTE_TEMPORARY, 0, NULL,
                                                         "the state directory %s was made and is not there",
                                                         login->state_dir)
                                             : error.status;
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
