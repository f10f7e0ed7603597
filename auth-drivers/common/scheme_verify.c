/*
 * Checking a secret: through crypt_r (libxcrypt) or a digest (libmd), compared in constant time, wiped afterwards.
 */
#include <errno.h>
#include <sha1.h>
#include <sha2.h>
#include <string.h>

#include "common/scheme.h"
#include "common/scheme_table.h"

static void compute_sha1(uint8_t *to, const void *a, size_t a_length, const void *b, size_t b_length)
{
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, a, a_length);
    SHA1Update(&context, b, b_length);
    SHA1Final(to, &context);
    explicit_bzero(&context, sizeof(context));
}

static void compute_sha256(uint8_t *to, const void *a, size_t a_length, const void *b, size_t b_length)
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, a, a_length);
    SHA256Update(&context, b, b_length);
    SHA256Final(to, &context);
    explicit_bzero(&context, sizeof(context));
}

static void compute_sha512(uint8_t *to, const void *a, size_t a_length, const void *b, size_t b_length)
{
    SHA2_CTX context;
    SHA512Init(&context);
    SHA512Update(&context, a, a_length);
    SHA512Update(&context, b, b_length);
    SHA512Final(to, &context);
    explicit_bzero(&context, sizeof(context));
}

const struct scheme_digest scheme_sha1 = {20, compute_sha1};
const struct scheme_digest scheme_sha256 = {32, compute_sha256};
const struct scheme_digest scheme_sha512 = {64, compute_sha512};

static bool is_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < length; i++)
        difference |= (uint8_t)(a[i] ^ b[i]);
    return difference == 0;
}

static enum scheme_answer verify_crypt(struct scheme_work *work, const struct scheme_stored *stored,
                                       const char *secret, size_t length)
{
    enum scheme_answer answer = SCHEME_FAILED;
    const char *made = crypt_r(secret, (const char *)stored->value, &work->crypt);
    if (made && made[0] != '*') {
        bool has_length = strlen(made) == stored->length;
        answer = has_length && is_equal((const uint8_t *)made, stored->value, stored->length) ? SCHEME_MATCH
                                                                                             : SCHEME_MISMATCH;
    } else if (length >= CRYPT_MAX_PASSPHRASE_SIZE) {
        /* Longer than crypt takes: no stored hash can have been made from it. */
        answer = SCHEME_MISMATCH;
    }
    explicit_bzero(&work->crypt, sizeof(work->crypt));
    return answer;
}

static enum scheme_answer verify_digest(const struct scheme_stored *stored, const char *secret, size_t length)
{
    uint8_t made[SCHEME_DIGEST_MAX];
    const struct scheme_digest *digest = stored->scheme->digest;
    digest->compute(made, secret, length, stored->value + digest->length, stored->length - digest->length);
    bool is_match = is_equal(made, stored->value, digest->length);
    explicit_bzero(made, sizeof(made));
    return is_match ? SCHEME_MATCH : SCHEME_MISMATCH;
}

/* Digests of both are compared, so that time tells neither length nor a common beginning. */
static enum scheme_answer verify_plain(const struct scheme_stored *stored, const char *secret, size_t length)
{
    uint8_t made[SCHEME_DIGEST_MAX], expected[SCHEME_DIGEST_MAX];
    const struct scheme_digest *digest = stored->scheme->digest;
    digest->compute(made, secret, length, "", 0);
    digest->compute(expected, stored->value, stored->length, "", 0);
    bool is_match = is_equal(made, expected, digest->length);
    explicit_bzero(made, sizeof(made));
    explicit_bzero(expected, sizeof(expected));
    return is_match ? SCHEME_MATCH : SCHEME_MISMATCH;
}

enum scheme_answer scheme_verify(struct scheme_work *work, const struct scheme_stored *stored, const char *secret,
                                 size_t length)
{
    bool has_nul = strlen(secret) != length;
    enum scheme_answer answer = SCHEME_FAILED;
    work->computations++;
    switch (stored->scheme->method) {
    case SCHEME_METHOD_CRYPT:
        answer = verify_crypt(work, stored, secret, length);
        break;
    case SCHEME_METHOD_PLAIN:
        answer = verify_plain(stored, secret, length);
        break;
    case SCHEME_METHOD_DIGEST:
        answer = verify_digest(stored, secret, length);
        break;
    }
    /* crypt would stop at a NUL and match what precedes it. */
    return has_nul && answer == SCHEME_MATCH ? SCHEME_MISMATCH : answer;
}
