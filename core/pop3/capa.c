/*
 * pop3/capa.c - see capa.h.
 */
#include "pop3/capa.h"

#include <stdio.h>

#include "pop3/command.h"
#include "pop3/reply.h"

/*
 * What is no command. RESP-CODES RFC 2449, AUTH-RESP-CODE RFC 3206.
 *
 * WHY no UTF8 (RFC 6856): it would promise that a client which did not ask for it never gets a header in raw UTF-8. We
 * give what is stored; a header made over would have other octets than LIST and the sender's signature say. WHY no
 * LANG: there is one language.
 */
static const char *const capa_general[] = {"RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", NULL};

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

static void capa_print_announcement(const char *tag, const char *argument, struct buf *out)
{
    if (*argument)
        reply_line(out, "%s %s", tag, argument);
}

static const char *capa_user(bool differs)
{
    return differs ? " USER" : "";
}

void capa_announce(struct capa_announcements *announcements, const struct restante_announcement *announcement)
{
    *announcements = (struct capa_announcements)CAPA_NOTHING_EXPIRES;
    if (announcement->expire_days >= 0)
        snprintf(announcements->expire, sizeof(announcements->expire), "%ld%s", (long)announcement->expire_days,
                 capa_user(announcement->expire_differs));
    if (announcement->login_delay_s >= 0)
        snprintf(announcements->login_delay, sizeof(announcements->login_delay), "%ld%s",
                 (long)announcement->login_delay_s, capa_user(announcement->login_delay_differs));
}

void capa_print(const struct authorization_facts *facts, const struct capa_announcements *announcements,
                struct buf *out)
{
    capa_print_table(transaction_commands, facts, out);
    capa_print_table(authorization_commands, facts, out);
    for (size_t i = 0; capa_general[i]; i++)
        reply_line(out, "%s", capa_general[i]);
    capa_print_announcement("EXPIRE", announcements->expire, out);
    capa_print_announcement("LOGIN-DELAY", announcements->login_delay, out);
    reply_line(out, "IMPLEMENTATION Restante"); /* no version: it would help attackers only */
}
