/*
 * pop3/capa.h - the capability list (RFC 2449 section 5), printed from the command tables. Both rooms.
 */
#ifndef POP3_CAPA_H
#define POP3_CAPA_H

#include <restante/policy.h>

#include "util/buf.h"

struct authorization_facts;

/* What a site promises to clients (RFC 2449 sections 6.5 and 6.7): arguments of two tags; "" leaves the tag out. */
struct capa_announcements {
    char expire[24];      /* "NEVER", "30", "30 USER" */
    char login_delay[24]; /* "60", "60 USER" */
};

/* Mail is removed by DELE alone, and logins need no pause. */
#define CAPA_NOTHING_EXPIRES {.expire = "NEVER"}

/* What policies announce, as arguments. Who announces no time after which mail goes keeps it for ever. */
void capa_announce(struct capa_announcements *announcements, const struct restante_announcement *announcement);

/* The lines, without status and end. */
void capa_print(const struct authorization_facts *facts, const struct capa_announcements *announcements,
                struct buf *out);

#endif
