/*
 * mbox/mbox_digest.c - see mbox_digest.h. Runs in a worker, as the mailbox owner.
 *
 * TRUST: everything here was written by strangers. Linear, in constant memory, whatever a header looks like.
 */
#include "mbox/mbox_digest.h"

#include <string.h>
#include <strings.h>
#include <time.h>

/* Mail programs add, change and drop these in a mailbox that they share with us. */
static const char *const digest_left_out[] = {"Status", "X-Status",   "X-Keywords",     "X-UID", "X-UIDL",
                                              "X-IMAP", "X-IMAPbase", "Content-Length", "Lines"};

bool mbox_digest_begin(struct mbox_digest *digest)
{
    if (!digest->body)
        digest->body = XXH3_createState();
    if (!digest->body || XXH3_128bits_reset(digest->body) != XXH_OK)
        return false;
    SHA256Init(&digest->head);
    digest->part = MBOX_DIGEST_FROM;
    digest->is_left_out = false;
    digest->name_length = digest->from_length = digest->x_uidl_length = digest->subject_length = 0;
    digest->has_x_imap = false;
    digest->last = '\n';
    digest->value = NULL;
    digest->value_length = NULL;
    return true;
}

void mbox_digest_free(struct mbox_digest *digest)
{
    XXH3_freeState(digest->body);
    digest->body = NULL;
}

static void digest_head(struct mbox_digest *digest, const char *octets, size_t length)
{
    SHA256Update(&digest->head, (const uint8_t *)octets, length);
}

static void digest_keep(char *to, size_t *used, const char *octets, size_t length)
{
    size_t room = MBOX_DIGEST_VALUE_MAX - *used;
    size_t taken = length < room ? length : room;
    memcpy(to + *used, octets, taken);
    *used += taken;
    to[*used] = '\0';
}

/* A line of the header with its name complete, or too long to matter, or no field at all. */
static void digest_name_known(struct mbox_digest *digest)
{
    digest->name[digest->name_length] = '\0';
    digest->is_left_out = false;
    for (size_t i = 0; i < sizeof(digest_left_out) / sizeof(digest_left_out[0]); i++)
        digest->is_left_out = digest->is_left_out || (strlen(digest->name) == digest->name_length &&
                                                      strcasecmp(digest->name, digest_left_out[i]) == 0);
    digest->value = NULL;
    if (strcasecmp(digest->name, "X-UIDL") == 0 && digest->x_uidl_length == 0) {
        digest->value = digest->x_uidl;
        digest->value_length = &digest->x_uidl_length;
    } else if (strcasecmp(digest->name, "Subject") == 0 && digest->subject_length == 0) {
        digest->value = digest->subject;
        digest->value_length = &digest->subject_length;
    } else if (strcasecmp(digest->name, "X-IMAP") == 0) {
        digest->has_x_imap = true;
    }
    if (!digest->is_left_out)
        digest_head(digest, digest->name, digest->name_length);
}

/* At the start of a line of the header: how many octets of it were dealt with. */
static size_t digest_name(struct mbox_digest *digest, const char *stored, size_t length)
{
    char first = stored[0];
    if (digest->name_length == 0 && (first == ' ' || first == '\t')) { /* the field before goes on */
        digest->part = MBOX_DIGEST_VALUE;
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        char octet = stored[i];
        if (octet == '\n' && (digest->name_length == 0 || (digest->name_length == 1 && digest->name[0] == '\r'))) {
            digest_head(digest, digest->name, digest->name_length);
            digest_head(digest, "\n", 1);
            digest->part = MBOX_DIGEST_BODY;
            return i + 1;
        }
        if (octet == ':' || octet == '\n' || digest->name_length == MBOX_DIGEST_NAME_MAX) {
            digest_name_known(digest);
            digest->name_length = 0;
            digest->part = MBOX_DIGEST_VALUE;
            return i;
        }
        digest->name[digest->name_length++] = octet;
    }
    return length;
}

/* The rest of a line, from the ":" on. */
static size_t digest_value(struct mbox_digest *digest, const char *stored, size_t length)
{
    const char *end = memchr(stored, '\n', length);
    size_t used = end ? (size_t)(end - stored) + 1 : length;
    if (!digest->is_left_out)
        digest_head(digest, stored, used);
    if (digest->value)
        digest_keep(digest->value, digest->value_length, stored, end ? used - 1 : used);
    if (end)
        digest->part = MBOX_DIGEST_NAME;
    return used;
}

static size_t digest_from(struct mbox_digest *digest, const char *stored, size_t length)
{
    const char *end = memchr(stored, '\n', length);
    size_t used = end ? (size_t)(end - stored) + 1 : length;
    digest_head(digest, stored, used);
    digest_keep(digest->from_line, &digest->from_length, stored, end ? used - 1 : used);
    if (end)
        digest->part = MBOX_DIGEST_NAME;
    return used;
}

void mbox_digest_add(struct mbox_digest *digest, const char *stored, size_t length)
{
    if (length > 0)
        digest->last = stored[length - 1];
    while (length > 0) {
        size_t used = length;
        switch (digest->part) {
        case MBOX_DIGEST_FROM:
            used = digest_from(digest, stored, length);
            break;
        case MBOX_DIGEST_NAME:
            used = digest_name(digest, stored, length);
            break;
        case MBOX_DIGEST_VALUE:
            used = digest_value(digest, stored, length);
            break;
        case MBOX_DIGEST_BODY:
            (void)XXH3_128bits_update(digest->body, stored, length);
            break;
        }
        stored += used;
        length -= used;
    }
}

void mbox_digest_end(struct mbox_digest *digest, uint8_t result[MBOX_DIGEST_OCTETS])
{
    uint8_t whole[SHA256_DIGEST_LENGTH];
    XXH128_canonical_t body;
    /* A last line without an end: it gets one when mail is delivered behind it, and is the same message still. */
    if (digest->last != '\n')
        mbox_digest_add(digest, "\n", 1);
    XXH128_canonicalFromHash(&body, XXH3_128bits_digest(digest->body));
    SHA256Update(&digest->head, body.digest, sizeof(body.digest));
    SHA256Final(whole, &digest->head);
    memcpy(result, whole, MBOX_DIGEST_OCTETS);
}

/* The value of a field that was kept, without the colon and blanks around it. */
static size_t digest_trim(const char **text, size_t length)
{
    while (length > 0 && strchr(": \t", **text)) {
        (*text)++;
        length--;
    }
    while (length > 0 && strchr(" \t\r", (*text)[length - 1]))
        length--;
    return length;
}

bool mbox_digest_is_internal(const struct mbox_digest *digest)
{
    static const char title[] = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";
    const char *text = digest->subject;
    size_t length = digest_trim(&text, digest->subject_length);
    return digest->has_x_imap && strncmp(digest->from_line, "From MAILER-DAEMON ", 19) == 0 &&
           length == sizeof(title) - 1 && memcmp(text, title, length) == 0;
}

/* "From sender Tue Nov 24 15:04:05 2026", perhaps with a zone behind the time or the year, and "remote from". */
int64_t mbox_digest_from_time_s(const struct mbox_digest *digest)
{
    static const char *const formats[] = {"%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M %Y"};
    if (digest->from_length == 0)
        return 0;
    const char *at = strchr(digest->from_line + 5, ' ');
    for (; at; at = strchr(at, ' ')) {
        at += strspn(at, " ");
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
            struct tm parts = {0};
            if (strptime(at, formats[i], &parts)) {
                time_t when = timegm(&parts);
                return when > 0 ? (int64_t)when : 0;
            }
        }
    }
    return 0;
}
