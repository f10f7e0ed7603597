/*
 * frontend/stream.h - the client's socket, with or without TLS, never blocking.
 *
 * Writing takes everything: what the socket does not accept now waits in `pending`, and callers stop reading from
 * whoever fills it until it has drained. So a client that does not read costs a bounded buffer.
 */
#ifndef FRONTEND_STREAM_H
#define FRONTEND_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "util/buf.h"

/* TLS records carry at most this much: a read into less leaves a rest inside OpenSSL. */
#define STREAM_RECORD_OCTETS 16384

struct stream {
    int fd;
    SSL *ssl;           /* NULL: plaintext */
    struct buf pending; /* as it goes to the socket; holds no memory when empty */
    const char *why;    /* after STREAM_BROKEN: static text for the log */
    bool is_at_end;     /* the socket has said so: for OpenSSL */
    bool is_starved;    /* OpenSSL needs more from the socket before it can go on */
};

enum stream_result {
    STREAM_DONE,
    STREAM_WAIT, /* nothing to read now, or output is pending: wait for the socket */
    STREAM_END,  /* the client sends no more */
    STREAM_BROKEN,
};

/* Takes over `fd`, which is non-blocking. The structure must not move once TLS has begun. */
void stream_open(struct stream *stream, int fd);
/* Nothing may be pending. False: no memory for it. */
bool stream_begin_tls(struct stream *stream, SSL_CTX *context);
enum stream_result stream_handshake(struct stream *stream);
enum stream_result stream_read(struct stream *stream, void *data, size_t capacity, size_t *length);
/* STREAM_DONE: all of it is with the kernel; STREAM_WAIT: some is pending. */
enum stream_result stream_write(struct stream *stream, const void *data, size_t length);
enum stream_result stream_flush(struct stream *stream);
/* Input that the socket will not announce, for it is inside OpenSSL already. */
bool stream_has_input(const struct stream *stream);
/* Say that nothing more will come: close_notify, then FIN. Nothing should be pending. */
void stream_end(struct stream *stream);
/* Discard what has arrived, without waiting: true when there was something, *is_at_end when the client has ended. */
bool stream_discard(struct stream *stream, bool *is_at_end);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384", or "". */
void stream_describe(const struct stream *stream, char *to, size_t capacity);
/* Give away the descriptor of a plaintext stream; nothing may be pending. */
int stream_release(struct stream *stream);
void stream_close(struct stream *stream);

static inline size_t stream_pending(const struct stream *stream)
{
    return buf_length(&stream->pending);
}

#endif
