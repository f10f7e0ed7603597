/*
 * One SSL_CTX per frontend, the same for all names: versions, ciphers, ALPN and tickets cannot differ. It holds no
 * certificate itself; each handshake gets its own when the client has said what it wants (client hello callback, the
 * only one that comes before a session is resumed).
 */
#include "frontend/tls_context.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "frontend/tls_reason.h"
#include "frontend/tls_tickets.h"
#include "util/alloc.h"
#include "util/error.h"

enum { CONTEXT_KEY_TYPES = 8 }; /* more kinds of keys than OpenSSL can use */

struct tls_context {
    SSL_CTX *ssl;
    struct tls_tickets tickets;
    struct tls_pair **pairs; /* by number, from 1 on; NULL: not there */
    size_t pairs_count;
};

/* The pairs for one handshake. */
struct context_choice {
    const struct tls_pair *pairs[CONTEXT_KEY_TYPES];
    size_t count;
};

/* TLS 1.2: forward secrecy only; the CBC suites are for old mail programs and come last. */
static const char *const context_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";
static const unsigned char context_protocols[] = {4, 'p', 'o', 'p', '3'}; /* RFC 7301 registry */
static const unsigned char context_session_id[] = "restante";

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

/* --- which pairs --------------------------------------------------------------------------------------------------- */

/* One for each kind of key: the first that is offered stays. */
static void choice_add(struct context_choice *choice, const struct tls_pair *pair)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (choice->pairs[i]->key_type == pair->key_type)
            return;
    }
    if (choice->count < CONTEXT_KEY_TYPES)
        choice->pairs[choice->count++] = pair;
}

/* The name itself before a wildcard. False: nobody serves it. */
static bool context_choose_by_name(const struct tls_context *context, const char *name, struct context_choice *choice)
{
    for (int by_wildcard = 0; by_wildcard < 2; by_wildcard++) {
        for (size_t i = 0; i < context->pairs_count; i++) {
            const struct tls_pair *pair = context->pairs[i];
            if (pair && tls_pair_names(pair, name, by_wildcard))
                choice_add(choice, pair);
        }
    }
    return choice->count > 0;
}

/* The first pair, and those for the same host with other kinds of keys. */
static void context_choose_default(const struct tls_context *context, struct context_choice *choice)
{
    const struct tls_pair *first = context->pairs_count > 0 ? context->pairs[0] : NULL;
    if (!first)
        return;
    choice_add(choice, first);
    for (size_t i = 1; i < context->pairs_count; i++) {
        if (context->pairs[i] && tls_pair_shared_name(context->pairs[i], first))
            choice_add(choice, context->pairs[i]);
    }
}

/* --- the handshake ------------------------------------------------------------------------------------------------- */

/* TRUST: the server_name extension as it came. False: there is none that could be one of ours. */
static bool hello_get_name(SSL *ssl, char name[TLS_NAME_MAX + 1])
{
    const unsigned char *data;
    size_t length;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &length) != 1)
        return false;
    /* A list with one entry: its length, type host_name, the name's length, the name. */
    if (length < 5 || (size_t)(data[0] << 8 | data[1]) != length - 2 || data[2] != TLSEXT_NAMETYPE_host_name ||
        (size_t)(data[3] << 8 | data[4]) != length - 5)
        return false;
    return tls_pair_normalize(data + 5, length - 5, name);
}

/*
 * A session is resumed for the name it was made for and no other: what one host may do with its tickets says nothing
 * about another. Names that are nobody's share one context, for they share one certificate.
 */
static bool hello_separate_sessions(SSL *ssl, const char *name)
{
    unsigned char digest[SSL_MAX_SID_CTX_LENGTH];
    size_t length = 0;
    if (EVP_Q_digest(NULL, "SHA256", NULL, name, strlen(name), digest, &length) != 1 || length > sizeof(digest))
        return false;
    return SSL_set_session_id_context(ssl, digest, (unsigned)length) == 1;
}

static int hello_callback(SSL *ssl, int *alert, void *argument)
{
    const struct tls_context *context = argument;
    struct context_choice choice = {.count = 0};
    char name[TLS_NAME_MAX + 1];
    bool is_good = true;
    if (hello_get_name(ssl, name) && context_choose_by_name(context, name, &choice))
        is_good = hello_separate_sessions(ssl, name);
    else
        context_choose_default(context, &choice);
    for (size_t i = 0; is_good && i < choice.count; i++) {
        const struct tls_pair *pair = choice.pairs[i];
        is_good = SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain, 1) == 1;
    }
    if (is_good && choice.count > 0)
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

