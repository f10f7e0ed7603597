#include "fuzz_replies.h"

size_t fuzz_reply_line(const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length);
    FUZZ_REQUIRE(end && end > text && end[-1] == '\r');
    return (size_t)(end - text) + 1;
}

/* Printable ASCII only: what a client sent never comes back as it was. */
static void require_printable(const char *line, size_t length)
{
    for (size_t i = 0; i + 2 < length; i++)
        FUZZ_REQUIRE(line[i] >= 0x20 && line[i] < 0x7f);
}

size_t fuzz_replies_count(const struct buf *out, fuzz_is_multiline is_multiline)
{
    const char *at = out->data ? buf_head(out) : "";
    size_t left = buf_length(out), count = 0;
    while (left > 0) {
        size_t length = fuzz_reply_line(at, left);
        bool is_ok = length >= 5 && memcmp(at, "+OK", 3) == 0 && (at[3] == ' ' || at[3] == '\r');
        bool is_error = length >= 6 && memcmp(at, "-ERR", 4) == 0 && (at[4] == ' ' || at[4] == '\r');
        FUZZ_REQUIRE(is_ok || is_error || memcmp(at, "+ ", 2) == 0);
        FUZZ_REQUIRE(length <= 512);
        require_printable(at, length);
        bool is_within = is_ok && is_multiline(at, length);
        count++;
        at += length;
        left -= length;
        while (is_within) {
            FUZZ_REQUIRE(left > 0);
            length = fuzz_reply_line(at, left);
            is_within = !(length == 3 && *at == '.');
            at += length;
            left -= length;
        }
    }
    return count;
}

size_t fuzz_line_ends(const char *data, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += data[i] == '\n';
    return count;
}
