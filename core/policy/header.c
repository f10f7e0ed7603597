/*
 * policy/header.c - a scan over octets, one at a time, that remembers nothing but where it is in a line. Runs in a
 * worker.
 *
 * Lines end with LF or CR LF, as mail is stored. WHY no CR alone: relays disagree about it, and a policy must not see
 * a field there that the reader of the mail does not see.
 */
#include "policy/header.h"

#include <string.h>
#include <strings.h>

enum { HEADER_CHUNK = 4096 };

enum header_state {
    HEADER_LINE,  /* at the beginning of a line */
    HEADER_NAME,  /* the name has matched so far */
    HEADER_BLANK, /* behind a name that has matched whole: white space, then ':' (RFC 5322 section 4.5) */
    HEADER_VALUE, /* within the value */
    HEADER_FOLD,  /* at the beginning of a line behind one of the value */
    HEADER_OTHER, /* to the end of a line that is of no interest */
    HEADER_FOUND,
    HEADER_END, /* there is no such field */
};

struct header_scan {
    enum header_state state;
    const char *name;
    size_t matched;     /* octets of the name */
    bool has_return;    /* a CR that may belong to the line's end */
    char *value;
    size_t length;
};

static bool header_is_name(const char *name)
{
    size_t length = 0;
    for (; name[length]; length++)
        if (name[length] <= ' ' || name[length] > '~' || name[length] == ':' || length == POLICY_HEADER_NAME_MAX)
            return false;
    return length > 0;
}

static void header_add(struct header_scan *scan, char octet)
{
    if (scan->length < POLICY_HEADER_VALUE_MAX)
        scan->value[scan->length++] = octet;
}

static bool header_is_blank(char octet)
{
    return octet == ' ' || octet == '\t';
}

/* What is not ASCII is not known to be any (RFC 6532). */
static bool header_is_control(char octet)
{
    return octet != '\t' && ((unsigned char)octet < ' ' || octet == 0x7f);
}

/* The first octet of a line; *scan is in HEADER_LINE. */
static void header_begin_line(struct header_scan *scan, char octet)
{
    scan->matched = 0;
    scan->state = HEADER_NAME;
    if (octet == '\n')
        scan->state = HEADER_END; /* the empty line behind the header */
}

static void header_match(struct header_scan *scan, char octet)
{
    if (scan->name[scan->matched] && strncasecmp(&scan->name[scan->matched], &octet, 1) == 0)
        scan->matched++;
    else if (!scan->name[scan->matched] && octet == ':')
        scan->state = HEADER_VALUE;
    else if (!scan->name[scan->matched] && header_is_blank(octet))
        scan->state = HEADER_BLANK;
    else
        scan->state = octet == '\n' ? HEADER_LINE : HEADER_OTHER;
}

static void header_take_value(struct header_scan *scan, char octet)
{
    if (octet == '\n')
        scan->state = HEADER_FOLD;
    else if (scan->length > 0 || !header_is_blank(octet))
        header_add(scan, header_is_control(octet) ? '?' : octet);
}

static void header_take(struct header_scan *scan, char octet)
{
    if (scan->state == HEADER_FOLD) {
        scan->state = header_is_blank(octet) ? HEADER_VALUE : HEADER_FOUND;
        if (scan->state == HEADER_FOUND)
            return;
    }
    if (scan->state == HEADER_LINE)
        header_begin_line(scan, octet);
    if (scan->state == HEADER_NAME)
        header_match(scan, octet);
    else if (scan->state == HEADER_BLANK)
        scan->state = octet == ':' ? HEADER_VALUE : header_is_blank(octet) ? HEADER_BLANK : HEADER_OTHER;
    else if (scan->state == HEADER_VALUE)
        header_take_value(scan, octet);
    if (scan->state == HEADER_OTHER && octet == '\n')
        scan->state = HEADER_LINE;
}

static bool header_is_over(const struct header_scan *scan)
{
    return scan->state == HEADER_FOUND || scan->state == HEADER_END;
}

/* A CR counts as an octet of the line unless LF follows. */
static void header_feed(struct header_scan *scan, const char *data, size_t length)
{
    for (size_t i = 0; i < length && !header_is_over(scan); i++) {
        if (scan->has_return && data[i] != '\n')
            header_take(scan, '\r');
        scan->has_return = data[i] == '\r';
        if (!scan->has_return && !header_is_over(scan))
            header_take(scan, data[i]);
    }
}

static enum restante_status header_read(const struct policy_mail *mail, void *reader, struct header_scan *scan,
                                        struct restante_error *error)
{
    char chunk[HEADER_CHUNK];
    for (size_t left = POLICY_HEADER_READ_MAX; left > 0 && !header_is_over(scan);) {
        size_t capacity = left < sizeof(chunk) ? left : sizeof(chunk), length = 0;
        enum restante_status status = mail->read(mail->context, reader, chunk, capacity, &length, error);
        if (status != RESTANTE_OK)
            return status;
        if (length == 0 || length > capacity)
            break;
        header_feed(scan, chunk, length);
        left -= length;
    }
    return RESTANTE_OK;
}

enum restante_status policy_header_find(const struct policy_mail *mail, size_t index, const char *name,
                                        char value[POLICY_HEADER_VALUE_MAX + 1], struct restante_error *error)
{
    struct header_scan scan = {.state = HEADER_LINE, .name = name, .value = value};
    void *reader = NULL;
    value[0] = '\0';
    if (!header_is_name(name))
        return RESTANTE_END;
    enum restante_status status = mail->read_open(mail->context, index, &reader, error);
    if (status != RESTANTE_OK)
        return status;
    status = header_read(mail, reader, &scan, error);
    mail->read_close(mail->context, &reader);
    while (scan.length > 0 && header_is_blank(value[scan.length - 1]))
        scan.length--;
    value[status == RESTANTE_OK ? scan.length : 0] = '\0';
    if (status != RESTANTE_OK)
        return status;
    bool is_found = scan.state == HEADER_FOUND || scan.state == HEADER_VALUE || scan.state == HEADER_FOLD;
    return is_found ? RESTANTE_OK : RESTANTE_END;
}
