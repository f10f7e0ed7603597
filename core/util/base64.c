#include "util/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(char *to, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        *to++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *to++ = left > 2 ? alphabet[group & 63] : '=';
    }
    *to = '\0';
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(void *to, size_t capacity, size_t *to_length, const char *text, size_t length)
{
    uint8_t *out = to;
    size_t used = 0;
    if (length % 4 != 0)
        return false;
    for (size_t i = 0; i < length; i += 4) {
        bool is_last = i + 4 == length;
        size_t padding = 0;
        if (is_last && text[i + 3] == '=')
            padding = text[i + 2] == '=' ? 2 : 1;
        uint32_t group = 0;
        for (size_t j = 0; j < 4; j++) {
            int value = j >= 4 - padding ? 0 : base64_value(text[i + j]);
            if (value < 0)
                return false;
            group = group << 6 | (uint32_t)value;
        }
        /* Bits that the padding cuts off must be zero, or two texts would mean the same octets. */
        if ((padding == 1 && (group & 0xff)) || (padding == 2 && (group & 0xffff)))
            return false;
        size_t octets = 3 - padding;
        if (capacity - used < octets)
            return false;
        for (size_t j = 0; j < octets; j++)
            out[used++] = (uint8_t)(group >> (16 - 8 * j));
    }
    *to_length = used;
    return true;
}
