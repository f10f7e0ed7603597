/*
 * One SSL_CTX per frontend. Whatever is wrong with certificate or key is found here, before READY, and said in a
 * sentence that names the setting.
 */
#include "frontend/tls_context.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "frontend/tls_tickets.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/log.h"

struct tls_context {
    SSL_CTX *ssl;
    struct tls_tickets tickets;
};

/* TLS 1.2: forward secrecy only; the CBC suites are for old mail programs and come last. */
static const char *const context_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";
static const unsigned char context_protocols[] = {4, 'p', 'o', 'p', '3'}; /* RFC 7301 registry */
static const unsigned char context_session_id[] = "restante";

const char *tls_context_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return reason ? reason : "unknown error";
}

/*
 * A client that speaks another protocol to this port is refused, so that nobody is fooled into taking our replies for
 * that protocol's (ALPACA). One that offers nothing is an ordinary mail program.
 */
static int context_choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
                                   const unsigned char *offered, unsigned offered_length, void *context)
{
    unsigned char *found = NULL;
    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&found, chosen_length, context_protocols, sizeof(context_protocols), offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* An encrypted key has nobody to ask for its passphrase; without this OpenSSL would ask the terminal. */
static int context_no_passphrase(char *to, int capacity, int is_writing, void *was_asked)
{
    (void)to;
    (void)capacity;
    (void)is_writing;
    *(bool *)was_asked = true;
    return -1;
}

static BIO *context_memory(const void *data, size_t length)
{
    return length > 0 && length <= INT_MAX ? BIO_new_mem_buf(data, (int)length) : NULL;
}

static enum restante_status context_fail(struct restante_error *error, const char *setting, const char *path,
                                         const char *what, const char *reason)
{
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s%s%s %s%s%s", setting, path ? " " : "", path ? path : "",
                     what, reason ? ": " : "", reason ? reason : "");
}

static void context_warn_if_expired(const X509 *certificate, const char *path)
{
    const char *where = path ? path : "(given)";
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        log_warn("tls.certificate %s has expired: clients will refuse it", where);
    else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        log_warn("tls.certificate %s is not valid yet: clients will refuse it", where);
}

static enum restante_status context_load_chain(SSL_CTX *ssl, BIO *pem, const struct tls_context_sources *sources,
                                               struct restante_error *error)
{
    X509 *certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    if (!certificate)
        return context_fail(error, "tls.certificate", sources->certificate_path, "holds no PEM certificate",
                            tls_context_reason());
    bool is_used = SSL_CTX_use_certificate(ssl, certificate) == 1;
    context_warn_if_expired(certificate, sources->certificate_path);
    X509_free(certificate);
    while (is_used && (certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
        is_used = SSL_CTX_add0_chain_cert(ssl, certificate) == 1;
        if (!is_used)
            X509_free(certificate);
    }
    if (!is_used)
        return context_fail(error, "tls.certificate", sources->certificate_path, "cannot be used",
                            tls_context_reason());
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return context_fail(error, "tls.certificate", sources->certificate_path,
                            "has a damaged certificate in its chain", tls_context_reason());
    ERR_clear_error();
    return RESTANTE_OK;
}

static enum restante_status context_load_certificate(SSL_CTX *ssl, const struct tls_context_sources *sources,
                                                     struct restante_error *error)
{
    BIO *pem = context_memory(sources->certificate, sources->certificate_length);
    if (!pem)
        return context_fail(error, "tls.certificate", sources->certificate_path, "is empty", NULL);
    enum restante_status status = context_load_chain(ssl, pem, sources, error);
    BIO_free(pem);
    return status;
}

static enum restante_status context_load_key(SSL_CTX *ssl, const struct tls_context_sources *sources,
                                             struct restante_error *error)
{
    bool is_encrypted = false;
    BIO *pem = context_memory(sources->key, sources->key_length);
    if (!pem)
        return context_fail(error, "tls.key", sources->key_path, "is empty", NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, context_no_passphrase, &is_encrypted);
    BIO_free(pem);
    if (!key && is_encrypted) {
        ERR_clear_error();
        return context_fail(error, "tls.key", sources->key_path,
                            "is encrypted: store it without a passphrase, readable by root only", NULL);
    }
    if (!key)
        return context_fail(error, "tls.key", sources->key_path, "holds no PEM private key", tls_context_reason());
    bool is_used = SSL_CTX_use_PrivateKey(ssl, key) == 1 && SSL_CTX_check_private_key(ssl) == 1;
    EVP_PKEY_free(key);
    if (is_used)
        return RESTANTE_OK;
    /* WHY no reason: of a key of another kind OpenSSL says that there is no certificate, which only misleads. */
    ERR_clear_error();
    return context_fail(error, "tls.key", sources->key_path,
                        "does not belong to the first certificate of tls.certificate", NULL);
}

static bool context_configure(struct tls_context *context, const char *minimum)
{
    SSL_CTX *ssl = context->ssl;
    int version = strcmp(minimum, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_NO_RENEGOTIATION |
                                 /* Commands end with CRLF: what a cut connection leaves unfinished is never run, so a
                                  * missing close_notify is only an end. */
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1); /* one recv for header and record */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF); /* tickets hold the sessions */
    SSL_CTX_set_alpn_select_cb(ssl, context_choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(ssl, version) == 1 && SSL_CTX_set_cipher_list(ssl, context_ciphers) == 1 &&
           SSL_CTX_set_session_id_context(ssl, context_session_id, sizeof(context_session_id) - 1) == 1 &&
           tls_tickets_attach(&context->tickets, ssl);
}

enum restante_status tls_context_open(const struct tls_context_sources *sources, struct tls_context **context,
                                      struct restante_error *error)
{
    /* The same whether this room has been chrooted or not: no configuration file of OpenSSL's is read. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    struct tls_context *opened = alloc_zeroed(sizeof(*opened));
    opened->ssl = SSL_CTX_new(TLS_server_method());
    enum restante_status status = RESTANTE_OK;
    if (!opened->ssl || !context_configure(opened, sources->minimum))
        status = error_set(error, RESTANTE_INVALID, 0, NULL, "TLS cannot be set up: OpenSSL says %s",
                           tls_context_reason());
    if (status == RESTANTE_OK)
        status = context_load_certificate(opened->ssl, sources, error);
    if (status == RESTANTE_OK)
        status = context_load_key(opened->ssl, sources, error);
    if (status != RESTANTE_OK)
        tls_context_close(&opened);
    *context = opened;
    return status;
}

void tls_context_set_ticket_keys(struct tls_context *context, const struct message_ticket_keys *keys)
{
    tls_tickets_set(&context->tickets, context->ssl, keys);
}

SSL_CTX *tls_context_ssl(const struct tls_context *context)
{
    return context->ssl;
}

void tls_context_close(struct tls_context **context)
{
    struct tls_context *closing = *context;
    if (!closing)
        return;
    *context = NULL;
    SSL_CTX_free(closing->ssl);
    tls_tickets_wipe(&closing->tickets);
    free(closing);
}
