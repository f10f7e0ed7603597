/*
 * Whatever is wrong with a certificate or its key by themselves is found here and said in a sentence that names the
 * setting and the file.
 */
#include "frontend/tls_pair.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "frontend/tls_reason.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/str.h"

/* --- names ------------------------------------------------------------------------------------------------------- */

bool tls_pair_normalize(const void *text, size_t length, char to[TLS_NAME_MAX + 1])
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.*";
    if (length > 1 && ((const char *)text)[length - 1] == '.')
        length--;
    if (length == 0 || length > TLS_NAME_MAX || memchr(text, '\0', length))
        return false;
    memcpy(to, text, length);
    to[length] = '\0';
    for (char *at = to; *at; at++) {
        if (strchr(capitals, *at))
            *at = (char)(*at - 'A' + 'a');
    }
    return to[strspn(to, allowed)] == '\0';
}

/* A wildcard is the whole first label and leaves a name below it: "*.example.org" (RFC 6125 section 6.4.3). */
static bool pair_is_usable_name(const char *name)
{
    const char *star = strchr(name, '*');
    return !star || (star == name && name[1] == '.' && name[2] && !strchr(name + 1, '*'));
}

static bool pair_has_name(const struct tls_pair *pair, const char *name)
{
    for (size_t i = 0; i < pair->names_count; i++) {
        if (strcmp(pair->names[i], name) == 0)
            return true;
    }
    return false;
}

static void pair_add_name(struct tls_pair *pair, const void *text, size_t length)
{
    char name[TLS_NAME_MAX + 1];
    if (!tls_pair_normalize(text, length, name) || !pair_is_usable_name(name) || pair_has_name(pair, name))
        return;
    pair->names = alloc_resize(pair->names, pair->names_count + 1, sizeof(*pair->names));
    pair->names[pair->names_count++] = alloc_string(name);
}

static void pair_add_alternative_names(struct tls_pair *pair)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(pair->certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS)
            pair_add_name(pair, ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
}

