#include "frontend/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "util/str.h"

void peer_set_octets(struct peer *peer, const uint8_t *octets, bool is_ipv4)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool is_mapped = !is_ipv4 && memcmp(octets, mapped, sizeof(mapped)) == 0;
    *peer = (struct peer){.is_ipv4 = is_ipv4 || is_mapped};
    memcpy(peer->octets, octets + (is_mapped ? sizeof(mapped) : 0), peer->is_ipv4 ? 4 : 16);
}

void peer_set(struct peer *peer, const struct sockaddr *address)
{
    *peer = (struct peer){0};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof(ipv4));
        peer_set_octets(peer, (const uint8_t *)&ipv4.sin_addr, true);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, address, sizeof(ipv6));
        peer_set_octets(peer, ipv6.sin6_addr.s6_addr, false);
    }
}

void peer_format(const struct peer *peer, char *to, size_t capacity)
{
    if (!inet_ntop(peer->is_ipv4 ? AF_INET : AF_INET6, peer->octets, to, (socklen_t)capacity))
        str_copy(to, capacity, "unknown");
}

bool peer_is_loopback(const struct peer *peer)
{
    static const uint8_t ipv6_loopback[16] = {[15] = 1};
    if (peer->is_ipv4)
        return peer->octets[0] == 127;
    return memcmp(peer->octets, ipv6_loopback, sizeof(ipv6_loopback)) == 0;
}
