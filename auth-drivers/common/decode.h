/*
 * common/decode.h - base64 and hexadecimal as stored hashes use them: strict, one text for one meaning.
 */
#ifndef COMMON_DECODE_H
#define COMMON_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode the whole text into at most `capacity` octets; false when it is not exactly that encoding or too long. */
bool decode_base64(uint8_t *to, size_t capacity, size_t *to_length, const char *text);
bool decode_hex(uint8_t *to, size_t capacity, size_t *to_length, const char *text);

#endif
