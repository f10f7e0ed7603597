/*
 * Fuzz target "access": rules of the policy of that name. Input, in lines: an address, a user, a rule, then networks.
 *
 * Promises: a rule is taken or refused with a reason, and matches the same login alike each time, and nobody else than
 * its users; a set of networks holds what one of them holds, as the core's own reading of networks says.
 */
#include <arpa/inet.h>

#include "access/access_rule.h"
#include "fuzz.h"
#include "util/network.h"

const char fuzz_name[] = "access";

enum { LINES_MAX = 40 };

static size_t split(char *text, char **lines)
{
    size_t count = 0;
    while (count < LINES_MAX) {
        lines[count++] = text;
        text = strchr(text, '\n');
        if (!text)
            break;
        *text++ = '\0';
    }
    return count;
}

/* What the core says of one address. */
static bool network_says(const struct network *network, const struct access_address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool is_ipv4 = memcmp(address->octets, mapped, sizeof(mapped)) == 0;
    if (is_ipv4 && network->is_ipv4)
        return network_has(network, address->octets + sizeof(mapped), true);
    /* A network that is larger than all of IPv4 holds that as well. */
    return !network->is_ipv4 && network_has(network, address->octets, false);
}

static void try_networks(char **lines, size_t count, const struct access_address *address)
{
    struct access_networks all = {0};
    bool is_in = false;
    for (size_t i = 0; i < count; i++) {
        struct network network;
        const char *fault;
        const char *wrong = access_networks_add(&all, lines[i]);
        bool is_taken = network_parse(&network, lines[i], &fault);
        FUZZ_REQUIRE(is_taken == (wrong == NULL));
        is_in |= is_taken && network_says(&network, address);
    }
    access_networks_finish(&all);
    for (size_t i = 0; i < all.count; i++) {
        FUZZ_REQUIRE(memcmp(&all.ranges[i].first, &all.ranges[i].last, sizeof(all.ranges[i].first)) <= 0);
        FUZZ_REQUIRE(i == 0 || memcmp(&all.ranges[i - 1].last, &all.ranges[i].first, sizeof(all.ranges[i].first)) < 0);
        FUZZ_REQUIRE(access_networks_has(&all, &all.ranges[i].first) && access_networks_has(&all, &all.ranges[i].last));
    }
    FUZZ_REQUIRE(access_networks_has(&all, address) == is_in);
    access_networks_free(&all);
}

static void try_rule(const char *text, const struct access_login *login)
{
    char fault[ACCESS_FAULT_MAX] = "";
    struct access_rule rule;
    bool is_user = false;
    if (!access_rule_parse(&rule, text, fault)) {
        FUZZ_REQUIRE(fault[0]);
        return;
    }
    FUZZ_REQUIRE(rule.users && rule.users[0]);
    for (size_t i = 0; rule.users[i]; i++)
        is_user |= access_glob(rule.users[i], login->user);
    bool is_match = access_rule_matches(&rule, login);
    FUZZ_REQUIRE(is_match == access_rule_matches(&rule, login));
    FUZZ_REQUIRE(is_user || !is_match);
    if (is_user && rule.tls == ACCESS_EITHER && !rule.has_networks)
        FUZZ_REQUIRE(is_match);
    if (is_user && !login->has_address && rule.has_networks && rule.tls == ACCESS_EITHER)
        FUZZ_REQUIRE(is_match == !rule.allows);
    access_rule_free(&rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct access_login login = {.is_tls = fuzz_number(&input, 1)};
    char *text = fuzz_string(&input, 2000), *lines[LINES_MAX];
    size_t count = split(text, lines);
    login.has_address = access_address_parse(&login.address, lines[0]);
    login.user = count > 1 ? lines[1] : "";
    if (count > 2 && !strstr(lines[2], "@/")) /* files are not what is tried here */
        try_rule(lines[2], &login);
    if (count > 3 && login.has_address)
        try_networks(lines + 3, count - 3, &login.address);
    free(text);
    return 0;
}
