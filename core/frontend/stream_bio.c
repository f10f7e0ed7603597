#include "frontend/stream_bio.h"

#include <errno.h>
#include <sys/socket.h>

struct buf *stream_bio_records(void)
{
    static struct buf records; /* one thread, one stream at a time: shared by all */
    return &records;
}

static int bio_read(BIO *bio, char *to, int capacity)
{
    struct stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (capacity <= 0)
        return 0;
    ssize_t got;
    do
        got = recv(stream->fd, to, (size_t)capacity, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        stream->is_at_end = true;
    else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_read(bio);
    return (int)got;
}

static int bio_write(BIO *bio, const char *from, int length)
{
    BIO_clear_retry_flags(bio);
    if (length <= 0)
        return 0;
    buf_append(stream_bio_records(), from, (size_t)length);
    return length;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct stream *stream = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return stream->is_at_end;
    default:
        return 0;
    }
}

BIO *stream_bio_open(struct stream *stream)
{
    static BIO_METHOD *method; /* for the life of the process */
    if (!method) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
        if (!method || BIO_meth_set_read(method, bio_read) != 1 || BIO_meth_set_write(method, bio_write) != 1 ||
            BIO_meth_set_ctrl(method, bio_control) != 1) {
            BIO_meth_free(method);
            method = NULL;
            return NULL;
        }
    }
    BIO *bio = BIO_new(method);
    if (!bio)
        return NULL;
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    return bio;
}
