/*
 * The table of schemes, and reading a stored secret. Checking one is in scheme_verify.c.
 */
#include "common/scheme.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/decode.h"
#include "common/scheme_table.h"

static const struct scheme scheme_table[] = {
    {"CRYPT", SCHEME_METHOD_CRYPT, NULL, false},
    {"DES-CRYPT", SCHEME_METHOD_CRYPT, NULL, false},
    {"MD5-CRYPT", SCHEME_METHOD_CRYPT, NULL, false},
    {"SHA256-CRYPT", SCHEME_METHOD_CRYPT, NULL, false},
    {"SHA512-CRYPT", SCHEME_METHOD_CRYPT, NULL, false},
    {"BLF-CRYPT", SCHEME_METHOD_CRYPT, NULL, false},
    {"ARGON2I", SCHEME_METHOD_CRYPT, NULL, false},
    {"ARGON2ID", SCHEME_METHOD_CRYPT, NULL, false},
    {"PLAIN", SCHEME_METHOD_PLAIN, &scheme_sha256, false},
    {"CLEAR", SCHEME_METHOD_PLAIN, &scheme_sha256, false},
    {"CLEARTEXT", SCHEME_METHOD_PLAIN, &scheme_sha256, false},
    {"SHA", SCHEME_METHOD_DIGEST, &scheme_sha1, false},
    {"SHA1", SCHEME_METHOD_DIGEST, &scheme_sha1, false},
    {"SHA256", SCHEME_METHOD_DIGEST, &scheme_sha256, false},
    {"SHA512", SCHEME_METHOD_DIGEST, &scheme_sha512, false},
    {"SSHA", SCHEME_METHOD_DIGEST, &scheme_sha1, true},
    {"SSHA256", SCHEME_METHOD_DIGEST, &scheme_sha256, true},
    {"SSHA512", SCHEME_METHOD_DIGEST, &scheme_sha512, true},
};

enum scheme_encoding { ENCODING_DEFAULT, ENCODING_HEX, ENCODING_BASE64 };

const char *scheme_split(const char *text, size_t *name_length)
{
    const char *close = text[0] == '{' ? strchr(text, '}') : NULL;
    *name_length = close ? (size_t)(close - text - 1) : 0;
    return close ? close + 1 : text;
}

static const struct scheme *scheme_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(scheme_table) / sizeof(scheme_table[0]); i++) {
        if (strlen(scheme_table[i].name) == length && strncasecmp(scheme_table[i].name, name, length) == 0)
            return &scheme_table[i];
    }
    return NULL;
}

/* Take "NAME.HEX", "NAME.B64" or "NAME.BASE64" apart, as Dovecot writes them; false for another ending. */
static bool scheme_encoding(const char *name, size_t *length, enum scheme_encoding *encoding)
{
    const char *dot = memchr(name, '.', *length);
    *encoding = ENCODING_DEFAULT;
    if (!dot)
        return true;
    size_t ending = *length - (size_t)(dot + 1 - name);
    *length = (size_t)(dot - name);
    if (ending == 3 && strncasecmp(dot + 1, "HEX", 3) == 0)
        *encoding = ENCODING_HEX;
    else if ((ending == 3 && strncasecmp(dot + 1, "B64", 3) == 0) ||
             (ending == 6 && strncasecmp(dot + 1, "BASE64", 6) == 0))
        *encoding = ENCODING_BASE64;
    return *encoding != ENCODING_DEFAULT;
}

/* A locked account: "*" or "!" where a hash would be. A plain secret may begin with either, but not be one alone. */
static bool scheme_is_disabled(const struct scheme *scheme, const char *value)
{
    if (!value[0])
        return true;
    if (value[0] != '*' && value[0] != '!')
        return false;
    return !scheme || scheme->method != SCHEME_METHOD_PLAIN || !value[1];
}

