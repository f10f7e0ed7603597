/*
 * TRUST: the octets come from whoever connected. Only networks that the administrator named are listened to, but what
 * they send is checked like a stranger's.
 */
#include "frontend/proxy_header.h"

#include <arpa/inet.h>
#include <string.h>

#include "util/str.h"

enum {
    V1_MAX = 107, /* with CRLF */
    V2_FIXED = 16,
    V2_PORTS = 4, /* both */
    V2_TLV_HEAD = 3,
    V2_TLV_CRC32C = 0x03,
    CRC_OCTETS = 4,
};

static const char v1_start[] = "PROXY ";
static const uint8_t v2_start[12] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

static enum proxy_result proxy_malformed(struct proxy_header *header, const char *why)
{
    header->why = why;
    return PROXY_MALFORMED;
}

/* --- version 1: a line ------------------------------------------------------------------------------------------ */

/* The next word of the line as a string; false when it is missing or too long. Words are one space apart. */
static bool v1_word(const char **at, const char *end, char *to, size_t capacity)
{
    const char *space = memchr(*at, ' ', (size_t)(end - *at));
    const char *stop = space ? space : end;
    size_t length = (size_t)(stop - *at);
    if (length == 0 || memchr(*at, '\0', length) || !str_copy_n(to, capacity, *at, length))
        return false;
    *at = space ? space + 1 : end;
    return true;
}

static bool v1_is_port(const char *text)
{
    uint64_t port;
    bool has_leading_zero = text[0] == '0' && text[1];
    return !has_leading_zero && str_parse_u64(text, strlen(text), &port) && port <= 65535;
}

static bool v1_parse_addresses(const char *at, const char *end, bool is_ipv4, struct peer *client)
{
    char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], source_port[6], destination_port[6];
    uint8_t octets[16], unused[16];
    int family = is_ipv4 ? AF_INET : AF_INET6;
    bool has_all = v1_word(&at, end, source, sizeof(source)) && v1_word(&at, end, destination, sizeof(destination)) &&
                   v1_word(&at, end, source_port, sizeof(source_port)) && end[-1] != ' ' &&
                   v1_word(&at, end, destination_port, sizeof(destination_port)) && at == end;
    if (!has_all || inet_pton(family, source, octets) != 1 || inet_pton(family, destination, unused) != 1 ||
        !v1_is_port(source_port) || !v1_is_port(destination_port))
        return false;
    peer_set_octets(client, octets, is_ipv4);
    return true;
}

/* The line without CRLF, after "PROXY ". */
static bool v1_parse_line(const char *at, const char *end, struct proxy_header *header)
{
    static const char unknown[] = "UNKNOWN";
    size_t length = (size_t)(end - at), known = sizeof(unknown) - 1;
    if (length >= known && memcmp(at, unknown, known) == 0)
        return length == known || at[known] == ' '; /* and whatever follows it */
    if (length <= 5 || (memcmp(at, "TCP4 ", 5) != 0 && memcmp(at, "TCP6 ", 5) != 0))
        return false;
    header->has_client = v1_parse_addresses(at + 5, end, at[3] == '4', &header->client);
    return header->has_client;
}

static enum proxy_result v1_parse(const char *data, size_t length, struct proxy_header *header)
{
    size_t given = length < V1_MAX ? length : V1_MAX;
    const char *end = memchr(data, '\r', given);
    if (!end && length < V1_MAX)
        return PROXY_MORE;
    if (!end || end == data + V1_MAX - 1)
        return proxy_malformed(header, "a version 1 line without an end");
    if (end + 1 == data + given)
        return PROXY_MORE;
    if (end[1] != '\n' || !v1_parse_line(data + sizeof(v1_start) - 1, end, header))
        return proxy_malformed(header, "a malformed version 1 line");
    header->length = (size_t)(end + 2 - data);
    return PROXY_DONE;
}

/* --- version 2: binary ------------------------------------------------------------------------------------------ */

enum { V2_LOCAL = 0, V2_PROXY = 1 };
enum { V2_UNSPEC = 0, V2_INET = 1, V2_INET6 = 2, V2_UNIX = 3 };
enum { V2_STREAM = 1 };

static size_t v2_u16(const uint8_t *data)
{
    return (size_t)(data[0] << 8 | data[1]);
}

