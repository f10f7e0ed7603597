/*
 * frontend/tls_context.h - what all TLS connections of this frontend share: certificates, versions, ticket keys.
 *
 * Several pairs of certificate and key may be in it. A client that asks for a name (SNI, RFC 6066 section 3) gets those
 * that serve it, one for each kind of key, and OpenSSL takes the one that the client can use; everybody else gets the
 * first pair. A pair may be replaced at any time: handshakes that have begun go on as they began.
 */
#ifndef FRONTEND_TLS_CONTEXT_H
#define FRONTEND_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include <restante/module.h>

#include "frontend/tls_pair.h"
#include "ipc/messages.h"

struct tls_context;

/* `minimum` is "1.2" or "1.3". Without a pair every handshake fails. RESTANTE_INVALID: OpenSSL lacks something. */
enum restante_status tls_context_open(const char *minimum, struct tls_context **context, struct restante_error *error);
/*
 * Add a pair, or put it in the place of the one with its number. RESTANTE_INVALID with a sentence that names the
 * setting and its file: nothing has changed. The pair is the context's, for looking at.
 */
enum restante_status tls_context_set_pair(struct tls_context *context, const struct tls_pair_source *source,
                                          const struct tls_pair **pair, struct restante_error *error);
/* From now on tickets are made with the first key; those of the second are still accepted, and renewed. */
void tls_context_set_ticket_keys(struct tls_context *context, const struct message_ticket_keys *keys);
SSL_CTX *tls_context_ssl(const struct tls_context *context);
/* Wipes the ticket keys. No connection may use it any more. */
void tls_context_close(struct tls_context **context);

#endif
