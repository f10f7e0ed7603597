/*
 * pop3/authorization.c - the AUTHORIZATION state: what waits for what. Runs in the frontend.
 *
 * The commands themselves are in authorization_commands.c, cmd_user.c and cmd_auth.c.
 */
#include "pop3/authorization.h"

#include <stdlib.h>
#include <string.h>

#include <restante/auth.h>

#include "pop3/authorization_state.h"
#include "pop3/reply.h"
#include "util/alloc.h"

/* So many commands that lead nowhere are free; polite clients need five. */
#define AUTHORIZATION_JUNK_FREE 100

struct authorization *authorization_open(const struct authorization_settings *settings,
                                         const struct authorization_facts *facts)
{
    struct authorization *authorization = alloc_zeroed(sizeof(*authorization));
    authorization->settings = settings;
    authorization->facts = *facts;
    return authorization;
}

void authorization_close(struct authorization **authorization)
{
    if (!*authorization)
        return;
    authorization_forget_secret(*authorization);
    line_wipe(&(*authorization)->input);
    free((*authorization)->user);
    free(*authorization);
    *authorization = NULL;
}

void authorization_greet(struct authorization *authorization, struct buf *out)
{
    reply_ok(out, "%s POP3 server ready", authorization->settings->hostname);
}

void authorization_turn_away(struct buf *out, const char *text)
{
    reply_error(out, "SYS/TEMP", "%s", text);
}

void authorization_set_user(struct authorization *authorization, const char *name, size_t length)
{
    free(authorization->user);
    authorization->user = NULL;
    if (length > 0)
        authorization->user = alloc_string_n(name, length < RESTANTE_USER_MAX ? length : RESTANTE_USER_MAX);
}

void authorization_forget_secret(struct authorization *authorization)
{
    buf_wipe(&authorization->response);
    authorization->mechanism = NULL;
    authorization->has_user = false;
    authorization->answer = ANSWER_RESPONSE;
}

void authorization_end(struct authorization *authorization, const char *reason)
{
    authorization->wait = WAIT_CLOSE;
    authorization->event = AUTHORIZATION_CLOSE;
    if (!authorization->close_reason)
        authorization->close_reason = reason;
}

void authorization_ask(struct authorization *authorization, enum authorization_event event, struct outcome *outcome)
{
    authorization->wait = WAIT_VERDICT;
    authorization->event = event;
    outcome_set(outcome, OUTCOME_LATER);
}

/* --- input -------------------------------------------------------------------------------------------------------- */

bool authorization_feed(struct authorization *authorization, const char *data, size_t length)
{
    if (authorization->wait == WAIT_CLOSE)
        return true;
    return line_feed(&authorization->input, data, length);
}

size_t authorization_room(const struct authorization *authorization)
{
    return line_room(&authorization->input);
}

/* Count what no client should send; the one that is too many gets another reply and ends the connection. */
static void authorization_count(struct authorization *authorization, const struct command *command,
                                struct outcome *outcome)
{
    bool is_junk = command && command->flags & COMMAND_JUNK;
    if (is_junk && authorization->junk_commands < AUTHORIZATION_JUNK_FREE) {
        authorization->junk_commands++;
        is_junk = false;
    }
    if (outcome->kind != OUTCOME_BAD && !is_junk)
        return;
    if (++authorization->bad_commands < authorization->settings->bad_commands)
        return;
    outcome_bad(outcome, "Too many bad commands");
    authorization_end(authorization, "bad-commands");
}

static void authorization_handle(struct authorization *authorization, enum line_result result,
                                 const struct command_argument *line, struct buf *out)
{
    const struct command *command = NULL;
    struct outcome outcome;
    outcome_set(&outcome, OUTCOME_LATER);
    if (authorization->wait == WAIT_ANSWER)
        cmd_auth_answer(authorization, result, line, &outcome);
    else
        command = command_run(authorization_commands, &authorization->facts, authorization, result, line, &outcome);
    authorization_count(authorization, command, &outcome);
    outcome_reply(&outcome, authorization, out);
}

