/*
 * common/scheme.h - stored secrets as Dovecot writes them, "{SCHEME}value", and the check of a secret against one.
 *
 * For every auth driver that keeps verifiers. Nothing here allocates or logs. What cannot be checked is told apart
 * from what does not match: the caller must not answer "denied" for the former.
 */
#ifndef COMMON_SCHEME_H
#define COMMON_SCHEME_H

#include <crypt.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEME_VALUE_MAX 511 /* octets of a stored value, as RESTANTE_VERIFIER_MAX */
#define SCHEME_CLASS_MAX 64

enum scheme_state {
    SCHEME_USABLE = 0,
    SCHEME_DISABLED,    /* "*", "!", or nothing: no secret opens this account */
    SCHEME_UNSUPPORTED, /* a scheme or a crypt method that is not known here */
    SCHEME_MALFORMED,   /* known, but this value cannot be one of it */
};

struct scheme;

/* A stored secret after parsing. Wipe it after use. */
struct scheme_stored {
    const struct scheme *scheme;
    uint8_t value[SCHEME_VALUE_MAX + 1]; /* decoded; NUL-terminated */
    size_t length;
};

/* What a computation needs; large, so it is kept and wiped between uses. */
struct scheme_work {
    struct crypt_data crypt;
    uint64_t computations; /* how many hashes have been computed, ever */
};

enum scheme_answer {
    SCHEME_MISMATCH = 0,
    SCHEME_MATCH,
    SCHEME_FAILED, /* nothing is known about the secret */
};

enum scheme_state scheme_parse(struct scheme_stored *stored, const char *text);
/* Where the value begins, and the length of the scheme's name as written without braces (0: none written). */
const char *scheme_split(const char *text, size_t *name_length);
/* Scheme and cost without the salt ("CRYPT$6$rounds=5000$"): equal classes take equal time. */
void scheme_class(char to[SCHEME_CLASS_MAX], const struct scheme_stored *stored);
/* One hash computation, whatever the answer; compares in constant time. `secret` is NUL-terminated. */
enum scheme_answer scheme_verify(struct scheme_work *work, const struct scheme_stored *stored, const char *secret,
                                 size_t length);

#endif
