/*
 * Fuzz target "proxy": what arrives first on a listener for proxies. Input: the octets.
 *
 * Promises: seen in growing pieces, the first answer other than "more" is the answer of the whole; a header ends
 * within what arrived and within its limit; the address of a version 1 line is the one that it spells.
 */
#include <arpa/inet.h>

#include "frontend/proxy_header.h"
#include "fuzz.h"

const char fuzz_name[] = "proxy";

/* Parsed in memory of exactly that size. */
static enum proxy_result parse(const char *data, size_t length, struct proxy_header *header)
{
    struct fuzz_input input = {(const uint8_t *)data, (const uint8_t *)data + length};
    char *copy = fuzz_copy(&input, length, &length);
    memset(header, 0, sizeof(*header));
    enum proxy_result result = proxy_header_parse(copy, length, header);
    free(copy);
    return result;
}

static bool is_same(const struct proxy_header *a, const struct proxy_header *b)
{
    return a->length == b->length && a->has_client == b->has_client &&
           (!a->has_client || (a->client.is_ipv4 == b->client.is_ipv4 &&
                               memcmp(a->client.octets, b->client.octets, a->client.is_ipv4 ? 4 : 16) == 0));
}

/* "PROXY TCP4 192.0.2.7 …" names its client in the third word. */
static void check_text(const char *data, const struct proxy_header *header)
{
    char line[128], octets[16];
    FUZZ_REQUIRE(header->length <= 107);
    memcpy(line, data, header->length);
    line[header->length] = '\0';
    FUZZ_REQUIRE(memcmp(line + header->length - 2, "\r\n", 2) == 0);
    if (!header->has_client)
        return;
    FUZZ_REQUIRE(strlen(line) == header->length);
    bool is_tcp4 = strncmp(line, "PROXY TCP4 ", 11) == 0;
    FUZZ_REQUIRE(is_tcp4 || strncmp(line, "PROXY TCP6 ", 11) == 0);
    line[11 + strcspn(line + 11, " ")] = '\0';
    FUZZ_REQUIRE(inet_pton(is_tcp4 ? AF_INET : AF_INET6, line + 11, octets) == 1);
    /* ::ffff:a.b.c.d is the client a.b.c.d. */
    FUZZ_REQUIRE(memcmp(header->client.octets, octets + (!is_tcp4 && header->client.is_ipv4 ? 12 : 0),
                        header->client.is_ipv4 ? 4 : 16) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct proxy_header whole, part;
    size_t length;
    char *sent = fuzz_copy(&input, PROXY_HEADER_MAX, &length);
    enum proxy_result result = parse(sent, length, &whole);
    FUZZ_REQUIRE(result != PROXY_MORE || length < PROXY_HEADER_MAX);
    FUZZ_REQUIRE(result != PROXY_DONE || (whole.length > 0 && whole.length <= length));
    FUZZ_REQUIRE(result != PROXY_MALFORMED || whole.why[0]);
    if (result == PROXY_DONE && sent[0] == 'P')
        check_text(sent, &whole);
    for (size_t end = 0; end < length; end += 1 + end / 64) {
        enum proxy_result partly = parse(sent, end, &part);
        if (partly == PROXY_MORE)
            continue;
        FUZZ_REQUIRE(partly == result);
        if (partly == PROXY_DONE)
            FUZZ_REQUIRE(is_same(&part, &whole));
    }
    free(sent);
    return 0;
}
