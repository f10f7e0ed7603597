/*
 * frontend/tls_pair.h - a certificate with its chain and key, and the names it serves. Made from PEM that the master
 * read; no file is opened here.
 */
#ifndef FRONTEND_TLS_PAIR_H
#define FRONTEND_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include <restante/module.h>

#define TLS_NAME_MAX 253 /* characters of a host name */

struct tls_pair_source {
    uint32_t number;         /* 1: tls.certificate and tls.key; n + 1: those of tls.sni.n */
    const void *certificate; /* PEM: the server's certificate, then the chain */
    size_t certificate_length;
    const void *key; /* PEM, not encrypted */
    size_t key_length;
    const char *certificate_path; /* for sentences only; NULL: not named */
    const char *key_path;
};

struct tls_pair {
    X509 *certificate;
    STACK_OF(X509) *chain;
    EVP_PKEY *key;
    int key_type;                /* EVP_PKEY_RSA, EVP_PKEY_EC, … */
    int64_t starts_s, expires_s; /* when it is valid */
    char **names;                /* in small letters, perhaps beginning with "*." */
    size_t names_count;
    char certificate_place[320], key_place[320]; /* setting and file, for sentences */
};

/* RESTANTE_INVALID with a sentence that names the setting and its file. */
enum restante_status tls_pair_open(const struct tls_pair_source *source, struct tls_pair **pair,
                                   struct restante_error *error);
/* Does it name this host (small letters)? With `by_wildcard` one label may stand for "*". */
bool tls_pair_names(const struct tls_pair *pair, const char *name, bool by_wildcard);
/* A name of both; NULL: none. */
const char *tls_pair_shared_name(const struct tls_pair *pair, const struct tls_pair *other);
void tls_pair_close(struct tls_pair **pair);

/* As a name is compared: small letters, no dot at the end. False: it is no host name. */
bool tls_pair_normalize(const void *text, size_t length, char to[TLS_NAME_MAX + 1]);
/* "RSA", "EC" … */
const char *tls_pair_key_name(const struct tls_pair *pair);

#endif
