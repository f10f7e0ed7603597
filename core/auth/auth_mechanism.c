/*
 * USER and LOGIN (user NUL secret, from USER and PASS or from AUTH LOGIN) and PLAIN (RFC 4616). Strict: a response that is not exactly what the
 * mechanism says is refused, never repaired.
 */
#include "auth/auth_mechanism.h"

#include <string.h>

enum { MECHANISM_PARTS_MAX = 3 };

struct mechanism_part {
    const char *text;
    size_t length;
};

struct mechanism_row {
    const char *name;
    size_t parts;
    size_t user, secret; /* which part */
    bool has_authzid;    /* part 0 */
};

static const struct mechanism_row mechanism_table[] = {
    {"USER", 2, 0, 1, false},
    {"LOGIN", 2, 0, 1, false},
    {"PLAIN", 3, 1, 2, true},
};

static const struct mechanism_row *mechanism_find(const char *name)
{
    for (size_t i = 0; i < sizeof(mechanism_table) / sizeof(mechanism_table[0]); i++) {
        if (strcmp(mechanism_table[i].name, name) == 0)
            return &mechanism_table[i];
    }
    return NULL;
}

/* Exactly `count` parts with a NUL between each two. */
static bool mechanism_split(struct mechanism_part parts[MECHANISM_PARTS_MAX], size_t count, const char *text,
                            size_t length)
{
    for (size_t i = 0; i < count; i++) {
        const char *nul = length > 0 ? memchr(text, '\0', length) : NULL;
        bool is_last = i + 1 == count;
        if (is_last != (nul == NULL))
            return false;
        parts[i] = (struct mechanism_part){.text = text, .length = nul ? (size_t)(nul - text) : length};
        if (nul) {
            length -= parts[i].length + 1;
            text = nul + 1;
        }
    }
    return true;
}

static bool has_control(const struct mechanism_part *part)
{
    for (size_t i = 0; i < part->length; i++) {
        unsigned char c = (unsigned char)part->text[i];
        if (c < ' ' || c == 0x7f)
            return true;
    }
    return false;
}

static bool is_same(const struct mechanism_part *a, const struct mechanism_part *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static const char *mechanism_take_user(const struct mechanism_part *user, struct auth_credentials *credentials)
{
    if (user->length == 0)
        return "the user name is empty";
    if (user->length > RESTANTE_USER_MAX)
        return "the user name is too long";
    memcpy(credentials->user, user->text, user->length);
    return has_control(user) ? "the user name holds a control byte" : NULL;
}

/* CVE-2015-3238: over-long secrets never reach a driver. */
static const char *mechanism_take_secret(const struct mechanism_part *secret, struct auth_credentials *credentials)
{
    if (secret->length == 0)
        return "the secret is empty";
    if (secret->length > RESTANTE_SECRET_MAX)
        return "the secret is too long";
    if (has_control(secret))
        return "the secret holds a control byte";
    memcpy(credentials->secret, secret->text, secret->length);
    return NULL;
}

bool auth_mechanism_parse(const char *mechanism, const void *response, size_t length,
                          struct auth_credentials *credentials, const char **why)
{
    struct mechanism_part parts[MECHANISM_PARTS_MAX];
    const struct mechanism_row *row = mechanism_find(mechanism);
    memset(credentials, 0, sizeof(*credentials));
    *why = NULL;
    if (!row)
        *why = "unknown mechanism";
    else if (!mechanism_split(parts, row->parts, response, length))
        *why = "malformed response";
    else
        *why = mechanism_take_user(&parts[row->user], credentials);
    if (*why)
        return false;
    /* RFC 4616 section 2: acting for another identity is not supported, so only one's own may be named. */
    if (row->has_authzid && parts[0].length > 0 && !is_same(&parts[0], &parts[row->user]))
        *why = "another authorization identity";
    else
        *why = mechanism_take_secret(&parts[row->secret], credentials);
    return !*why;
}
