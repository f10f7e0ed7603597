#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

char *buf_reserve(struct buf *buf, size_t length)
{
    if (buf->capacity - buf->tail >= length && buf->data)
        return buf->data + buf->tail;
    size_t used = buf_length(buf);
    if (buf->head > 0) {
        memmove(buf->data, buf->data + buf->head, used);
        buf->head = 0;
        buf->tail = used;
    }
    if (buf->capacity - buf->tail < length || !buf->data) {
        size_t capacity = buf->capacity ? buf->capacity : 256;
        while (capacity - used < length)
            capacity *= 2;
        buf->data = alloc_resize(buf->data, capacity, 1);
        buf->capacity = capacity;
    }
    return buf->data + buf->tail;
}

void buf_added(struct buf *buf, size_t length)
{
    buf->tail += length;
}

void buf_append(struct buf *buf, const void *data, size_t length)
{
    if (length == 0)
        return;
    memcpy(buf_reserve(buf, length), data, length);
    buf->tail += length;
}

void buf_append_string(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_format(struct buf *buf, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0) {
        size_t needed = (size_t)length;
        vsnprintf(buf_reserve(buf, needed + 1), needed + 1, format, again);
        buf->tail += needed;
    }
    va_end(again);
}

void buf_consume(struct buf *buf, size_t length)
{
    buf->head += length;
    if (buf->head >= buf->tail)
        buf->head = buf->tail = 0;
}

void buf_clear(struct buf *buf)
{
    buf->head = buf->tail = 0;
}

void buf_wipe(struct buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->capacity);
    buf_free(buf);
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}
