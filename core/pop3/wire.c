/*
 * pop3/wire.c - see wire.h. Runs in workers. Cannot fail.
 *
 * Stored bytes are copied in spans that reach from one insertion (a CR, a dot) to the next; memchr finds the line
 * ends, and only the bytes around a line end are looked at one by one.
 */
#include "pop3/wire.h"

#include <string.h>

void wire_limit(struct wire *wire, uint64_t body_lines)
{
    *wire = (struct wire){.has_limit = true, .body_lines_left = body_lines};
}

/*
 * Is the header line that ends with `span` octets at `text` blank, with what came of it in earlier chunks? A line that
 * was begun and is blank so far holds exactly one CR.
 */
static bool wire_is_blank(const struct wire *wire, bool is_begun, const char *text, size_t span)
{
    if (is_begun)
        return wire->line_is_blank && span == 0;
    return span == 0 || (span == 1 && text[0] == '\r');
}

static bool wire_has_all(const struct wire *wire)
{
    return wire->has_limit && wire->in_body && wire->body_lines_left == 0;
}

/* Do we look for the end of the headers, or count lines behind it? */
static bool wire_is_watching(const struct wire *wire)
{
    return wire->has_limit || (wire->compatibility.adds_blank_line && !wire->in_body);
}

/* How many of these stored octets still belong to the reply: for TOP perhaps not all. */
static size_t wire_cut(struct wire *wire, const char *stored, size_t length)
{
    const char *at = stored, *end = stored + length;
    bool is_begun = wire->in_line;
    while (at < end && !wire_has_all(wire)) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t span = (size_t)((line_end ? line_end : end) - at);
        bool is_blank = !wire->in_body && wire_is_blank(wire, is_begun, at, span);
        if (!line_end) {
            wire->line_is_blank = is_blank;
            at = end;
            break;
        }
        if (wire->in_body)
            wire->body_lines_left--;
        else if (is_blank)
            wire->in_body = true;
        is_begun = false;
        at = line_end + 1;
        if (!wire_is_watching(wire))
            return length;
    }
    wire->is_full = wire_has_all(wire);
    return (size_t)(at - stored);
}

static char *wire_copy(char *to, const char *from, const char *end)
{
    size_t length = (size_t)(end - from);
    memcpy(to, from, length);
    return to + length;
}

/* Convert at least one octet to where there is room for twice as many; returns where it stopped writing. */
static char *wire_convert(struct wire *wire, const char *stored, size_t length, char *to)
{
    const char *from = stored, *at = stored, *end = stored + length, *line_end;
    size_t inserted = 0;
    if (!wire->in_line && *stored == '.')
        *to++ = '.';
    while ((line_end = memchr(at, '\n', (size_t)(end - at)))) {
        char before = line_end > stored ? line_end[-1] : wire->count.last;
        if (before != '\r') {
            to = wire_copy(to, from, line_end);
            *to++ = '\r';
            inserted++;
            from = line_end;
        }
        at = line_end + 1;
        if (at == end)
            break;
        if (*at == '.') {
            to = wire_copy(to, from, at);
            *to++ = '.';
            from = at;
        }
    }
    wire->count.octets += length + inserted;
    wire->count.last = end[-1];
    wire->in_line = end[-1] != '\n';
    return wire_copy(to, from, end);
}

static void wire_replace_nul(char *text, size_t length)
{
    char *end = text + length;
    for (char *at = text; at < end && (at = memchr(at, '\0', (size_t)(end - at))); at++)
        *at = '?';
}

void wire_add(struct wire *wire, const char *stored, size_t length, struct buf *out)
{
    if (wire->is_full)
        return;
    if (wire_is_watching(wire))
        length = wire_cut(wire, stored, length);
    if (length == 0)
        return;
    char *to = buf_reserve(out, 2 * length);
    size_t added = (size_t)(wire_convert(wire, stored, length, to) - to);
    if (wire->compatibility.replaces_nul)
        wire_replace_nul(to, added);
    buf_added(out, added);
}

void wire_end(struct wire *wire, struct buf *out)
{
    if (wire->in_line)
        buf_append(out, "\r\n", 2);
    wire_count_end(&wire->count);
    wire->in_line = false;
    if (wire->compatibility.adds_blank_line && !wire->in_body) {
        buf_append(out, "\r\n", 2);
        wire->count.octets += 2;
    }
    buf_append(out, ".\r\n", 3);
}

void wire_count(struct restante_octet_count *count, const void *stored, size_t length)
{
    const char *start = stored, *at = start, *line_end;
    if (length == 0)
        return;
    const char *end = start + length;
    count->octets += length;
    while (at < end && (line_end = memchr(at, '\n', (size_t)(end - at)))) {
        char before = line_end > start ? line_end[-1] : count->last;
        if (before != '\r')
            count->octets++;
        at = line_end + 1;
    }
    count->last = end[-1];
}

void wire_count_end(struct restante_octet_count *count)
{
    /* A last byte of 0 may be a NUL of the message: only the octets tell whether there was any. */
    if (count->octets > 0 && count->last != '\n')
        count->octets += 2;
    count->last = '\n';
}
