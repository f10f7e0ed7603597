/*
 * pop3/reply.h - the only place that writes "+OK" and "-ERR" (RFC 1939 section 3; response codes RFC 2449 section 8).
 *
 * A status line is at most 512 octets with its CRLF; texts are cut and cleaned of control and 8-bit bytes.
 */
#ifndef POP3_REPLY_H
#define POP3_REPLY_H

#include <stdint.h>

#include <restante/module.h>

#include "util/buf.h"

void reply_ok(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `code` without brackets ("SYS/TEMP"), NULL or "" for none. */
void reply_error(struct buf *out, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* -ERR with the code of error->status and its client text, or `general` where that is empty. */
void reply_failure(struct buf *out, const struct restante_error *error, const char *general);
/* "+ " and base64 of a challenge (RFC 5034). */
void reply_challenge(struct buf *out, const void *data, size_t length);
/* One line of a multi-line reply, and its end. */
void reply_line(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines of LIST and UIDL: "number text", "number octets". */
void reply_listing(struct buf *out, uint64_t number, const char *text);
void reply_listing_octets(struct buf *out, uint64_t number, uint64_t octets);
void reply_end(struct buf *out);

#endif
