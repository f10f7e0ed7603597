/*
 * frontend/tls_context.h - what all TLS connections of this frontend share: certificate, key, versions, ticket keys.
 * Made once from PEM that the master read; no file is opened here.
 */
#ifndef FRONTEND_TLS_CONTEXT_H
#define FRONTEND_TLS_CONTEXT_H

#include <stddef.h>

#include <openssl/ssl.h>

#include <restante/module.h>

#include "ipc/messages.h"

struct tls_context;

struct tls_context_sources {
    const void *certificate; /* PEM: the server's certificate, then the chain */
    size_t certificate_length;
    const void *key; /* PEM, not encrypted */
    size_t key_length;
    const char *certificate_path; /* for sentences only; NULL: not named */
    const char *key_path;
    const char *minimum; /* "1.2" or "1.3" */
};

/* RESTANTE_INVALID with a sentence that names the setting and its file. */
enum restante_status tls_context_open(const struct tls_context_sources *sources, struct tls_context **context,
                                      struct restante_error *error);
/* From now on tickets are made with the first key; those of the second are still accepted, and renewed. */
void tls_context_set_ticket_keys(struct tls_context *context, const struct message_ticket_keys *keys);
SSL_CTX *tls_context_ssl(const struct tls_context *context);
/* Wipes the ticket keys. No connection may use it any more. */
void tls_context_close(struct tls_context **context);

/* The most telling text of OpenSSL's error queue, which is emptied. Static; never NULL. */
const char *tls_context_reason(void);

#endif
