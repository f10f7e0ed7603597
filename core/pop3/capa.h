/*
 * pop3/capa.h - the capability list (RFC 2449 section 5), printed from the command tables. Both rooms.
 */
#ifndef POP3_CAPA_H
#define POP3_CAPA_H

#include "util/buf.h"

struct authorization_facts;

/* What a site promises to clients (RFC 2449 sections 6.5 and 6.7): arguments of two tags; NULL leaves the tag out. */
struct capa_announcements {
    const char *expire;      /* "NEVER", "30", "30 USER" */
    const char *login_delay; /* "60", "60 USER" */
};

/* Mail is removed by DELE alone, and logins need no pause. */
#define CAPA_NOTHING_EXPIRES {.expire = "NEVER"}

/* The lines, without status and end. */
void capa_print(const struct authorization_facts *facts, const struct capa_announcements *announcements,
                struct buf *out);

#endif
