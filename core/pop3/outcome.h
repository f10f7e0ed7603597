/*
 * pop3/outcome.h - what came of a command, and the one place that turns it into a reply.
 *
 * Handlers fill an outcome and never write: so each line of a client gets exactly one reply.
 */
#ifndef POP3_OUTCOME_H
#define POP3_OUTCOME_H

#include <restante/module.h>

#include "util/buf.h"

enum outcome_kind {
    OUTCOME_OK = 0,
    OUTCOME_ERROR,     /* -ERR: not possible as things are */
    OUTCOME_BAD,       /* -ERR: no client that knows POP3 sends this; counted */
    OUTCOME_CHALLENGE, /* "+ " and the text in base64: the client's answer follows */
    OUTCOME_LATER,     /* somebody else answers: auth, the maildrop, the first octets of a message */
};

/* Writes the lines of a short multi-line reply. */
typedef void (*outcome_lines)(const void *session, struct buf *out);

struct outcome {
    enum outcome_kind kind;
    const char *code; /* of an error, without brackets; NULL: none */
    outcome_lines lines; /* NULL: a reply of one line */
    char text[160];
};

void outcome_ok(struct outcome *outcome, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* +OK, then what `lines` writes, then ".". */
void outcome_multiline(struct outcome *outcome, const char *text, outcome_lines lines);
void outcome_error(struct outcome *outcome, const char *code, const char *text);
void outcome_bad(struct outcome *outcome, const char *text);
/* [SYS/PERM] or [SYS/TEMP] with the client text of `error`, (may be NULL), or `general` where that is empty. */
void outcome_failure(struct outcome *outcome, enum restante_status status, const struct restante_error *error,
                     const char *general);
void outcome_challenge(struct outcome *outcome, const char *text);
void outcome_set(struct outcome *outcome, enum outcome_kind kind);

/* Write the reply; nothing for OUTCOME_LATER. `session` is for `lines`. */
void outcome_reply(const struct outcome *outcome, const void *session, struct buf *out);

#endif