enum authorization_event authorization_run(struct authorization *authorization, struct buf *out)
{
    struct command_argument line;
    authorization->event = AUTHORIZATION_NEED_INPUT;
    while (authorization->wait == WAIT_COMMAND || authorization->wait == WAIT_ANSWER) {
        size_t max = authorization->wait == WAIT_ANSWER ? LINE_ANSWER_MAX : LINE_COMMAND_MAX;
        enum line_result result = line_next(&authorization->input, max, &line.text, &line.length);
        if (result == LINE_NONE)
            return AUTHORIZATION_NEED_INPUT;
        authorization_handle(authorization, result, &line, out);
        line_done(&authorization->input);
    }
    if (authorization->wait == WAIT_CLOSE) {
        authorization_forget_secret(authorization);
        line_wipe(&authorization->input);
        return AUTHORIZATION_CLOSE;
    }
    return authorization->event;
}

/* --- what the others say ------------------------------------------------------------------------------------------ */

const char *authorization_mechanism(const struct authorization *authorization)
{
    return authorization->mechanism ? authorization->mechanism : "";
}

const void *authorization_response(const struct authorization *authorization, size_t *length)
{
    *length = buf_length(&authorization->response);
    return *length > 0 ? buf_head(&authorization->response) : "";
}

const char *authorization_user(const struct authorization *authorization)
{
    return authorization->user ? authorization->user : "";
}

/* One text for each status, whatever the cause: the reply must not tell which user names exist. */
static void authorization_reply_verdict(enum restante_status status, struct buf *out)
{
    if (status == RESTANTE_DENIED)
        reply_error(out, "AUTH", "User name or password is wrong");
    else if (status == RESTANTE_IN_USE)
        reply_error(out, "IN-USE", "There are too many sessions of this account, close some or try again later");
    else if (status == RESTANTE_PERMANENT)
        reply_error(out, "SYS/PERM", "This account cannot be used, ask the administrator");
    else
        reply_error(out, "SYS/TEMP", "Logging in is not possible now, try again later");
}

void authorization_verdict(struct authorization *authorization, enum restante_status status, struct buf *out)
{
    if (authorization->wait != WAIT_VERDICT)
        return;
    authorization_forget_secret(authorization);
    if (status == RESTANTE_OK) {
        authorization->wait = WAIT_NOTHING;
        return;
    }
    authorization->wait = WAIT_COMMAND;
    authorization_reply_verdict(status, out);
    if (++authorization->failed_logins >= authorization->settings->failed_logins)
        authorization_end(authorization, "failed-logins");
}

void authorization_challenge(struct authorization *authorization, const void *data, size_t length, struct buf *out)
{
    if (authorization->wait != WAIT_VERDICT)
        return;
    buf_wipe(&authorization->response);
    authorization->answer = ANSWER_TO_AUTH;
    authorization->wait = WAIT_ANSWER;
    reply_challenge(out, data, length);
}

const char *authorization_unread(const struct authorization *authorization, size_t *length)
{
    *length = line_kept(&authorization->input);
    return *length > 0 ? buf_head(&authorization->input.buf) : "";
}

bool authorization_tls_begun(struct authorization *authorization, bool allows_plain)
{
    bool is_clean = authorization->wait == WAIT_HANDSHAKE && line_kept(&authorization->input) == 0;
    authorization_forget_secret(authorization);
    authorization_set_user(authorization, "", 0);
    authorization->facts.is_tls = true;
    authorization->facts.allows_plain = allows_plain;
    authorization->wait = WAIT_COMMAND;
    if (!is_clean) {
        line_wipe(&authorization->input);
        authorization_end(authorization, "protocol");
    }
    return is_clean;
}

const char *authorization_close_reason(const struct authorization *authorization)
{
    return authorization->close_reason ? authorization->close_reason : "";
}
