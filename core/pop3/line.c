/*
 * pop3/line.c - see line.h.
 */
#include "pop3/line.h"

#include <string.h>

bool line_feed(struct line_input *input, const char *data, size_t length)
{
    size_t kept = line_kept(input);
    if (length > LINE_INPUT_MAX - kept)
        return false;
    if (length == 0)
        return true;
    if (kept > 0 && input->buf.capacity - kept < length) {
        /* Growing would leave a copy of the old bytes behind. */
        struct buf larger = {0};
        buf_reserve(&larger, kept + length);
        buf_append(&larger, buf_head(&input->buf), kept);
        buf_wipe(&input->buf);
        input->buf = larger;
    }
    buf_append(&input->buf, data, length);
    return true;
}

size_t line_room(const struct line_input *input)
{
    return LINE_INPUT_MAX - line_kept(input);
}

size_t line_kept(const struct line_input *input)
{
    return buf_length(&input->buf);
}

void line_wipe(struct line_input *input)
{
    buf_wipe(&input->buf);
    *input = (struct line_input){0};
}

static void line_drop(struct line_input *input, size_t octets)
{
    if (octets == 0)
        return;
    explicit_bzero(buf_head(&input->buf), octets);
    buf_consume(&input->buf, octets);
    if (line_kept(input) == 0)
        buf_wipe(&input->buf);
}

void line_done(struct line_input *input)
{
    line_drop(input, input->taken_octets);
    input->taken_octets = 0;
}

/* Drop a line that is too long as it comes; the answer waits for its end. */
static enum line_result line_skip(struct line_input *input, const char **text, size_t *length)
{
    size_t kept = line_kept(input);
    const char *head = kept > 0 ? buf_head(&input->buf) : NULL;
    const char *end = head ? memchr(head, '\n', kept) : NULL;
    input->is_skipping = end == NULL;
    if (!end) {
        line_drop(input, kept);
        return LINE_NONE;
    }
    input->taken_octets = (size_t)(end - head) + 1;
    *text = input->head;
    *length = sizeof(input->head);
    return LINE_TOO_LONG;
}

enum line_result line_next(struct line_input *input, size_t max, const char **text, size_t *length)
{
    size_t kept = line_kept(input);
    *text = "";
    *length = 0;
    if (kept == 0)
        return LINE_NONE;
    if (input->is_skipping)
        return line_skip(input, text, length);
    const char *head = buf_head(&input->buf);
    const char *end = memchr(head, '\n', kept < max ? kept : max);
    if (!end && kept < max)
        return LINE_NONE;
    if (!end) {
        memcpy(input->head, head, sizeof(input->head));
        return line_skip(input, text, length);
    }
    size_t octets = (size_t)(end - head);
    input->taken_octets = octets + 1;
    if (memchr(head, '\0', octets))
        return LINE_HAS_NUL;
    if (octets > 0 && head[octets - 1] == '\r')
        octets--;
    *text = head;
    *length = octets;
    return LINE_READY;
}
