#include "util/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "util/str.h"

enum { NETWORK_TEXT = 64, NETWORK_MAPPED = 96 };

static const uint8_t network_mapped[12] = {[10] = 0xff, [11] = 0xff};

static unsigned network_width(bool is_ipv4)
{
    return is_ipv4 ? 32 : 128;
}

/* The prefix in bits; an address without one is a network of its own. */
static bool network_parse_bits(const char *text, unsigned width, uint8_t *bits)
{
    uint64_t value = width;
    if (text && (!str_parse_u64(text, strlen(text), &value) || value > width))
        return false;
    *bits = (uint8_t)value;
    return true;
}

/* Are all bits behind the prefix zero? */
static bool network_is_clean(const struct network *network)
{
    unsigned width = network_width(network->is_ipv4);
    for (unsigned bit = network->bits; bit < width; bit++) {
        if (network->octets[bit / 8] & (0x80u >> bit % 8))
            return false;
    }
    return true;
}

/* ::ffff:10.0.0.0/104 is 10.0.0.0/8. */
static void network_unmap(struct network *network)
{
    if (network->is_ipv4 || network->bits < NETWORK_MAPPED ||
        memcmp(network->octets, network_mapped, sizeof(network_mapped)) != 0)
        return;
    memmove(network->octets, network->octets + sizeof(network_mapped), 4);
    memset(network->octets + 4, 0, sizeof(network->octets) - 4);
    network->bits = (uint8_t)(network->bits - NETWORK_MAPPED);
    network->is_ipv4 = true;
}

bool network_parse(struct network *network, const char *text, const char **fault)
{
    char address[NETWORK_TEXT];
    *network = (struct network){0};
    *fault = "must be an address or a network such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
    const char *slash = strchr(text, '/');
    if (!str_copy_n(address, sizeof(address), text, slash ? (size_t)(slash - text) : strlen(text)))
        return false;
    network->is_ipv4 = inet_pton(AF_INET, address, network->octets) == 1;
    if (!network->is_ipv4 && inet_pton(AF_INET6, address, network->octets) != 1)
        return false;
    if (!network_parse_bits(slash ? slash + 1 : NULL, network_width(network->is_ipv4), &network->bits)) {
        *fault = network->is_ipv4 ? "must have a prefix of 0 to 32 bits" : "must have a prefix of 0 to 128 bits";
        return false;
    }
    if (!network_is_clean(network)) {
        *fault = "has bits set behind its prefix: write the network's first address, or a longer prefix";
        return false;
    }
    network_unmap(network);
    return true;
}

bool network_has(const struct network *network, const uint8_t *octets, bool is_ipv4)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (network->is_ipv4 != is_ipv4 || memcmp(network->octets, octets, whole) != 0)
        return false;
    return rest == 0 || ((network->octets[whole] ^ octets[whole]) & (0xff00u >> rest & 0xff)) == 0;
}
