/*
 * util/network.h - networks as an administrator writes them: "10.0.0.0/8", "2001:db8::/32", "192.0.2.7".
 */
#ifndef UTIL_NETWORK_H
#define UTIL_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

struct network {
    uint8_t octets[16]; /* IPv4 in the first four */
    uint8_t bits;       /* of the prefix */
    bool is_ipv4;       /* also for ::ffff:a.b.c.d, which is the same place */
};

/* False with *fault: what is wrong with it, to follow its name in a sentence. */
bool network_parse(struct network *network, const char *text, const char **fault);
/* Is the address (4 octets or 16) in it? */
bool network_has(const struct network *network, const uint8_t *octets, bool is_ipv4);

#endif
