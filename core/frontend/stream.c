/*
 * The client's socket. TRUST: everything read here comes from a stranger. A failure ends this connection only.
 */
#include "frontend/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "frontend/stream_bio.h"
#include "frontend/tls_reason.h"
#include "util/fd.h"

void stream_open(struct stream *stream, int fd)
{
    *stream = (struct stream){.fd = fd};
}

static enum stream_result stream_break(struct stream *stream, int error)
{
    const char *text = strerrordesc_np(error);
    stream->why = text ? text : "socket error";
    return STREAM_BROKEN;
}

static bool stream_is_busy(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* Hand `buf` to the socket as far as it goes. */
static enum stream_result stream_send(struct stream *stream, const char *data, size_t length, size_t *sent_length)
{
    *sent_length = 0;
    while (*sent_length < length) {
        ssize_t sent = send(stream->fd, data + *sent_length, length - *sent_length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return stream_is_busy(errno) ? STREAM_WAIT : stream_break(stream, errno);
        *sent_length += (size_t)sent;
    }
    return STREAM_DONE;
}

enum stream_result stream_flush(struct stream *stream)
{
    size_t sent;
    if (stream_pending(stream) == 0)
        return STREAM_DONE;
    enum stream_result result = stream_send(stream, buf_head(&stream->pending), stream_pending(stream), &sent);
    buf_consume(&stream->pending, sent);
    if (stream_pending(stream) == 0)
        buf_free(&stream->pending);
    return result;
}

/* Bytes for the socket: after what is pending already, else at once. */
static enum stream_result stream_send_or_keep(struct stream *stream, const char *data, size_t length)
{
    size_t sent = 0;
    enum stream_result result = STREAM_DONE;
    if (stream_pending(stream) == 0)
        result = stream_send(stream, data, length, &sent);
    if (result == STREAM_BROKEN)
        return result;
    buf_append(&stream->pending, data + sent, length - sent);
    return stream_pending(stream) > 0 ? STREAM_WAIT : STREAM_DONE;
}

/* Records that OpenSSL has made must leave after every call into it, whatever the call's result. */
static enum stream_result stream_send_records(struct stream *stream)
{
    struct buf *records = stream_bio_records();
    if (buf_length(records) == 0)
        return stream_pending(stream) > 0 ? STREAM_WAIT : STREAM_DONE;
    enum stream_result result = stream_send_or_keep(stream, buf_head(records), buf_length(records));
    buf_clear(records);
    return result;
}

bool stream_begin_tls(struct stream *stream, SSL_CTX *context)
{
    SSL *ssl = SSL_new(context);
    BIO *bio = ssl ? stream_bio_open(stream) : NULL;
    if (!bio) {
        SSL_free(ssl);
        ERR_clear_error();
        return false;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    stream->ssl = ssl;
    return true;
}

/* What was sent in place of a ClientHello: OpenSSL's reason for it would tell an administrator little. */
static const char *stream_handshake_reason(unsigned long code)
{
    switch (ERR_GET_REASON(code)) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return "HTTP spoken to a TLS port";
    case SSL_R_WRONG_VERSION_NUMBER:
        return "plaintext spoken to a TLS port";
    default:
        return NULL;
    }
}

/* What a call into OpenSSL came to, its records sent. */
static enum stream_result stream_judge(struct stream *stream, int result)
{
    int saved = errno;
    int error = SSL_get_error(stream->ssl, result);
    const char *reason = NULL;
    if (error == SSL_ERROR_SSL && !SSL_is_init_finished(stream->ssl))
        reason = stream_handshake_reason(ERR_peek_last_error());
    if (error == SSL_ERROR_SSL && !reason)
        reason = tls_reason();
    ERR_clear_error();
    bool is_sent = stream_send_records(stream) != STREAM_BROKEN;
    stream->is_starved = false;
    switch (error) {
    case SSL_ERROR_NONE:
        return is_sent ? STREAM_DONE : STREAM_BROKEN;
    case SSL_ERROR_WANT_READ:
        stream->is_starved = true;
        return is_sent ? STREAM_WAIT : STREAM_BROKEN;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_END;
    case SSL_ERROR_SSL:
        stream->why = reason;
        return STREAM_BROKEN;
    default:
        return stream_break(stream, saved);
    }
}

enum stream_result stream_handshake(struct stream *stream)
{
    ERR_clear_error();
    errno = 0;
    enum stream_result result = stream_judge(stream, SSL_do_handshake(stream->ssl));
    if (result != STREAM_END)
        return result;
    stream->why = "closed during the handshake";
    return STREAM_BROKEN;
}

static enum stream_result stream_read_plain(struct stream *stream, void *data, size_t capacity, size_t *length)
{
    ssize_t got;
    do
        got = recv(stream->fd, data, capacity, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return stream_is_busy(errno) ? STREAM_WAIT : stream_break(stream, errno);
    *length = (size_t)got;
    return got > 0 ? STREAM_DONE : STREAM_END;
}

enum stream_result stream_read(struct stream *stream, void *data, size_t capacity, size_t *length)
{
    *length = 0;
    if (!stream->ssl)
        return stream_read_plain(stream, data, capacity, length);
    ERR_clear_error();
    errno = 0;
    return stream_judge(stream, SSL_read_ex(stream->ssl, data, capacity, length));
}

enum stream_result stream_write(struct stream *stream, const void *data, size_t length)
{
    size_t written;
    if (length == 0)
        return stream_pending(stream) > 0 ? STREAM_WAIT : STREAM_DONE;
    if (!stream->ssl)
        return stream_send_or_keep(stream, data, length);
    ERR_clear_error();
    errno = 0;
    /* The BIO takes everything, so this writes all records or fails. */
    enum stream_result result = stream_judge(stream, SSL_write_ex(stream->ssl, data, length, &written));
    if (result == STREAM_DONE)
        return stream_pending(stream) > 0 ? STREAM_WAIT : STREAM_DONE;
    if (!stream->why)
        stream->why = "TLS cannot be written";
    return STREAM_BROKEN;
}

bool stream_has_input(const struct stream *stream)
{
    /* A part of a record is pending too, but nothing comes of it before the rest: to try at once would be for ever. */
    return stream->ssl && !stream->is_starved && SSL_has_pending(stream->ssl) == 1;
}

void stream_end(struct stream *stream)
{
    if (stream->ssl && SSL_is_init_finished(stream->ssl)) {
        ERR_clear_error();
        SSL_shutdown(stream->ssl);
        ERR_clear_error();
        stream_send_records(stream);
    }
    shutdown(stream->fd, SHUT_WR);
}

bool stream_discard(struct stream *stream, bool *is_at_end)
{
    char waste[4096];
    bool was_any = false;
    *is_at_end = false;
    for (int i = 0; i < 16; i++) {
        ssize_t got = recv(stream->fd, waste, sizeof(waste), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            *is_at_end = got == 0 || !stream_is_busy(errno);
            break;
        }
        was_any = true;
    }
    return was_any;
}

void stream_describe(const struct stream *stream, char *to, size_t capacity)
{
    to[0] = '\0';
    if (stream->ssl)
        snprintf(to, capacity, "%s %s", SSL_get_version(stream->ssl), SSL_get_cipher_name(stream->ssl));
}

int stream_release(struct stream *stream)
{
    int fd = stream->fd;
    stream->fd = -1;
    return fd;
}

void stream_close(struct stream *stream)
{
    SSL_free(stream->ssl);
    stream->ssl = NULL;
    buf_free(&stream->pending);
    fd_close(&stream->fd);
}
