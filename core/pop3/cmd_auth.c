/*
 * pop3/cmd_auth.c - AUTH (RFC 5034). Runs in the frontend, which decodes and does not judge: what a mechanism's client
 * sent goes to auth as it is.
 */
#include "pop3/authorization_state.h"

#include <string.h>

#include "pop3/reply.h"

const char *const cmd_auth_mechanisms[] = {"PLAIN", NULL};

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

static void cmd_auth_take(struct authorization *authorization, const struct command_argument *text,
                          struct outcome *outcome)
{
    size_t length;
    char *to = buf_reserve(&authorization->response, LINE_SECRET_MAX);
    if (!base64_decode(to, LINE_SECRET_MAX, &length, text->text, text->length)) {
        cmd_auth_fail(authorization, "Not base64, or too long", outcome);
        return;
    }
    buf_added(&authorization->response, length);
    if (!authorization->is_challenged)
        cmd_auth_note_user(authorization);
    authorization_ask(authorization, authorization->is_challenged ? AUTHORIZATION_RESPONSE : AUTHORIZATION_LOGIN,
                      outcome);
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
        authorization->wait = WAIT_ANSWER;
        outcome_set(outcome, OUTCOME_CHALLENGE);
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
