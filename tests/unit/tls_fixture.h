/*
 * tests/unit/tls_fixture.h - certificates made on the spot and a TLS client in the same process.
 */
#ifndef TESTS_TLS_FIXTURE_H
#define TESTS_TLS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "frontend/tls_context.h"

struct tls_fixture_pair {
    char *certificate, *key; /* PEM, NUL-terminated */
};

enum tls_fixture_key { TLS_FIXTURE_EC, TLS_FIXTURE_RSA, TLS_FIXTURE_SHORT_RSA };

/* A fresh self-signed certificate; a common name or alternative names ("DNS:a,DNS:b") only where they are given. */
struct tls_fixture_pair tls_fixture_make_for(enum tls_fixture_key kind, const char *common_name, const char *names,
                                             const char *passphrase);
/* A fresh self-signed P-256 certificate; with a passphrase the key is encrypted. */
struct tls_fixture_pair tls_fixture_make(const char *passphrase);
void tls_fixture_free(struct tls_fixture_pair *pair);
/* The first pair, from strings. */
struct tls_pair_source tls_fixture_source(const char *certificate, const char *key);
/* A context that must open. */
struct tls_context *tls_fixture_context(const char *minimum);
/* A client that trusts anybody. */
SSL_CTX *tls_fixture_client_context(void);
/* A client on a non-blocking descriptor (not closed with it). */
SSL *tls_fixture_client(SSL_CTX *context, int fd);

#endif