static bool scheme_decode(struct scheme_stored *stored, enum scheme_encoding encoding, const char *value)
{
    const struct scheme *scheme = stored->scheme;
    size_t length = strlen(value);
    if (encoding == ENCODING_DEFAULT && scheme->method == SCHEME_METHOD_DIGEST) {
        /* Unsalted digests are also found in hexadecimal without saying so; the length tells. */
        bool is_hex = !scheme->is_salted && length == 2 * scheme->digest->length;
        encoding = is_hex ? ENCODING_HEX : ENCODING_BASE64;
    }
    if (encoding == ENCODING_HEX)
        return decode_hex(stored->value, SCHEME_VALUE_MAX, &stored->length, value);
    if (encoding == ENCODING_BASE64)
        return decode_base64(stored->value, SCHEME_VALUE_MAX, &stored->length, value);
    if (length > SCHEME_VALUE_MAX)
        return false;
    memcpy(stored->value, value, length);
    stored->length = length;
    return true;
}

/* Could crypt ever make this? A DES hash has no method mark, so only its length tells it from a stray word. */
static enum scheme_state scheme_check_crypt(const struct scheme_stored *stored)
{
    const char *hash = (const char *)stored->value;
    if (memchr(hash, '\0', stored->length))
        return SCHEME_MALFORMED;
    if (hash[0] != '$' && hash[0] != '_' && stored->length != 13)
        return SCHEME_MALFORMED;
    int state = crypt_checksalt(hash);
    return state == CRYPT_SALT_INVALID || state == CRYPT_SALT_METHOD_DISABLED ? SCHEME_UNSUPPORTED : SCHEME_USABLE;
}

static enum scheme_state scheme_check(const struct scheme_stored *stored)
{
    const struct scheme *scheme = stored->scheme;
    switch (scheme->method) {
    case SCHEME_METHOD_CRYPT:
        return scheme_check_crypt(stored);
    case SCHEME_METHOD_DIGEST:
        if (scheme->is_salted)
            return stored->length >= scheme->digest->length ? SCHEME_USABLE : SCHEME_MALFORMED;
        return stored->length == scheme->digest->length ? SCHEME_USABLE : SCHEME_MALFORMED;
    case SCHEME_METHOD_PLAIN:
        break;
    }
    return stored->length > 0 ? SCHEME_USABLE : SCHEME_DISABLED;
}

enum scheme_state scheme_parse(struct scheme_stored *stored, const char *text)
{
    size_t name_length;
    enum scheme_encoding encoding = ENCODING_DEFAULT;
    const char *value = scheme_split(text, &name_length);
    memset(stored, 0, sizeof(*stored));
    if (value == text)
        stored->scheme = scheme_find("CRYPT", 5);
    else if (scheme_encoding(text + 1, &name_length, &encoding))
        stored->scheme = scheme_find(text + 1, name_length);
    if (scheme_is_disabled(stored->scheme, value))
        return SCHEME_DISABLED;
    if (!stored->scheme)
        return SCHEME_UNSUPPORTED;
    if (!scheme_decode(stored, encoding, value))
        return SCHEME_MALFORMED;
    stored->value[stored->length] = '\0';
    return scheme_check(stored);
}

/* The part of a crypt hash that names method and cost. */
static size_t scheme_cost_length(const char *hash)
{
    if (hash[0] == '_')
        return strnlen(hash, 5);
    if (hash[0] != '$')
        return 0;
    const char *method_end = strchr(hash + 1, '$');
    if (!method_end)
        return strlen(hash);
    size_t length = (size_t)(method_end + 1 - hash);
    if (strncmp(hash, "$7$", 3) == 0)
        return length + strnlen(hash + length, 11);
    bool has_cost = strncmp(hash, "$1$", 3) != 0;
    if (strncmp(hash, "$5$", 3) == 0 || strncmp(hash, "$6$", 3) == 0)
        has_cost = strncmp(hash + length, "rounds=", 7) == 0;
    return has_cost ? length + strcspn(hash + length, "$") : length;
}

void scheme_class(char to[SCHEME_CLASS_MAX], const struct scheme_stored *stored)
{
    const char *hash = (const char *)stored->value;
    if (stored->scheme->method == SCHEME_METHOD_CRYPT)
        snprintf(to, SCHEME_CLASS_MAX, "CRYPT%.*s", (int)scheme_cost_length(hash), hash);
    else
        snprintf(to, SCHEME_CLASS_MAX, "%s", stored->scheme->name);
}
