#include "common/decode.h"

#include <string.h>

static int decode_base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool decode_base64(uint8_t *to, size_t capacity, size_t *to_length, const char *text)
{
    size_t length = strlen(text), used = 0, digits = length;
    uint32_t bits = 0;
    unsigned have = 0;
    if (length % 4 != 0)
        return false;
    while (digits > 0 && length - digits < 2 && text[digits - 1] == '=')
        digits--;
    for (size_t i = 0; i < digits; i++) {
        int value = decode_base64_digit(text[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xfff;
        have += 6;
        if (have < 8)
            continue;
        if (used == capacity)
            return false;
        have -= 8;
        to[used++] = (uint8_t)(bits >> have);
    }
    /* Bits that the padding cuts off must be zero (RFC 4648 section 3.5). */
    if ((bits & ((1u << have) - 1)) != 0)
        return false;
    *to_length = used;
    return true;
}

static int decode_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool decode_hex(uint8_t *to, size_t capacity, size_t *to_length, const char *text)
{
    size_t length = strlen(text);
    if (length % 2 != 0 || length / 2 > capacity)
        return false;
    for (size_t i = 0; i < length / 2; i++) {
        int high = decode_hex_digit(text[2 * i]), low = decode_hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    *to_length = length / 2;
    return true;
}
