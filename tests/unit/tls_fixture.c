#include "tls_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "util/alloc.h"

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static char *take_text(BIO *bio)
{
    char *data;
    long length = BIO_get_mem_data(bio, &data);
    char *text = alloc_string_n(data, (size_t)length);
    BIO_free(bio);
    return text;
}

static EVP_PKEY *make_key(enum tls_fixture_key kind)
{
    switch (kind) {
    case TLS_FIXTURE_RSA:
        return EVP_RSA_gen(2048);
    case TLS_FIXTURE_SHORT_RSA:
        return EVP_RSA_gen(1024);
    default:
        return EVP_EC_gen("P-256");
    }
}

static void add_alternative_names(X509 *certificate, const char *names)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, names);
    must(extension && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

struct tls_fixture_pair tls_fixture_make_for(enum tls_fixture_key kind, const char *common_name, const char *names,
                                             const char *passphrase)
{
    struct tls_fixture_pair pair;
    EVP_PKEY *key = make_key(kind);
    X509 *certificate = X509_new();
    BIO *certificate_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_mem());
    must(key && certificate && certificate_text && key_text && X509_set_version(certificate, 2) == 1);
    X509_NAME *name = X509_get_subject_name(certificate);
    if (common_name)
        must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0) == 1);
    must(X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1);
    must(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(certificate), -60) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    if (names)
        add_alternative_names(certificate, names);
    must(X509_sign(certificate, key, EVP_sha256()) > 0);
    must(PEM_write_bio_X509(certificate_text, certificate) == 1);
    char secret[64] = "";
    strncpy(secret, passphrase ? passphrase : "", sizeof(secret) - 1);
    must(PEM_write_bio_PKCS8PrivateKey(key_text, key, passphrase ? EVP_aes_256_cbc() : NULL, secret,
                                       (int)strlen(secret), NULL, NULL) == 1);
    pair.certificate = take_text(certificate_text);
    pair.key = take_text(key_text);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return pair;
}

struct tls_fixture_pair tls_fixture_make(const char *passphrase)
{
    return tls_fixture_make_for(TLS_FIXTURE_EC, "localhost", NULL, passphrase);
}

void tls_fixture_free(struct tls_fixture_pair *pair)
{
    free(pair->certificate);
    free(pair->key);
    *pair = (struct tls_fixture_pair){0};
}

struct tls_pair_source tls_fixture_source(const char *certificate, const char *key)
{
    return (struct tls_pair_source){
        .number = 1,
        .certificate = certificate,
        .certificate_length = strlen(certificate),
        .key = key,
        .key_length = strlen(key),
        .certificate_path = "/etc/cert.pem",
        .key_path = "/etc/key.pem",
    };
}

struct tls_context *tls_fixture_context(const char *minimum)
{
    struct tls_fixture_pair pair = tls_fixture_make(NULL);
    struct tls_pair_source source = tls_fixture_source(pair.certificate, pair.key);
    const struct tls_pair *taken;
    struct tls_context *context;
    struct restante_error error = {0};
    must(tls_context_open(minimum, &context, &error) == RESTANTE_OK);
    must(tls_context_set_pair(context, &source, &taken, &error) == RESTANTE_OK);
    tls_fixture_free(&pair);
    return context;
}

SSL_CTX *tls_fixture_client_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    must(context != NULL);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

SSL *tls_fixture_client(SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    must(ssl && SSL_set_fd(ssl, fd) == 1);
    SSL_set_connect_state(ssl);
    return ssl;
}
