/*
 * Fuzz target "network": networks of the configuration. Input: an address (17 octets), then the text.
 *
 * Promises: a network holds its own address and, bit for bit, what shares its prefix and nothing else; a refusal says
 * why.
 */
#include "fuzz.h"
#include "util/network.h"

const char fuzz_name[] = "network";

static bool shares_prefix(const struct network *network, const uint8_t *octets)
{
    for (unsigned bit = 0; bit < network->bits; bit++)
        if ((network->octets[bit / 8] ^ octets[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct network network;
    const char *fault = NULL;
    uint8_t octets[16] = {0};
    bool is_ipv4 = fuzz_number(&input, 1);
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)fuzz_number(&input, 255);
    char *text = fuzz_string(&input, 200);
    if (network_parse(&network, text, &fault)) {
        FUZZ_REQUIRE(network.bits <= (network.is_ipv4 ? 32 : 128));
        FUZZ_REQUIRE(network_has(&network, network.octets, network.is_ipv4));
        FUZZ_REQUIRE(!network_has(&network, octets, !network.is_ipv4));
        FUZZ_REQUIRE(network_has(&network, octets, is_ipv4) ==
                     (is_ipv4 == network.is_ipv4 && shares_prefix(&network, octets)));
    } else {
        FUZZ_REQUIRE(fault && fault[0]);
    }
    free(text);
    return 0;
}
