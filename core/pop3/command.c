/*
 * pop3/command.c - see command.h. What a client sent is never repeated in a reply.
 */
#include "pop3/command.h"

#include <string.h>
#include <strings.h>

bool command_argument_is(const struct command_argument *argument, const char *word)
{
    return strlen(word) == argument->length && strncasecmp(argument->text, word, argument->length) == 0;
}

void command_not_offered(void *session, const struct command_arguments *arguments, struct outcome *outcome)
{
    (void)session;
    (void)arguments;
    outcome_error(outcome, NULL, "This is not offered here");
}

bool command_is_possible(const struct command *command, const struct authorization_facts *facts)
{
    if (command->flags & COMMAND_SENDS_SECRET && !facts->allows_plain)
        return false;
    if (command->flags & COMMAND_STARTS_TLS && (facts->is_tls || !facts->offers_stls))
        return false;
    return true;
}

static const struct command *command_find(const struct command *table, const struct command_argument *keyword)
{
    for (const struct command *command = table; command->name; command++)
        if (command_argument_is(keyword, command->name))
            return command;
    return NULL;
}

/* Cut off what precedes the first space; false when there is none, and `rest` is used up. */
static bool command_cut(struct command_argument *rest, struct command_argument *part)
{
    const char *space = rest->length > 0 ? memchr(rest->text, ' ', rest->length) : NULL;
    *part = *rest;
    if (!space)
        return false;
    part->length = (size_t)(space - rest->text);
    rest->text = space + 1;
    rest->length -= part->length + 1;
    return true;
}

/*
 * Arguments are separated by exactly one space (RFC 1939 section 3): two in a row, or one at the end, make an empty
 * argument, and no command takes that. Alone it stands for an optional one that was left out: node-pop3 sends "UIDL ".
 */
static bool command_split(const struct command *command, struct command_argument rest,
                          struct command_arguments *arguments)
{
    bool has_more = true;
    if (rest.length == 0 && command->min_arguments == 0 && command->max_arguments > 0)
        return true;
    while (has_more) {
        if (arguments->count == command->max_arguments || arguments->count == COMMAND_ARGUMENTS_MAX)
            return false;
        struct command_argument *argument = &arguments->list[arguments->count++];
        bool takes_rest = command->flags & COMMAND_REST && arguments->count == command->max_arguments;
        if (takes_rest) {
            *argument = rest;
            has_more = false;
        } else {
            has_more = command_cut(&rest, argument);
        }
        if (argument->length == 0)
            return false;
    }
    return true;
}

static void command_refuse(const struct command *command, const struct authorization_facts *facts,
                           struct outcome *outcome)
{
    if (command->flags & COMMAND_SENDS_SECRET)
        outcome_bad(outcome, "Passwords are refused without TLS: send STLS first or use the TLS port");
    else if (facts->is_tls)
        outcome_bad(outcome, "TLS is spoken already");
    else
        outcome_bad(outcome, "TLS is not offered here");
}

static const struct command *command_run_text(const struct command *table, const struct authorization_facts *facts,
                                              void *session, const struct command_argument *line,
                                              struct outcome *outcome)
{
    struct command_argument rest = *line, keyword;
    struct command_arguments arguments = {.count = 0};
    bool has_arguments = command_cut(&rest, &keyword);
    const struct command *command = command_find(table, &keyword);
    if (!command) {
        outcome_bad(outcome, "This command is unknown or not possible now");
        return NULL;
    }
    bool is_counted = !has_arguments || command_split(command, rest, &arguments);
    if (!is_counted || arguments.count < command->min_arguments)
        outcome_bad(outcome, "Wrong arguments for this command");
    else if (!command_is_possible(command, facts) &&
             (arguments.count > 0 || !(command->flags & COMMAND_SENDS_SECRET)))
        command_refuse(command, facts, outcome);
    else
        command->handler(session, &arguments, outcome);
    return command;
}

/* A browser's request is as long as its author likes. */
static const struct command *command_run_foreign(const struct command *table, void *session,
                                                 const struct command_argument *line, struct outcome *outcome)
{
    struct command_argument rest = *line, keyword;
    struct command_arguments arguments = {.count = 0};
    command_cut(&rest, &keyword);
    const struct command *command = command_find(table, &keyword);
    if (!command || !(command->flags & COMMAND_FOREIGN))
        return NULL;
    command->handler(session, &arguments, outcome);
    return command;
}

const struct command *command_run(const struct command *table, const struct authorization_facts *facts,
                                  void *session, enum line_result result, const struct command_argument *line,
                                  struct outcome *outcome)
{
    if (result == LINE_READY)
        return command_run_text(table, facts, session, line, outcome);
    outcome_bad(outcome, result == LINE_TOO_LONG ? COMMAND_TEXT_TOO_LONG : COMMAND_TEXT_NUL);
    return result == LINE_TOO_LONG ? command_run_foreign(table, session, line, outcome) : NULL;
}
