/*
 * frontend/certificates.h - pairs of certificate and key on their way from the master's frames into the TLS context.
 *
 * Before START they are kept as PEM; the settings then say what they are called in sentences. Later ones take the
 * place of those with their number, or are refused and change nothing. Either way the master gets an answer for each.
 */
#ifndef FRONTEND_CERTIFICATES_H
#define FRONTEND_CERTIFICATES_H

#include <stdbool.h>

#include "conf/conf.h"
#include "frontend/tls_context.h"
#include "ipc/messages.h"
#include "util/buf.h"
#include "util/faults.h"

struct certificates {
    struct certificates_pem *waiting; /* until certificates_load */
    size_t count;
    void (*answer)(const struct message_tls_pair_tried *answer, void *context);
    void *context;
};

/* Copy a pair for later. */
void certificates_keep(struct certificates *certificates, const struct message_tls_pair *message);
/* Make a context of all that were kept, and wipe them. NULL after a fault. */
struct tls_context *certificates_load(struct certificates *certificates, const struct conf *conf,
                                      struct faults *faults);
/* Try a pair that came later. */
void certificates_replace(const struct certificates *certificates, const struct conf *conf,
                          struct tls_context *context, const struct message_tls_pair *message);
/* Wipe what was kept. */
void certificates_close(struct certificates *certificates);

#endif
