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

/* A fresh self-signed P-256 certificate; with a passphrase the key is encrypted. */
struct tls_fixture_pair tls_fixture_make(const char *passphrase);
void tls_fixture_free(struct tls_fixture_pair *pair);
/* Sources for tls_context_open from strings. */
struct tls_context_sources tls_fixture_sources(const char *certificate, const char *key, const char *minimum);
/* A context that must open. */
struct tls_context *tls_fixture_context(const char *minimum);
/* A client that trusts anybody. */
SSL_CTX *tls_fixture_client_context(void);
/* A client on a non-blocking descriptor (not closed with it). */
SSL *tls_fixture_client(SSL_CTX *context, int fd);

#endif
