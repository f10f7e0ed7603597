/*
 * pop3/capa.c - see capa.h.
 */
#include "pop3/capa.h"

#include <stdio.h>

#include "pop3/command.h"
#include "pop3/reply.h"

/* What is no command. RESP-CODES RFC 2449, AUTH-RESP-CODE RFC 3206; no version: it would help attackers only. */
static const char *const capa_general[] = {
    "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "IMPLEMENTATION Restante", NULL,
};

static void capa_print_command(const struct command *command, struct buf *out)
{
    char arguments[128] = "";
    size_t used = 0;
    const char *const *list = command->capability_arguments;
    for (size_t i = 0; list && list[i] && used < sizeof(arguments); i++)
        used += (size_t)snprintf(arguments + used, sizeof(arguments) - used, " %s", list[i]);
    reply_line(out, "%s%s", command->capability, arguments);
}

static void capa_print_table(const struct command *table, const struct authorization_facts *facts, struct buf *out)
{
    for (const struct command *command = table; command->name; command++)
        if (command->capability && command_is_possible(command, facts))
            capa_print_command(command, out);
}

void capa_print(const struct authorization_facts *facts, struct buf *out)
{
    capa_print_table(transaction_commands, facts, out);
    capa_print_table(authorization_commands, facts, out);
    for (size_t i = 0; capa_general[i]; i++)
        reply_line(out, "%s", capa_general[i]);
}
