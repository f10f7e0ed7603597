/*
 * frontend/stream_bio.h - OpenSSL's way to the socket: reading is recv, writing collects, so that several TLS records
 * leave in one send.
 */
#ifndef FRONTEND_STREAM_BIO_H
#define FRONTEND_STREAM_BIO_H

#include <openssl/bio.h>

#include "frontend/stream.h"

/* The records made since the last flush, of whichever stream is at work: between two calls it is empty. */
struct buf *stream_bio_records(void);
/* A BIO on `stream`, which must not move; NULL: no memory. */
BIO *stream_bio_open(struct stream *stream);

#endif
