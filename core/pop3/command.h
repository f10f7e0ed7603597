/*
 * pop3/command.h - commands as rows of a table, and a client's line carried out by one of them.
 *
 * Runs in frontends (AUTHORIZATION) and workers (TRANSACTION). To add a command, add a row and its handler: arguments
 * are counted, TLS is looked at and CAPA is printed from the row.
 */
#ifndef POP3_COMMAND_H
#define POP3_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pop3/authorization.h"
#include "pop3/line.h"
#include "pop3/outcome.h"

#define COMMAND_ARGUMENTS_MAX 2

#define COMMAND_TEXT_TOO_LONG "Line too long"
#define COMMAND_TEXT_NUL "Line holds a NUL"

enum command_flags {
    COMMAND_REST = 1u << 0,         /* the last argument is the rest of the line, spaces and all (PASS) */
    COMMAND_JUNK = 1u << 1,         /* gets nobody nearer to logging in: too many of them are bad ones */
    COMMAND_SENDS_SECRET = 1u << 2, /* with arguments only where passwords are allowed */
    COMMAND_STARTS_TLS = 1u << 3,   /* only in the clear and where it is offered */
    COMMAND_FOREIGN = 1u << 4,      /* of another protocol, whose lines may be longer than ours */
};

/* A part of the client's line; no NUL in it and none behind it. */
struct command_argument {
    const char *text;
    size_t length;
};

struct command_arguments {
    struct command_argument list[COMMAND_ARGUMENTS_MAX];
    size_t count;
};

/* `session` is a struct authorization or a struct transaction. */
typedef void (*command_handler)(void *session, const struct command_arguments *arguments, struct outcome *outcome);

struct command {
    const char *name; /* NULL ends a table */
    command_handler handler;
    size_t min_arguments, max_arguments;
    unsigned flags;
    const char *capability;                    /* its line in CAPA; NULL: none */
    const char *const *capability_arguments; /* NULL-terminated; NULL: none */
};

/* The two tables; CAPA shows both in either state (RFC 2449 section 5). */
extern const struct command authorization_commands[];
extern const struct command transaction_commands[];

/* Can a client on such a connection use it (to send a secret, to start TLS)? */
bool command_is_possible(const struct command *command, const struct authorization_facts *facts);

/* Carry out one line of line_next. Returns the command it was, NULL when it was none. */
const struct command *command_run(const struct command *table, const struct authorization_facts *facts,
                                  void *session, enum line_result result, const struct command_argument *line,
                                  struct outcome *outcome);

/* The handler of what clients ask without being offered it (UTF8 and LANG, RFC 6856): refused, and no fault of theirs. */
void command_not_offered(void *session, const struct command_arguments *arguments, struct outcome *outcome);

/* Same letters, in either case? */
bool command_argument_is(const struct command_argument *argument, const char *word);

#endif
