/*
 * tests/fuzz/fuzz_replies.h - what a client sees: status lines counted, multi-line replies skipped.
 */
#ifndef TESTS_FUZZ_REPLIES_H
#define TESTS_FUZZ_REPLIES_H

#include "fuzz.h"
#include "util/buf.h"

/* The length of the line at `text` with its CRLF; there is one, and no bare CR or LF in it. */
size_t fuzz_reply_line(const char *text, size_t length);
/*
 * How many replies are in `out`: each begins with +OK, -ERR or "+ " and is at most 512 octets long. A +OK for which
 * `is_multiline` says so goes on to its line ".".
 */
typedef bool (*fuzz_is_multiline)(const char *line, size_t length);
size_t fuzz_replies_count(const struct buf *out, fuzz_is_multiline is_multiline);
size_t fuzz_line_ends(const char *data, size_t length);

#endif
