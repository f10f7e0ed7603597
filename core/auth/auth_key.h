/*
 * auth/auth_key.h - what is counted, as a fixed-size key: addresses, users, and users at addresses.
 *
 * Keys are digests under a secret seed. So a table of them has a fixed size whatever clients send, nobody outside can
 * choose where in a table a name falls, and what is handed on at a reload names nobody.
 */
#ifndef AUTH_AUTH_KEY_H
#define AUTH_AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTH_KEY_SEED_OCTETS 32

struct auth_key {
    uint64_t first, second;
};

struct auth_key_seed {
    uint8_t octets[AUTH_KEY_SEED_OCTETS];
};

/* A new random seed; ends the process when the kernel gives none. */
void auth_key_seed_make(struct auth_key_seed *seed);
/*
 * An address as clients can have it: IPv4 whole (an IPv4-mapped one too), IPv6 by its first 64 bits, without a scope.
 * TRUST: the frontend's text; what is no address counts by its first octets.
 */
struct auth_key auth_key_address(const struct auth_key_seed *seed, const char *peer);
struct auth_key auth_key_user(const struct auth_key_seed *seed, const char *user);
struct auth_key auth_key_pair(const struct auth_key_seed *seed, const char *user, const char *peer);
bool auth_key_is_same(const struct auth_key *a, const struct auth_key *b);

#endif
