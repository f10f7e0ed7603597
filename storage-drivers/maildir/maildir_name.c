/*
 * maildir/maildir_name.c - Maildir file names: parsed, judged, formatted. No input or output.
 *
 * TRUST: names are whatever somebody put into the folder. Only bytes other than NUL and "/" can be relied on.
 */
#include "maildir/maildir.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_PREFIX "h."
#define DIGEST_OCTETS 32
#define TWIN_OCTETS 16

static bool maildir_name_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The decimal number at the start; too large ones are UINT64_MAX. */
static uint64_t maildir_name_decimal(const char *text, size_t length, size_t *digits)
{
    uint64_t value = 0;
    size_t at = 0;
    for (; at < length && maildir_name_is_digit(text[at]); at++) {
        unsigned digit = (unsigned)(text[at] - '0');
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *digits = at;
    return value;
}

size_t maildir_name_base_length(const char *name)
{
    return strcspn(name, ":");
}

uint64_t maildir_name_number(const char *name)
{
    size_t digits;
    return maildir_name_decimal(name, MAILDIR_NAME_MAX, &digits);
}

bool maildir_name_field(const char *base, size_t base_length, char key, uint64_t *value)
{
    const char *end = base + base_length;
    const char *at = memchr(base, ',', base_length);
    while (at) {
        at++;
        if (end - at > 2 && at[0] == key && at[1] == '=') {
            size_t digits;
            size_t left = (size_t)(end - at) - 2;
            *value = maildir_name_decimal(at + 2, left, &digits);
            return digits > 0 && *value != UINT64_MAX && (digits == left || at[2 + digits] == ',');
        }
        at = memchr(at, ',', (size_t)(end - at));
    }
    return false;
}

const char *maildir_name_fault(const char *name)
{
    if (*name == '.')
        return "its name begins with a dot";
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "control bytes in its name";
    return NULL;
}

/* Names that look like our digests are digested too, so that no file can take another one's UIDL. */
static bool maildir_name_is_digest(const char *base, size_t base_length)
{
    size_t prefix = strlen(DIGEST_PREFIX);
    return base_length == prefix + 2 * DIGEST_OCTETS && memcmp(base, DIGEST_PREFIX, prefix) == 0;
}

bool maildir_name_is_uidl(const char *uidl, size_t length)
{
    if (length == 0 || length > RESTANTE_UIDL_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (uidl[i] < 0x21 || uidl[i] > 0x7E)
            return false;
    return true;
}

bool maildir_name_is_legal_uidl(const char *base, size_t base_length)
{
    return maildir_name_is_uidl(base, base_length) && !maildir_name_is_digest(base, base_length);
}

static void maildir_name_hex(char *to, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        to[2 * i] = "0123456789abcdef"[data[i] >> 4];
        to[2 * i + 1] = "0123456789abcdef"[data[i] & 15];
    }
    to[2 * length] = '\0';
}

void maildir_name_format_digest(const struct restante_host *host, const char *base, size_t base_length,
                                char uidl[RESTANTE_UIDL_MAX + 1])
{
    uint8_t digest[DIGEST_OCTETS];
    host->digest(base, base_length, digest);
    memcpy(uidl, DIGEST_PREFIX, strlen(DIGEST_PREFIX));
    maildir_name_hex(uidl + strlen(DIGEST_PREFIX), digest, sizeof(digest));
}

void maildir_name_format_twin(const struct restante_host *host, const char *base,
                              const struct maildir_message *message, uint64_t attempt,
                              char twin[RESTANTE_UIDL_MAX + 1])
{
    char facts[MAILDIR_NAME_MAX + 128];
    char hex[2 * TWIN_OCTETS + 1];
    uint8_t digest[DIGEST_OCTETS];
    /* WHY: no inode, so that a restored backup gives the same names. */
    int length = snprintf(facts, sizeof(facts), "%.*s/%" PRIu64 "/%" PRId64 ".%" PRIu32 "/%" PRIu64,
                          (int)message->base_length, base, message->size, message->mtime_s, message->mtime_ns,
                          attempt);
    host->digest(facts, (size_t)length, digest);
    maildir_name_hex(hex, digest, TWIN_OCTETS);
    snprintf(twin, RESTANTE_UIDL_MAX + 1, "%" PRIu64 ".d%s", message->number, hex);
}

bool maildir_name_format_seen(const char *name, char seen[MAILDIR_NAME_MAX + 1])
{
    size_t base_length = maildir_name_base_length(name);
    const char *flags = "";
    if (name[base_length]) {
        if (strncmp(name + base_length, ":2,", 3) != 0)
            return false; /* another program's experimental information */
        flags = name + base_length + 3;
    }
    size_t before = 0;
    for (const char *at = flags; *at; at++) {
        bool is_letter = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
        if (!is_letter || *at == 'S')
            return false;
        if (*at < 'S')
            before = (size_t)(at - flags) + 1;
    }
    int length = snprintf(seen, MAILDIR_NAME_MAX + 1, "%.*s:2,%.*sS%s", (int)base_length, name, (int)before, flags,
                          flags + before);
    return length <= MAILDIR_NAME_MAX;
}
