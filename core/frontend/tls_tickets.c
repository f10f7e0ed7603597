#include "frontend/tls_tickets.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/* The parts of a key: its name, then AES-256, then HMAC-SHA256. */
enum { TICKET_NAME = 16, TICKET_AES = 32, TICKET_HMAC = 32 };

/* What OpenSSL expects of the callback. */
enum { TICKET_FAILED = -1, TICKET_UNKNOWN = 0, TICKET_GOOD = 1, TICKET_RENEW = 2 };

static bool tickets_prepare_mac(EVP_MAC_CTX *mac, const uint8_t *key)
{
    char digest[] = "SHA256";
    uint8_t copy[TICKET_HMAC];
    memcpy(copy, key, sizeof(copy));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, copy, sizeof(copy)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool is_ready = EVP_MAC_CTX_set_params(mac, parameters) == 1;
    explicit_bzero(copy, sizeof(copy));
    return is_ready;
}

static int tickets_make(const struct tls_tickets *tickets, unsigned char *name, unsigned char *iv,
                        EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    const uint8_t *key = tickets->keys.keys[0];
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(tickets->cipher)) != 1)
        return TICKET_FAILED;
    memcpy(name, key, TICKET_NAME);
    if (EVP_EncryptInit_ex2(cipher, tickets->cipher, key + TICKET_NAME, iv, NULL) != 1)
        return TICKET_FAILED;
    return tickets_prepare_mac(mac, key + TICKET_NAME + TICKET_AES) ? TICKET_GOOD : TICKET_FAILED;
}

static int tickets_open(const struct tls_tickets *tickets, const unsigned char *name, const unsigned char *iv,
                        EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    for (int i = 0; i < 2; i++) {
        const uint8_t *key = tickets->keys.keys[i];
        if (memcmp(name, key, TICKET_NAME) != 0)
            continue;
        if (EVP_DecryptInit_ex2(cipher, tickets->cipher, key + TICKET_NAME, iv, NULL) != 1 ||
            !tickets_prepare_mac(mac, key + TICKET_NAME + TICKET_AES))
            return TICKET_FAILED;
        return i == 0 ? TICKET_GOOD : TICKET_RENEW;
    }
    return TICKET_UNKNOWN;
}

static int tickets_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                            EVP_MAC_CTX *mac, int is_making)
{
    const struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (!tickets || !tickets->are_set)
        return TICKET_UNKNOWN;
    return is_making ? tickets_make(tickets, name, iv, cipher, mac) : tickets_open(tickets, name, iv, cipher, mac);
}

bool tls_tickets_attach(struct tls_tickets *tickets, SSL_CTX *ssl_context)
{
    tickets->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    SSL_CTX_set_app_data(ssl_context, tickets);
    /* Until keys come: no tickets at all, for the callback has no way to say "none" in TLS 1.3. */
    SSL_CTX_set_options(ssl_context, SSL_OP_NO_TICKET);
    return tickets->cipher && SSL_CTX_set_num_tickets(ssl_context, 0) == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl_context, tickets_callback) == 1;
}

void tls_tickets_set(struct tls_tickets *tickets, SSL_CTX *ssl_context, const struct message_ticket_keys *keys)
{
    tickets->keys = *keys;
    tickets->are_set = true;
    SSL_CTX_clear_options(ssl_context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ssl_context, 1);
}

void tls_tickets_wipe(struct tls_tickets *tickets)
{
    EVP_CIPHER_free(tickets->cipher);
    explicit_bzero(tickets, sizeof(*tickets));
}