static uint32_t v2_u32(const uint8_t *data)
{
    return (uint32_t)v2_u16(data) << 16 | (uint32_t)v2_u16(data + 2);
}

/* CRC-32C (RFC 3309, appendix B), as if the octets at `field` were zero. */
static uint32_t v2_crc(const uint8_t *data, size_t length, const uint8_t *field)
{
    uint32_t crc = UINT32_MAX;
    for (const uint8_t *at = data; at < data + length; at++) {
        crc ^= at >= field && at < field + CRC_OCTETS ? 0u : *at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

/* Extensions from `at` to the end: skipped, but they must fit exactly, and a checksum must be right. */
static const char *v2_check_extensions(const uint8_t *data, size_t at, size_t length)
{
    while (at < length) {
        if (length - at < V2_TLV_HEAD || length - at - V2_TLV_HEAD < v2_u16(data + at + 1))
            return "a version 2 header whose extensions do not fit into it";
        const uint8_t *value = data + at + V2_TLV_HEAD;
        size_t value_length = v2_u16(data + at + 1);
        if (data[at] == V2_TLV_CRC32C) {
            if (value_length != CRC_OCTETS || v2_u32(value) != v2_crc(data, length, value))
                return "a version 2 header with a wrong checksum";
        }
        at += V2_TLV_HEAD + value_length;
    }
    return NULL;
}

/* Of PROXY: the address, then extensions. NULL, or what is wrong. */
static const char *v2_parse_addresses(const uint8_t *data, struct proxy_header *header)
{
    static const size_t octets[] = {[V2_UNSPEC] = 0, [V2_INET] = 4, [V2_INET6] = 16, [V2_UNIX] = 108};
    unsigned family = data[13] >> 4, transport = data[13] & 15;
    if (family > V2_UNIX || transport > 2)
        return "a version 2 header with an unknown family";
    if (family == V2_UNSPEC)
        return NULL; /* the rest means nothing */
    if (transport != V2_STREAM)
        return "a version 2 header that is not about a stream";
    bool is_internet = family != V2_UNIX;
    size_t addresses = 2 * octets[family] + (is_internet ? V2_PORTS : 0);
    if (header->length < V2_FIXED + addresses)
        return "a version 2 header too short for its addresses";
    header->has_client = is_internet;
    if (is_internet)
        peer_set_octets(&header->client, data + V2_FIXED, family == V2_INET);
    return v2_check_extensions(data, V2_FIXED + addresses, header->length);
}

static enum proxy_result v2_parse(const uint8_t *data, size_t length, struct proxy_header *header)
{
    if (length > 12 && (data[12] >> 4 != 2 || (data[12] & 15) > V2_PROXY))
        return proxy_malformed(header, "a version 2 header with an unknown version or command");
    if (length < V2_FIXED)
        return PROXY_MORE;
    header->length = V2_FIXED + v2_u16(data + 14);
    if (header->length > PROXY_HEADER_MAX)
        return proxy_malformed(header, "a version 2 header that is too long");
    if (length < header->length)
        return PROXY_MORE;
    /* LOCAL: the proxy itself, to see whether we live; addresses and extensions mean nothing. */
    const char *why = (data[12] & 15) == V2_LOCAL ? NULL : v2_parse_addresses(data, header);
    if (!why)
        return PROXY_DONE;
    header->has_client = false;
    return proxy_malformed(header, why);
}

enum proxy_result proxy_header_parse(const void *data, size_t length, struct proxy_header *header)
{
    size_t v1_given = length < sizeof(v1_start) - 1 ? length : sizeof(v1_start) - 1;
    size_t v2_given = length < sizeof(v2_start) ? length : sizeof(v2_start);
    *header = (struct proxy_header){0};
    if (length == 0)
        return PROXY_MORE;
    if (memcmp(data, v1_start, v1_given) == 0)
        return v1_given < sizeof(v1_start) - 1 ? PROXY_MORE : v1_parse(data, length, header);
    if (memcmp(data, v2_start, v2_given) == 0)
        return v2_given < sizeof(v2_start) ? PROXY_MORE : v2_parse(data, length, header);
    return proxy_malformed(header, "no PROXY header");
}
