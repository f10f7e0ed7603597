#include "frontend/certificates.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"

struct certificates_pem {
    uint32_t number;
    struct buf certificate, key;
};

void certificates_keep(struct certificates *certificates, const struct message_tls_pair *message)
{
    certificates->waiting =
        alloc_resize(certificates->waiting, certificates->count + 1, sizeof(*certificates->waiting));
    struct certificates_pem *pem = &certificates->waiting[certificates->count++];
    *pem = (struct certificates_pem){.number = message->number};
    buf_append(&pem->certificate, message->certificate, message->certificate_length);
    buf_append(&pem->key, message->key, message->key_length);
}

static const char *certificates_path(const struct conf *conf, uint32_t number, const char *key)
{
    if (number == 1)
        return conf_string_or_null(conf, "tls.%s", key);
    return conf_string_or_null(conf, "tls.sni.%u.%s", number - 1, key);
}

static enum restante_status certificates_try(const struct certificates *certificates, const struct conf *conf,
                                             struct tls_context *context, const struct message_tls_pair *message,
                                             struct restante_error *error)
{
    const struct tls_pair_source source = {
        .number = message->number,
        .certificate = message->certificate,
        .certificate_length = message->certificate_length,
        .key = message->key,
        .key_length = message->key_length,
        .certificate_path = certificates_path(conf, message->number, "certificate"),
        .key_path = certificates_path(conf, message->number, "key"),
    };
    struct message_tls_pair_tried answer = {.number = message->number};
    const struct tls_pair *pair;
    enum restante_status status = tls_context_set_pair(context, &source, &pair, error);
    answer.is_taken = status == RESTANTE_OK;
    if (answer.is_taken) {
        answer.starts_s = pair->starts_s;
        answer.expires_s = pair->expires_s;
    } else {
        str_copy(answer.reason, sizeof(answer.reason), error->log);
    }
    certificates->answer(&answer, certificates->context);
    return status;
}

struct tls_context *certificates_load(struct certificates *certificates, const struct conf *conf,
                                      struct faults *faults)
{
    struct restante_error error = {0};
    struct tls_context *context;
    bool is_good = tls_context_open(conf_string(conf, "tls.minimum"), &context, &error) == RESTANTE_OK;
    if (!is_good)
        faults_add(faults, "%s", error.log);
    for (size_t i = 0; context && i < certificates->count; i++) {
        const struct certificates_pem *pem = &certificates->waiting[i];
        const struct message_tls_pair message = {.number = pem->number,
                                                 .certificate = pem->certificate.data,
                                                 .certificate_length = buf_length(&pem->certificate),
                                                 .key = pem->key.data,
                                                 .key_length = buf_length(&pem->key)};
        if (certificates_try(certificates, conf, context, &message, &error) == RESTANTE_OK)
            continue;
        faults_add(faults, "%s", error.log);
        is_good = false;
    }
    certificates_close(certificates);
    if (!is_good)
        tls_context_close(&context);
    return context;
}

void certificates_replace(const struct certificates *certificates, const struct conf *conf,
                          struct tls_context *context, const struct message_tls_pair *message)
{
    struct restante_error error = {0};
    certificates_try(certificates, conf, context, message, &error); /* the answer says it all */
}

void certificates_close(struct certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++) {
        buf_wipe(&certificates->waiting[i].certificate);
        buf_wipe(&certificates->waiting[i].key);
    }
    free(certificates->waiting);
    certificates->waiting = NULL;
    certificates->count = 0;
}
