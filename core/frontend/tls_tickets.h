/*
 * frontend/tls_tickets.h - session tickets with the keys that the master gives to all frontends, so that a client may
 * resume with any of them (RFC 5077, RFC 8446 section 4.6.1).
 */
#ifndef FRONTEND_TLS_TICKETS_H
#define FRONTEND_TLS_TICKETS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "ipc/messages.h"

struct tls_tickets {
    struct message_ticket_keys keys;
    bool are_set;
    EVP_CIPHER *cipher;
};

/* Without keys no tickets are issued. `tickets` must outlive `ssl_context`. False: OpenSSL lacks something. */
bool tls_tickets_attach(struct tls_tickets *tickets, SSL_CTX *ssl_context);
void tls_tickets_set(struct tls_tickets *tickets, SSL_CTX *ssl_context, const struct message_ticket_keys *keys);
void tls_tickets_wipe(struct tls_tickets *tickets);

#endif
