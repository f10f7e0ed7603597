/*
 * pop3/wire.h - stored mail to what goes over the wire (RFC 1939 section 3 and 7): every line ends with CRLF, a line
 * that begins with a dot gets another one, "." CRLF ends it. Works on chunks of any size cut anywhere; finds line
 * ends with memchr, copies whole lines.
 *
 * Bare LF becomes CRLF; CRLF stays; a bare CR and NUL pass unchanged. A message without a final line end gets one.
 */
#ifndef POP3_WIRE_H
#define POP3_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

#include "util/buf.h"

/* For clients that fail on some mail; both off: the octets go out as they are stored. */
struct wire_compatibility {
    bool adds_blank_line; /* after the headers of a message that has nothing else (two octets more) */
    bool replaces_nul;    /* by '?': as long, and a letter that no transfer encoding takes for one of its own */
};

/* Zeroed: the start of a message, without a line limit. */
struct wire {
    struct wire_compatibility compatibility;
    struct restante_octet_count count; /* octets given so far, without stuffing */
    bool in_line;                      /* not at the start of a line */
    bool has_limit;                    /* TOP: headers, blank line and so many lines of the body */
    bool in_body;                      /* past the blank line; known with a limit or adds_blank_line */
    bool is_full;      /* TOP has all its lines: nothing more will be added */
    bool line_is_blank; /* the present line holds nothing so far but perhaps a CR */
    uint64_t body_lines_left;
};

/* Prepare for TOP with `body_lines`; all else as in a zeroed one. */
void wire_limit(struct wire *wire, uint64_t body_lines);
/* Convert a chunk and append it to `out`: at most 2 * length + 2 octets. */
void wire_add(struct wire *wire, const char *stored, size_t length, struct buf *out);
/* The end of the message: a missing final CRLF, the blank line when it is wanted, then ".\r\n". */
void wire_end(struct wire *wire, struct buf *out);

/* Count only (module.h, struct restante_octet_count); the same octets that wire_add would count. */
void wire_count(struct restante_octet_count *count, const void *stored, size_t length);
void wire_count_end(struct restante_octet_count *count);

#endif
