/*
 * util/base64.h - RFC 4648 section 4, strict: no white space, padding as it must be, no stray bits.
 */
#ifndef UTIL_BASE64_H
#define UTIL_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#define BASE64_ENCODED_LENGTH(length) (((length) + 2) / 3 * 4)

/* `to` has room for BASE64_ENCODED_LENGTH(length) + 1; NUL-terminated. */
void base64_encode(char *to, const void *data, size_t length);
/* Decode the whole text into at most `capacity` octets. */
bool base64_decode(void *to, size_t capacity, size_t *to_length, const char *text, size_t length);

#endif
