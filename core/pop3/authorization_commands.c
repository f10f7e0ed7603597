/*
 * pop3/authorization_commands.c - the table of the AUTHORIZATION state and its small commands. Runs in the frontend.
 */
#include "pop3/authorization_state.h"

static void authorization_print_capa(const void *session, struct buf *out)
{
    const struct authorization *authorization = session;
    capa_print(&authorization->facts, &authorization->settings->announcements, out);
}

static void authorization_capa(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    (void)session;
    (void)arguments;
    outcome_multiline(outcome, "Capabilities follow", authorization_print_capa);
}

static void authorization_stls(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    struct authorization *authorization = session;
    (void)arguments;
    authorization->wait = WAIT_HANDSHAKE;
    authorization->event = AUTHORIZATION_STLS;
    outcome_ok(outcome, "Begin TLS now");
}

static void authorization_quit(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    (void)arguments;
    authorization_end(session, "quit");
    outcome_ok(outcome, "Bye");
}

/* A browser or a mail server that another made talk to us: nothing in what follows may be taken for commands. */
static void authorization_foreign(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    (void)arguments;
    authorization_end(session, "protocol");
    outcome_error(outcome, NULL, "POP3 is spoken here");
}

#define FOREIGN(name) {name, authorization_foreign, 0, 1, COMMAND_REST | COMMAND_FOREIGN, NULL, NULL}

const struct command authorization_commands[] = {
    {"USER", cmd_user, 1, 1, COMMAND_SENDS_SECRET | COMMAND_JUNK, "USER", NULL},
    {"PASS", cmd_pass, 1, 1, COMMAND_SENDS_SECRET | COMMAND_REST, NULL, NULL},
    {"AUTH", cmd_auth, 0, 2, COMMAND_SENDS_SECRET | COMMAND_JUNK, "SASL", cmd_auth_mechanisms},
    {"STLS", authorization_stls, 0, 0, COMMAND_STARTS_TLS, "STLS", NULL},
    {"CAPA", authorization_capa, 0, 0, COMMAND_JUNK, NULL, NULL},
    {"QUIT", authorization_quit, 0, 0, 0, NULL, NULL},
    {"UTF8", command_not_offered, 0, 1, COMMAND_REST, NULL, NULL},
    {"LANG", command_not_offered, 0, 1, COMMAND_REST, NULL, NULL},
    FOREIGN("GET"), FOREIGN("HEAD"), FOREIGN("POST"), FOREIGN("PUT"), FOREIGN("DELETE"), FOREIGN("OPTIONS"),
    FOREIGN("CONNECT"), FOREIGN("TRACE"), FOREIGN("PATCH"), FOREIGN("PRI"), FOREIGN("EHLO"), FOREIGN("HELO"),
    FOREIGN("LHLO"), FOREIGN("MAIL"), FOREIGN("RCPT"), FOREIGN("STARTTLS"),
    {0},
};
