#include "unit.h"

#include <arpa/inet.h>

#include "util/network.h"

static bool is_in(const char *network_text, const char *address)
{
    struct network network;
    const char *fault;
    uint8_t octets[16] = {0};
    bool is_ipv4 = inet_pton(AF_INET, address, octets) == 1;
    if (!is_ipv4)
        assert_int_equal(inet_pton(AF_INET6, address, octets), 1);
    if (!network_parse(&network, network_text, &fault))
        fail_msg("%s %s", network_text, fault);
    return network_has(&network, octets, is_ipv4);
}

static void addresses_in_networks(void **state)
{
    (void)state;
    assert_true(is_in("10.0.0.0/8", "10.255.0.1"));
    assert_false(is_in("10.0.0.0/8", "11.0.0.0"));
    assert_true(is_in("192.0.2.7", "192.0.2.7"));
    assert_false(is_in("192.0.2.7", "192.0.2.6"));
    assert_true(is_in("192.0.2.128/25", "192.0.2.255"));
    assert_false(is_in("192.0.2.128/25", "192.0.2.127"));
    assert_true(is_in("192.0.2.4/31", "192.0.2.5"));
    assert_false(is_in("192.0.2.4/31", "192.0.2.6"));
    assert_true(is_in("0.0.0.0/0", "203.0.113.9"));
    assert_false(is_in("0.0.0.0/0", "::"));
    assert_true(is_in("::/0", "2001:db8::1"));
    assert_false(is_in("::/0", "0.0.0.0"));
    assert_true(is_in("2001:db8::/32", "2001:db8:ffff::1"));
    assert_false(is_in("2001:db8::/32", "2001:db9::"));
    assert_true(is_in("2001:db8:8000::/33", "2001:db8:ffff::1"));
    assert_false(is_in("2001:db8:8000::/33", "2001:db8:7fff::1"));
    assert_true(is_in("::1", "::1"));
    assert_false(is_in("::1", "::2"));
    assert_true(is_in("::ffff:10.0.0.0/104", "10.1.2.3"));
    assert_false(is_in("::ffff:10.0.0.0/104", "11.1.2.3"));
}

static void what_is_no_network(void **state)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"", "must be an address"},         {"localhost", "must be an address"}, {"10.0.0/8", "must be an address"},
        {"10.0.0.0/33", "0 to 32 bits"},    {"10.0.0.0/", "0 to 32 bits"},       {"10.0.0.0/-1", "0 to 32 bits"},
        {"10.0.0.0/8/8", "0 to 32 bits"},   {"::/129", "0 to 128 bits"},         {"10.0.0.1/8", "bits set behind"},
        {"2001:db8::1/32", "bits set behind"}, {"fe80::%lo", "must be an address"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct network network;
        const char *fault = "";
        assert_false(network_parse(&network, cases[i].text, &fault));
        if (!strstr(fault, cases[i].fault))
            fail_msg("%s: %s", cases[i].text, fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_in_networks),
        cmocka_unit_test(what_is_no_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
