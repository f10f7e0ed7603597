/*
 * pop3/cmd_auth.c - AUTH (RFC 5034). Runs in the frontend, which decodes and does not judge: what a mechanism's client
 * sent goes to auth as it is.
 *
 * LOGIN has no RFC. It asks for the user name, then for the password, in words that its clients compare; what it comes
 * to is what USER and PASS come to.
 */
#include "pop3/authorization_state.h"

#include <string.h>

#include "pop3/reply.h"

#define CMD_AUTH_LOGIN "LOGIN"

const char *const cmd_auth_mechanisms[] = {"PLAIN", CMD_AUTH_LOGIN, NULL};

/* Bare AUTH, which some clients ask instead of CAPA. */
static void cmd_auth_list(const void *session, struct buf *out)
{
    const struct authorization *authorization = session;
    for (size_t i = 0; authorization->facts.allows_plain && cmd_auth_mechanisms[i]; i++)
        reply_line(out, "%s", cmd_auth_mechanisms[i]);
}

static const char *cmd_auth_find(const struct command_argument *name)
{
    for (size_t i = 0; cmd_auth_mechanisms[i]; i++)
        if (command_argument_is(name, cmd_auth_mechanisms[i]))
            return cmd_auth_mechanisms[i];
    return NULL;
}

/* RFC 4616: authzid NUL authcid NUL passwd. Only for the log; auth reads the message for itself. */
static void cmd_auth_note_user(struct authorization *authorization)
{
    size_t length = buf_length(&authorization->response);
    const char *message = length > 0 ? buf_head(&authorization->response) : "";
    const char *name = length > 0 ? memchr(message, '\0', length) : NULL;
    const char *end = name ? memchr(name + 1, '\0', length - (size_t)(name + 1 - message)) : NULL;
    if (end)
        authorization_set_user(authorization, name + 1, (size_t)(end - name - 1));
}

static void cmd_auth_fail(struct authorization *authorization, const char *text, struct outcome *outcome)
{
    authorization_forget_secret(authorization);
    authorization->wait = WAIT_COMMAND;
    outcome_bad(outcome, text);
}

static bool cmd_auth_is_login(const struct authorization *authorization)
{
    return strcmp(authorization->mechanism, CMD_AUTH_LOGIN) == 0;
}

static void cmd_auth_challenge(struct authorization *authorization, enum authorization_answer answer,
                               const char *text, struct outcome *outcome)
{
    authorization->wait = WAIT_ANSWER;
    authorization->answer = answer;
    outcome_challenge(outcome, text);
}

/* LOGIN: the user name is known; its NUL keeps the password apart. One too long for that is one too long for auth. */
static void cmd_auth_take_user(struct authorization *authorization, struct outcome *outcome)
{
    size_t length = buf_length(&authorization->response);
    authorization_set_user(authorization, length > 0 ? buf_head(&authorization->response) : "", length);
    buf_append(&authorization->response, "", 1);
    cmd_auth_challenge(authorization, ANSWER_SECRET, "Password:", outcome);
}

static void cmd_auth_take(struct authorization *authorization, const struct command_argument *text,
                          struct outcome *outcome)
{
    struct buf *response = &authorization->response;
    bool is_login_user = authorization->answer == ANSWER_RESPONSE && cmd_auth_is_login(authorization);
    /* One octet is for the NUL behind a user name. Reserved at once: growing would leave a copy. */
    size_t length, room = LINE_SECRET_MAX - buf_length(response) - (is_login_user ? 1 : 0);
    char *to = buf_reserve(response, LINE_SECRET_MAX - buf_length(response));
    if (!base64_decode(to, room, &length, text->text, text->length)) {
        cmd_auth_fail(authorization, "Not base64, or too long", outcome);
        return;
    }
    buf_added(response, length);
    if (is_login_user) {
        cmd_auth_take_user(authorization, outcome);
        return;
    }
    if (authorization->answer == ANSWER_RESPONSE)
        cmd_auth_note_user(authorization);
    authorization_ask(authorization,
                      authorization->answer == ANSWER_TO_AUTH ? AUTHORIZATION_RESPONSE : AUTHORIZATION_LOGIN, outcome);
}

void cmd_auth(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct authorization *authorization = session;
    if (arguments->count == 0) {
        outcome_multiline(outcome, "Mechanisms follow", cmd_auth_list);
        return;
    }
    authorization_forget_secret(authorization);
    authorization_set_user(authorization, "", 0);
    authorization->mechanism = cmd_auth_find(&arguments->list[0]);
    if (!authorization->mechanism) {
        outcome_bad(outcome, "This mechanism is not offered");
        return;
    }
    if (arguments->count == 1) {
        cmd_auth_challenge(authorization, ANSWER_RESPONSE, cmd_auth_is_login(authorization) ? "Username:" : "",
                           outcome);
        return;
    }
    struct command_argument response = arguments->list[1];
    if (command_argument_is(&response, "="))
        response.length = 0; /* RFC 5034 section 4: an initial response of no octets */
    cmd_auth_take(authorization, &response, outcome);
}

void cmd_auth_answer(struct authorization *authorization, enum line_result result,
                     const struct command_argument *line, struct outcome *outcome)
{
    if (result != LINE_READY)
        cmd_auth_fail(authorization, result == LINE_TOO_LONG ? COMMAND_TEXT_TOO_LONG : COMMAND_TEXT_NUL, outcome);
    else if (command_argument_is(line, "*"))
        cmd_auth_fail(authorization, "AUTH cancelled", outcome);
    else
        cmd_auth_take(authorization, line, outcome);
}
