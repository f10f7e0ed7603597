/*
 * pop3/reply.c - see reply.h. Runs in frontends and workers. Cannot fail.
 */
#include "pop3/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/base64.h"
#include "util/error.h"

/* RFC 2449 section 4: 512 octets with CRLF. */
#define REPLY_LINE_MAX 510

/* Texts come from settings, modules and mail stores: no byte of theirs may end the line or confuse a terminal. */
static void reply_clean(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '?';
}

struct reply_text {
    char line[REPLY_LINE_MAX + 1];
    size_t length;
};

static void reply_format(struct reply_text *text, const char *head, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void reply_format(struct reply_text *text, const char *head, const char *format, va_list arguments)
{
    size_t used = strlen(head);
    memcpy(text->line, head, used + 1);
    if (vsnprintf(text->line + used, sizeof(text->line) - used, format, arguments) > 0)
        used += strlen(text->line + used);
    reply_clean(text->line, used);
    text->length = used;
}

static void reply_append(struct buf *out, const struct reply_text *text)
{
    buf_append(out, text->line, text->length);
    buf_append(out, "\r\n", 2);
}

void reply_ok(struct buf *out, const char *format, ...)
{
    struct reply_text text;
    va_list arguments;
    va_start(arguments, format);
    reply_format(&text, "+OK ", format, arguments);
    va_end(arguments);
    reply_append(out, &text);
}

void reply_error(struct buf *out, const char *code, const char *format, ...)
{
    char head[32] = "-ERR ";
    struct reply_text text;
    va_list arguments;
    if (code && *code)
        snprintf(head, sizeof(head), "-ERR [%.20s] ", code);
    va_start(arguments, format);
    reply_format(&text, head, format, arguments);
    va_end(arguments);
    /* RFC 2449 section 8: what begins with a bracket is a code; texts of modules and scripts are none. */
    if (text.line[5] == '[' && !(code && *code))
        text.line[5] = '(';
    reply_append(out, &text);
}

void reply_failure(struct buf *out, const struct restante_error *error, const char *general)
{
    reply_error(out, error_response_code(error->status), "%s", error->client[0] ? error->client : general);
}

void reply_challenge(struct buf *out, const void *data, size_t length)
{
    size_t encoded = BASE64_ENCODED_LENGTH(length);
    buf_append(out, "+ ", 2);
    base64_encode(buf_reserve(out, encoded + 1), data, length);
    buf_added(out, encoded);
    buf_append(out, "\r\n", 2);
}

void reply_line(struct buf *out, const char *format, ...)
{
    struct reply_text text;
    va_list arguments;
    va_start(arguments, format);
    reply_format(&text, "", format, arguments);
    va_end(arguments);
    if (text.line[0] == '.')
        buf_append(out, ".", 1); /* RFC 1939 section 3 */
    reply_append(out, &text);
}

/* Decimal digits, written backwards from `end`; returns where they begin. */
static char *reply_digits(char *end, uint64_t number)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

/* "number text" without printf: a poll of a big maildrop is made of these. */
void reply_listing(struct buf *out, uint64_t number, const char *text)
{
    enum { DIGITS_MAX = 20 };
    char line[REPLY_LINE_MAX + 2];
    char *digits = reply_digits(line + DIGITS_MAX, number);
    size_t used = DIGITS_MAX, length = strnlen(text, REPLY_LINE_MAX - DIGITS_MAX - 1);
    line[used++] = ' ';
    memcpy(line + used, text, length);
    reply_clean(line + used, length);
    used += length;
    line[used++] = '\r';
    line[used++] = '\n';
    buf_append(out, digits, (size_t)(line + used - digits));
}

void reply_listing_octets(struct buf *out, uint64_t number, uint64_t octets)
{
    char text[24];
    text[sizeof(text) - 1] = '\0';
    reply_listing(out, number, reply_digits(text + sizeof(text) - 1, octets));
}

void reply_end(struct buf *out)
{
    buf_append(out, ".\r\n", 3);
}