/* RFC 6066 section 3: who has used the name says so. */
static int context_acknowledge_name(SSL *ssl, int *alert, void *argument)
{
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    struct context_choice choice = {.count = 0};
    char name[TLS_NAME_MAX + 1];
    (void)alert;
    bool is_ours = asked && tls_pair_normalize(asked, strlen(asked), name) &&
                   context_choose_by_name(argument, name, &choice);
    return is_ours ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* --- setting up ---------------------------------------------------------------------------------------------------- */

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
    SSL_CTX_set_client_hello_cb(ssl, hello_callback, context);
    SSL_CTX_set_tlsext_servername_callback(ssl, context_acknowledge_name);
    SSL_CTX_set_tlsext_servername_arg(ssl, context);
    return SSL_CTX_set_min_proto_version(ssl, version) == 1 && SSL_CTX_set_cipher_list(ssl, context_ciphers) == 1 &&
           SSL_CTX_set_session_id_context(ssl, context_session_id, sizeof(context_session_id) - 1) == 1 &&
           tls_tickets_attach(&context->tickets, ssl);
}

enum restante_status tls_context_open(const char *minimum, struct tls_context **context, struct restante_error *error)
{
    /* The same whether this room has been chrooted or not: no configuration file of OpenSSL's is read. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    struct tls_context *opened = alloc_zeroed(sizeof(*opened));
    enum restante_status status = RESTANTE_OK;
    opened->ssl = SSL_CTX_new(TLS_server_method());
    if (!opened->ssl || !context_configure(opened, minimum)) {
        status = error_set(error, RESTANTE_INVALID, 0, NULL, "TLS cannot be set up: OpenSSL says %s",
                           tls_reason());
        tls_context_close(&opened);
    }
    *context = opened;
    return status;
}

/* What OpenSSL dislikes about a pair that is well-formed, such as a key that is too short. */
static enum restante_status context_try(const struct tls_context *context, const struct tls_pair *pair,
                                        struct restante_error *error)
{
    SSL *ssl = SSL_new(context->ssl);
    bool is_good = ssl && SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain, 1) == 1;
    SSL_free(ssl);
    if (is_good)
        return RESTANTE_OK;
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s cannot be used: %s", pair->certificate_place,
                     tls_reason());
}

/* Two pairs of one kind for one name: which of them a client gets would be chance. */
static enum restante_status context_check_names(const struct tls_context *context, const struct tls_pair *pair,
                                                uint32_t number, struct restante_error *error)
{
    for (size_t i = 0; i < context->pairs_count; i++) {
        const struct tls_pair *other = context->pairs[i];
        if (!other || i + 1 == number || other->key_type != pair->key_type)
            continue;
        const char *name = tls_pair_shared_name(pair, other);
        if (name)
            return error_set(error, RESTANTE_INVALID, 0, NULL,
                             "%s is for \"%s\", which %s serves already with the same kind of key (%s)",
                             pair->certificate_place, name, other->certificate_place, tls_pair_key_name(pair));
    }
    return RESTANTE_OK;
}

static void context_put(struct tls_context *context, struct tls_pair *pair, uint32_t number)
{
    while (context->pairs_count < number) {
        context->pairs = alloc_resize(context->pairs, context->pairs_count + 1, sizeof(*context->pairs));
        context->pairs[context->pairs_count++] = NULL;
    }
    tls_pair_close(&context->pairs[number - 1]);
    context->pairs[number - 1] = pair;
}

enum restante_status tls_context_set_pair(struct tls_context *context, const struct tls_pair_source *source,
                                          const struct tls_pair **pair, struct restante_error *error)
{
    struct tls_pair *opened;
    *pair = NULL;
    enum restante_status status = tls_pair_open(source, &opened, error);
    if (status != RESTANTE_OK)
        return status;
    status = context_try(context, opened, error);
    if (status == RESTANTE_OK)
        status = context_check_names(context, opened, source->number, error);
    if (status != RESTANTE_OK) {
        tls_pair_close(&opened);
        return status;
    }
    context_put(context, opened, source->number);
    *pair = opened;
    return RESTANTE_OK;
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
    for (size_t i = 0; i < closing->pairs_count; i++)
        tls_pair_close(&closing->pairs[i]);
    free(closing->pairs);
    tls_tickets_wipe(&closing->tickets);
    free(closing);
}
