/*
 * plugins/access/access_networks.c - see access_networks.h. In the nursery while it starts, access_networks_has in
 * workers.
 */
#include "access_networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORKS_TEXT = 80, NETWORKS_MAPPED_BITS = 96, NETWORKS_BITS = 128 };

static const uint8_t networks_mapped[12] = {[10] = 0xff, [11] = 0xff};

/* `bits` is how much of an address of its own kind a whole one has. */
static bool networks_parse_address(struct access_address *address, const char *text, unsigned *bits)
{
    if (inet_pton(AF_INET6, text, address->octets) == 1) {
        *bits = NETWORKS_BITS;
        return true;
    }
    memcpy(address->octets, networks_mapped, sizeof(networks_mapped));
    *bits = NETWORKS_BITS - NETWORKS_MAPPED_BITS;
    return inet_pton(AF_INET, text, address->octets + sizeof(networks_mapped)) == 1;
}

bool access_address_parse(struct access_address *address, const char *text)
{
    char plain[NETWORKS_TEXT];
    unsigned bits;
    size_t length = strcspn(text, "%");
    if (length >= sizeof(plain))
        return false;
    memcpy(plain, text, length);
    plain[length] = '\0';
    return networks_parse_address(address, plain, &bits);
}

/* 0 to `most`; false: it is no such number. */
static bool networks_parse_bits(const char *text, unsigned most, unsigned *bits)
{
    *bits = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || *bits > most)
            return false;
        *bits = *bits * 10 + (unsigned)(*at - '0');
    }
    return *text && *bits <= most;
}

/* All bits behind the first `bits`: set in `last`. False: some are set in `first` already. */
static bool networks_fill(struct access_range *range, unsigned bits)
{
    range->last = range->first;
    for (unsigned bit = bits; bit < NETWORKS_BITS; bit++) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        if (range->first.octets[bit / 8] & mask)
            return false;
        range->last.octets[bit / 8] |= mask;
    }
    return true;
}

static bool networks_keep(struct access_networks *networks, const struct access_range *range)
{
    if (networks->count == networks->capacity) {
        size_t capacity = networks->capacity ? 2 * networks->capacity : 16;
        struct access_range *larger = realloc(networks->ranges, capacity * sizeof(*larger));
        if (!larger)
            return false;
        networks->ranges = larger;
        networks->capacity = capacity;
    }
    networks->ranges[networks->count++] = *range;
    return true;
}

const char *access_networks_add(struct access_networks *networks, const char *text)
{
    struct access_range range;
    char address[NETWORKS_TEXT];
    unsigned width, bits;
    size_t length = strcspn(text, "/");
    if (length >= sizeof(address))
        return "is no address or network";
    memcpy(address, text, length);
    address[length] = '\0';
    if (!networks_parse_address(&range.first, address, &width))
        return "is no address or network, such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
    bits = width;
    if (text[length] && !networks_parse_bits(text + length + 1, width, &bits))
        return width == NETWORKS_BITS ? "must have a prefix of 0 to 128 bits" : "must have a prefix of 0 to 32 bits";
    if (!networks_fill(&range, NETWORKS_BITS - width + bits))
        return "has bits set behind its prefix: write the network's first address, or a longer prefix";
    if (networks->count == ACCESS_NETWORKS_MAX)
        return "is one network too many";
    return networks_keep(networks, &range) ? NULL : "does not fit into memory";
}

static int networks_compare_address(const struct access_address *a, const struct access_address *b)
{
    return memcmp(a->octets, b->octets, sizeof(a->octets));
}

static int networks_compare(const void *a, const void *b)
{
    const struct access_range *one = a, *other = b;
    int order = networks_compare_address(&one->first, &other->first);
    return order ? order : networks_compare_address(&other->last, &one->last); /* the larger one before those in it */
}

void access_networks_finish(struct access_networks *networks)
{
    size_t kept = 0;
    if (networks->count == 0)
        return;
    qsort(networks->ranges, networks->count, sizeof(*networks->ranges), networks_compare);
    /* A network that lies in one before it says nothing more: they nest or are apart. */
    for (size_t i = 1; i < networks->count; i++) {
        if (networks_compare_address(&networks->ranges[i].first, &networks->ranges[kept].last) > 0)
            networks->ranges[++kept] = networks->ranges[i];
    }
    networks->count = kept + 1;
    struct access_range *smaller = realloc(networks->ranges, networks->count * sizeof(*smaller));
    if (smaller)
        networks->ranges = smaller;
    networks->capacity = networks->count;
}

bool access_networks_has(const struct access_networks *networks, const struct access_address *address)
{
    size_t low = 0, high = networks->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (networks_compare_address(&networks->ranges[middle].first, address) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && networks_compare_address(address, &networks->ranges[low - 1].last) <= 0;
}

void access_networks_free(struct access_networks *networks)
{
    free(networks->ranges);
    *networks = (struct access_networks){0};
}
