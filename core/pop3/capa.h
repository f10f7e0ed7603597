/*
 * pop3/capa.h - the capability list (RFC 2449 section 5), printed from the command tables. Both rooms.
 */
#ifndef POP3_CAPA_H
#define POP3_CAPA_H

#include "pop3/authorization.h"

/* The lines, without status and end. */
void capa_print(const struct authorization_facts *facts, struct buf *out);

#endif