/* The subject's common name counts only where there are no alternative names (RFC 6125 section 6.4.4). */
static void pair_add_names(struct tls_pair *pair)
{
    X509_NAME *subject = X509_get_subject_name(pair->certificate);
    pair_add_alternative_names(pair);
    for (int at = -1; pair->names_count == 0 && (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
        pair_add_name(pair, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    }
}

bool tls_pair_names(const struct tls_pair *pair, const char *name, bool by_wildcard)
{
    char wildcard[TLS_NAME_MAX + 2];
    const char *dot = strchr(name, '.');
    if (strchr(name, '*'))
        return false; /* a client has no business asking for one */
    if (!by_wildcard)
        return pair_has_name(pair, name);
    if (!dot || dot == name)
        return false;
    snprintf(wildcard, sizeof(wildcard), "*%s", dot);
    return pair_has_name(pair, wildcard);
}

const char *tls_pair_shared_name(const struct tls_pair *pair, const struct tls_pair *other)
{
    for (size_t i = 0; i < pair->names_count; i++) {
        if (pair_has_name(other, pair->names[i]))
            return pair->names[i];
    }
    return NULL;
}

const char *tls_pair_key_name(const struct tls_pair *pair)
{
    const char *name = OBJ_nid2sn(pair->key_type);
    if (pair->key_type == EVP_PKEY_RSA)
        return "RSA";
    return pair->key_type == EVP_PKEY_EC ? "ECDSA" : (name ? name : "unknown");
}

/* --- PEM --------------------------------------------------------------------------------------------------------- */

/* An encrypted key has nobody to ask for its passphrase; without this OpenSSL would ask the terminal. */
static int pair_no_passphrase(char *to, int capacity, int is_writing, void *was_asked)
{
    (void)to;
    (void)capacity;
    (void)is_writing;
    *(bool *)was_asked = true;
    return -1;
}

static BIO *pair_memory(const void *data, size_t length)
{
    return length > 0 && length <= INT_MAX ? BIO_new_mem_buf(data, (int)length) : NULL;
}

static enum restante_status pair_fail(struct restante_error *error, const char *place, const char *what,
                                      const char *reason)
{
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s %s%s%s", place, what, reason ? ": " : "",
                     reason ? reason : "");
}

static enum restante_status pair_load_chain(struct tls_pair *pair, BIO *pem, struct restante_error *error)
{
    X509 *below;
    pair->certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    if (!pair->certificate)
        return pair_fail(error, pair->certificate_place, "holds no PEM certificate", tls_reason());
    pair->chain = sk_X509_new_null();
    while (pair->chain && (below = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(pair->chain, below) > 0)
            continue;
        X509_free(below);
        break;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return pair_fail(error, pair->certificate_place, "has a damaged certificate in its chain",
                         tls_reason());
    ERR_clear_error();
    return RESTANTE_OK;
}

static int64_t pair_time(const ASN1_TIME *time)
{
    struct tm parts;
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static enum restante_status pair_load_certificate(struct tls_pair *pair, const struct tls_pair_source *source,
                                                  struct restante_error *error)
{
    BIO *pem = pair_memory(source->certificate, source->certificate_length);
    if (!pem)
        return pair_fail(error, pair->certificate_place, "is empty", NULL);
    enum restante_status status = pair_load_chain(pair, pem, error);
    BIO_free(pem);
    if (status != RESTANTE_OK)
        return status;
    pair->starts_s = pair_time(X509_get0_notBefore(pair->certificate));
    pair->expires_s = pair_time(X509_get0_notAfter(pair->certificate));
    pair_add_names(pair);
    /* The first pair also answers those who ask for no name; any other is only found by one. */
    if (source->number > 1 && pair->names_count == 0)
        return pair_fail(error, pair->certificate_place,
                         "names no host, so that nobody would ever get it: it needs a subjectAltName of type DNS",
                         NULL);
    return RESTANTE_OK;
}

static enum restante_status pair_load_key(struct tls_pair *pair, const struct tls_pair_source *source,
                                          struct restante_error *error)
{
    bool is_encrypted = false;
    BIO *pem = pair_memory(source->key, source->key_length);
    if (!pem)
        return pair_fail(error, pair->key_place, "is empty", NULL);
    pair->key = PEM_read_bio_PrivateKey(pem, NULL, pair_no_passphrase, &is_encrypted);
    BIO_free(pem);
    if (!pair->key && is_encrypted) {
        ERR_clear_error();
        return pair_fail(error, pair->key_place, "is encrypted: store it without a passphrase, readable by root only",
                         NULL);
    }
    if (!pair->key)
        return pair_fail(error, pair->key_place, "holds no PEM private key", tls_reason());
    pair->key_type = EVP_PKEY_get_base_id(pair->key);
    if (X509_check_private_key(pair->certificate, pair->key) == 1)
        return RESTANTE_OK;
    /* WHY no reason: of a key of another kind OpenSSL says that there is no certificate, which only misleads. */
    ERR_clear_error();
    return error_set(error, RESTANTE_INVALID, 0, NULL, "%s does not belong to the first certificate of %s",
                     pair->key_place, pair->certificate_place);
}

/* "tls.sni.2.key /etc/key.pem" */
static void pair_describe(char *to, size_t capacity, uint32_t number, const char *key, const char *path)
{
    char setting[48];
    if (number > 1)
        snprintf(setting, sizeof(setting), "tls.sni.%u.%s", number - 1, key);
    else
        snprintf(setting, sizeof(setting), "tls.%s", key);
    snprintf(to, capacity, "%s%s%s", setting, path ? " " : "", path ? path : "");
}

enum restante_status tls_pair_open(const struct tls_pair_source *source, struct tls_pair **pair,
                                   struct restante_error *error)
{
    struct tls_pair *opened = alloc_zeroed(sizeof(*opened));
    pair_describe(opened->certificate_place, sizeof(opened->certificate_place), source->number, "certificate",
                  source->certificate_path);
    pair_describe(opened->key_place, sizeof(opened->key_place), source->number, "key", source->key_path);
    ERR_clear_error();
    enum restante_status status = pair_load_certificate(opened, source, error);
    if (status == RESTANTE_OK)
        status = pair_load_key(opened, source, error);
    if (status != RESTANTE_OK)
        tls_pair_close(&opened);
    *pair = opened;
    return status;
}

void tls_pair_close(struct tls_pair **pair)
{
    struct tls_pair *closing = *pair;
    if (!closing)
        return;
    *pair = NULL;
    for (size_t i = 0; i < closing->names_count; i++)
        free(closing->names[i]);
    free(closing->names);
    X509_free(closing->certificate);
    sk_X509_pop_free(closing->chain, X509_free);
    EVP_PKEY_free(closing->key);
    free(closing);
}
