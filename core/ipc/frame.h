/*
 * ipc/frame.h - one message between two rooms: a type and fields, little-endian, length-prefixed.
 *
 * Reading fails closed: after the first field that is not there, every further get gives zero or "", and frame_end
 * says false. TRUST: everything read here comes from another room.
 */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define FRAME_MAX 98304 /* octets; SEQPACKET sockets refuse more than about twice this */

struct frame_out {
    struct buf buf;
};

struct frame_in {
    const uint8_t *at, *end;
    uint16_t type;
    bool failed;
    int fd; /* the descriptor that came along, or -1; whoever takes it sets this to -1 */
};

/* Start (or start again) a frame. */
void frame_begin(struct frame_out *frame, uint16_t type);
void frame_put_u8(struct frame_out *frame, uint8_t value);
void frame_put_u32(struct frame_out *frame, uint32_t value);
void frame_put_u64(struct frame_out *frame, uint64_t value);
void frame_put_i64(struct frame_out *frame, int64_t value);
void frame_put_string(struct frame_out *frame, const char *text);
void frame_put_bytes(struct frame_out *frame, const void *data, size_t length);
void frame_free(struct frame_out *frame);
/* As frame_free, for frames that held a secret. */
void frame_wipe(struct frame_out *frame);

/* Read the type; false when the data is too short to be a frame. */
bool frame_parse(struct frame_in *frame, const void *data, size_t length, int fd);
uint8_t frame_get_u8(struct frame_in *frame);
uint32_t frame_get_u32(struct frame_in *frame);
uint64_t frame_get_u64(struct frame_in *frame);
int64_t frame_get_i64(struct frame_in *frame);
bool frame_get_bool(struct frame_in *frame); /* anything but 0 and 1 fails */
/* Copy a string; one that holds a NUL or does not fit fails the frame. */
void frame_get_string(struct frame_in *frame, char *to, size_t capacity);
/* A view into the frame, valid as long as the frame's data. */
const void *frame_get_bytes(struct frame_in *frame, size_t *length);
/* True when every field was there and nothing is left over. */
bool frame_end(struct frame_in *frame);

#endif
