/*
 * pop3/line.h - what a client has sent, and its lines (RFC 1939 section 3, limits RFC 2449 section 4).
 *
 * Runs in frontends and workers; every byte is hostile. Lines end with LF, the CR before it is optional: real clients
 * differ. Nothing is allocated while nothing is kept; what was handled is overwritten, because it may be a password.
 */
#ifndef POP3_LINE_H
#define POP3_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/base64.h"
#include "util/buf.h"

/* Octets that a client may be ahead of us; as much travels with a hand-over (ipc/messages.h). */
#define LINE_INPUT_MAX 65536
/* Credentials, decoded (ipc/messages.h). */
#define LINE_SECRET_MAX 2048

/* The longest line with its end: a command; an answer in an AUTH exchange. */
#define LINE_COMMAND_MAX 255
#define LINE_ANSWER_MAX (BASE64_ENCODED_LENGTH(LINE_SECRET_MAX) + 2)

/* As many octets of a line that is too long are given: enough to know another protocol's first word. */
#define LINE_HEAD_MAX 16

enum line_result {
    LINE_NONE, /* no whole line yet */
    LINE_READY,
    LINE_TOO_LONG, /* a line that was skipped to its end; its first octets */
    LINE_HAS_NUL,  /* a line that must not be looked at: C strings would end early in it */
};

/* Zeroed: nothing was sent. */
struct line_input {
    struct buf buf;
    size_t taken_octets; /* of the line that line_next gave */
    bool is_skipping;    /* within a line that is too long */
    char head[LINE_HEAD_MAX]; /* of that line */
};

/* Keep what the client sent; false, keeping nothing, when that is more than LINE_INPUT_MAX in all. */
bool line_feed(struct line_input *input, const char *data, size_t length);
/* Octets that may still be fed; octets that are kept. */
size_t line_room(const struct line_input *input);
size_t line_kept(const struct line_input *input);
/*
 * The next line of at most `max` octets, without its end. `text` is valid until line_done or line_feed;
 * without line_done the same line is the next one again.
 */
enum line_result line_next(struct line_input *input, size_t max, const char **text, size_t *length);
/* Overwrite and drop the line that line_next gave. */
void line_done(struct line_input *input);
/* Overwrite and drop everything. */
void line_wipe(struct line_input *input);

#endif
