#include "ipc/frame.h"

#include <string.h>

/* Numbers are written octet by octet: little-endian whatever the machine, no alignment. */
static void frame_put_number(struct frame_out *frame, uint64_t value, size_t octets)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < octets; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    buf_append(&frame->buf, bytes, octets);
}

void frame_begin(struct frame_out *frame, uint16_t type)
{
    buf_clear(&frame->buf);
    frame_put_number(frame, type, 2);
}

void frame_put_u8(struct frame_out *frame, uint8_t value)
{
    frame_put_number(frame, value, 1);
}

void frame_put_u32(struct frame_out *frame, uint32_t value)
{
    frame_put_number(frame, value, 4);
}

void frame_put_u64(struct frame_out *frame, uint64_t value)
{
    frame_put_number(frame, value, 8);
}

void frame_put_i64(struct frame_out *frame, int64_t value)
{
    frame_put_number(frame, (uint64_t)value, 8);
}

void frame_put_string(struct frame_out *frame, const char *text)
{
    frame_put_bytes(frame, text, strlen(text));
}

void frame_put_bytes(struct frame_out *frame, const void *data, size_t length)
{
    frame_put_u32(frame, (uint32_t)length);
    buf_append(&frame->buf, data, length);
}

void frame_free(struct frame_out *frame)
{
    buf_free(&frame->buf);
}

void frame_wipe(struct frame_out *frame)
{
    buf_wipe(&frame->buf);
}

/* The next `length` octets, or NULL; after the first NULL nothing more is given. */
static const uint8_t *frame_take(struct frame_in *frame, size_t length)
{
    if (frame->failed || (size_t)(frame->end - frame->at) < length) {
        frame->failed = true;
        return NULL;
    }
    const uint8_t *taken = frame->at;
    frame->at += length;
    return taken;
}

static uint64_t frame_get_number(struct frame_in *frame, size_t octets)
{
    const uint8_t *bytes = frame_take(frame, octets);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < octets; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

bool frame_parse(struct frame_in *frame, const void *data, size_t length, int fd)
{
    const uint8_t *bytes = data;
    *frame = (struct frame_in){.at = bytes, .end = bytes + length, .fd = fd};
    frame->type = (uint16_t)frame_get_number(frame, 2);
    return !frame->failed;
}

uint8_t frame_get_u8(struct frame_in *frame)
{
    return (uint8_t)frame_get_number(frame, 1);
}

uint32_t frame_get_u32(struct frame_in *frame)
{
    return (uint32_t)frame_get_number(frame, 4);
}

uint64_t frame_get_u64(struct frame_in *frame)
{
    return frame_get_number(frame, 8);
}

int64_t frame_get_i64(struct frame_in *frame)
{
    return (int64_t)frame_get_number(frame, 8);
}

bool frame_get_bool(struct frame_in *frame)
{
    uint8_t value = frame_get_u8(frame);
    if (value > 1)
        frame->failed = true;
    return value == 1;
}

void frame_get_string(struct frame_in *frame, char *to, size_t capacity)
{
    size_t length;
    const void *text = frame_get_bytes(frame, &length);
    to[0] = '\0';
    if (!text || length >= capacity || memchr(text, '\0', length)) {
        frame->failed = true;
        return;
    }
    memcpy(to, text, length);
    to[length] = '\0';
}

const void *frame_get_bytes(struct frame_in *frame, size_t *length)
{
    uint32_t announced = frame_get_u32(frame);
    const uint8_t *bytes = frame_take(frame, announced);
    *length = bytes ? announced : 0;
    return bytes;
}

bool frame_end(struct frame_in *frame)
{
    return !frame->failed && frame->at == frame->end;
}
