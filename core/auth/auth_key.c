#include "auth/auth_key.h"

#include <arpa/inet.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/str.h"

enum { ADDRESS_OCTETS = 17 };

/* Kind of address, then its octets. */
struct key_address {
    uint8_t octets[ADDRESS_OCTETS];
};

void auth_key_seed_make(struct auth_key_seed *seed)
{
    if (getrandom(seed->octets, sizeof(seed->octets), 0) != (ssize_t)sizeof(seed->octets))
        abort();
}

static struct key_address key_parse_address(const char *peer)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct key_address address = {.octets = {0}};
    struct in6_addr six;
    char plain[64];
    str_copy_n(plain, sizeof(plain), peer, strcspn(peer, "%"));
    if (inet_pton(AF_INET, plain, address.octets + 1) == 1) {
        address.octets[0] = 4;
    } else if (inet_pton(AF_INET6, plain, &six) == 1) {
        bool is_mapped = memcmp(six.s6_addr, mapped, sizeof(mapped)) == 0;
        address.octets[0] = is_mapped ? 4 : 6;
        memcpy(address.octets + 1, is_mapped ? six.s6_addr + 12 : six.s6_addr, is_mapped ? 4 : 8);
    } else {
        memcpy(address.octets + 1, plain, strnlen(plain, ADDRESS_OCTETS - 1));
    }
    return address;
}

/* The kind keeps a user named like an address apart from it; the address has a fixed length, so the user's is clear. */
static struct auth_key key_digest(const struct auth_key_seed *seed, char kind, const struct key_address *address,
                                  const char *user)
{
    SHA2_CTX digest;
    uint8_t octets[SHA256_DIGEST_LENGTH];
    struct auth_key key;
    SHA256Init(&digest);
    SHA256Update(&digest, seed->octets, sizeof(seed->octets));
    SHA256Update(&digest, (const uint8_t *)&kind, 1);
    if (address)
        SHA256Update(&digest, address->octets, sizeof(address->octets));
    if (user)
        SHA256Update(&digest, (const uint8_t *)user, strlen(user));
    SHA256Final(octets, &digest);
    memcpy(&key.first, octets, sizeof(key.first));
    memcpy(&key.second, octets + sizeof(key.first), sizeof(key.second));
    return key;
}

struct auth_key auth_key_address(const struct auth_key_seed *seed, const char *peer)
{
    struct key_address address = key_parse_address(peer);
    return key_digest(seed, 'a', &address, NULL);
}

struct auth_key auth_key_user(const struct auth_key_seed *seed, const char *user)
{
    return key_digest(seed, 'u', NULL, user);
}

struct auth_key auth_key_pair(const struct auth_key_seed *seed, const char *user, const char *peer)
{
    struct key_address address = key_parse_address(peer);
    return key_digest(seed, 'p', &address, user);
}

bool auth_key_is_same(const struct auth_key *a, const struct auth_key *b)
{
    return a->first == b->first && a->second == b->second;
}
