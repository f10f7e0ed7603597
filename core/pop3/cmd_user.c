/*
 * pop3/cmd_user.c - USER and PASS (RFC 1939 section 7). Runs in the frontend.
 *
 * USER is accepted for every name: it must not tell which exist.
 */
#include "pop3/authorization_state.h"

void cmd_user(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct authorization *authorization = session;
    authorization_set_user(authorization, arguments->list[0].text, arguments->list[0].length);
    authorization->has_user = true;
    outcome_ok(outcome, "Send the password");
}

void cmd_pass(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct authorization *authorization = session;
    const struct command_argument *secret = &arguments->list[0];
    const char *user = authorization->user;
    if (!authorization->has_user) {
        outcome_bad(outcome, "Send USER first");
        return;
    }
    /* A line is shorter than LINE_SECRET_MAX; reserved at once, growing would leave a copy. */
    buf_reserve(&authorization->response, LINE_SECRET_MAX);
    buf_append_string(&authorization->response, user);
    buf_append(&authorization->response, "", 1);
    buf_append(&authorization->response, secret->text, secret->length);
    authorization->mechanism = "USER";
    authorization_ask(authorization, AUTHORIZATION_LOGIN, outcome);
}
