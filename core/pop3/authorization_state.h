/*
 * pop3/authorization_state.h - what the files of the AUTHORIZATION state share; nobody else includes it.
 */
#ifndef POP3_AUTHORIZATION_STATE_H
#define POP3_AUTHORIZATION_STATE_H

#include "pop3/command.h"

enum authorization_wait {
    WAIT_COMMAND = 0, /* for a command */
    WAIT_ANSWER,      /* for the client's line in an AUTH exchange */
    WAIT_VERDICT,     /* for auth */
    WAIT_HANDSHAKE,   /* for TLS */
    WAIT_NOTHING,     /* logged in: what is fed belongs to the worker */
    WAIT_CLOSE,
};

/* What the client's next line in an AUTH exchange is. */
enum authorization_answer {
    ANSWER_RESPONSE = 0, /* the mechanism's first response; of LOGIN the user name */
    ANSWER_SECRET,       /* LOGIN: the password, behind the user name that is in `response` */
    ANSWER_TO_AUTH,      /* to auth's challenge */
};

/* Ten thousand of these are idle at a time: buffers are allocated when there is something to keep. */
struct authorization {
    const struct authorization_settings *settings;
    struct authorization_facts facts;
    enum authorization_wait wait;
    enum authorization_event event; /* what the present line leads to */
    struct line_input input;
    char *user;            /* last tried, for PASS and the log */
    const char *mechanism; /* of the login going on */
    struct buf response;   /* secret: what it sent, decoded */
    const char *close_reason;
    uint32_t bad_commands, junk_commands, failed_logins;
    enum authorization_answer answer;
    bool has_user; /* USER was accepted: PASS may follow */
};

/* Keep the name that is tried, as much of it as may be a name; length 0: none is known. */
void authorization_set_user(struct authorization *authorization, const char *name, size_t length);
/* Wipe the credentials; the user's name stays for the log. */
void authorization_forget_secret(struct authorization *authorization);
/* Stop handling input and close; the first reason stays. */
void authorization_end(struct authorization *authorization, const char *reason);
/* Credentials are in `response`: let auth judge. */
void authorization_ask(struct authorization *authorization, enum authorization_event event, struct outcome *outcome);

void cmd_user(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_pass(void *session, const struct command_arguments *arguments, struct outcome *outcome);
void cmd_auth(void *session, const struct command_arguments *arguments, struct outcome *outcome);
/* The client's line in an AUTH exchange, cmd_auth.c. */
void cmd_auth_answer(struct authorization *authorization, enum line_result result,
                     const struct command_argument *line, struct outcome *outcome);
extern const char *const cmd_auth_mechanisms[]; /* NULL-terminated */

#endif
