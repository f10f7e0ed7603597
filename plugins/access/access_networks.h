/*
 * plugins/access/access_networks.h - a set of networks, IPv4 and IPv6, that is asked for one address at a time: as
 * quick with a hundred thousand networks as with ten. Filled and closed when the policy starts, only read afterwards.
 */
#ifndef ACCESS_NETWORKS_H
#define ACCESS_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_NETWORKS_MAX 1000000

/* IPv4 as IPv6 has it, ::ffff:a.b.c.d: the same place in both writings. */
struct access_address {
    uint8_t octets[16];
};

struct access_range {
    struct access_address first, last;
};

/* Zeroed: none. */
struct access_networks {
    struct access_range *ranges; /* once finished: in order, and none touches another */
    size_t count, capacity;
};

/* False: `text` is no numeric address. What follows '%' (the interface of a link-local one) is not looked at. */
bool access_address_parse(struct access_address *address, const char *text);
/* Add "10.0.0.0/8", "2001:db8::/32" or a single address; NULL, or what is wrong with it, to follow it in a sentence. */
const char *access_networks_add(struct access_networks *networks, const char *text);
/* All are added. */
void access_networks_finish(struct access_networks *networks);
bool access_networks_has(const struct access_networks *networks, const struct access_address *address);
void access_networks_free(struct access_networks *networks);

#endif
