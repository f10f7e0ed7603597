/*
 * common/scheme_table.h - what scheme.c and scheme_verify.c share: a row of the table of schemes, and the digests.
 */
#ifndef COMMON_SCHEME_TABLE_H
#define COMMON_SCHEME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEME_DIGEST_MAX 64

enum scheme_method { SCHEME_METHOD_CRYPT, SCHEME_METHOD_PLAIN, SCHEME_METHOD_DIGEST };

struct scheme_digest {
    size_t length;
    /* Digest of a followed by b. */
    void (*compute)(uint8_t *to, const void *a, size_t a_length, const void *b, size_t b_length);
};

struct scheme {
    const char *name;
    enum scheme_method method;
    const struct scheme_digest *digest; /* NULL for crypt */
    bool is_salted;                     /* the salt follows the digest in the value */
};

extern const struct scheme_digest scheme_sha1, scheme_sha256, scheme_sha512;

#endif
