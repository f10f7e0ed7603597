/*
 * util/buf.h - a growable byte queue: append at the tail, consume at the head.
 *
 * A zeroed struct buf is an empty one. Not for secrets unless buf_wipe is called: growing copies.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stddef.h>

struct buf {
    char *data;
    size_t head, tail, capacity;
};

/* Room for at least `length` more octets; returns where to write them. Tell buf_added how many were written. */
char *buf_reserve(struct buf *buf, size_t length);
void buf_added(struct buf *buf, size_t length);
void buf_append(struct buf *buf, const void *data, size_t length);
void buf_append_string(struct buf *buf, const char *text);
void buf_append_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_consume(struct buf *buf, size_t length);
/* Forget the content, keep the memory. */
void buf_clear(struct buf *buf);
/* Overwrite everything that was ever in the present memory, then free it. */
void buf_wipe(struct buf *buf);
void buf_free(struct buf *buf);

static inline size_t buf_length(const struct buf *buf)
{
    return buf->tail - buf->head;
}

static inline char *buf_head(const struct buf *buf)
{
    return buf->data + buf->head;
}

#endif
