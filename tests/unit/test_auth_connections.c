#include "unit.h"

#include <stdio.h>

#include "auth/auth_connections.h"

static struct auth_connections *open_with(size_t connections, size_t per_address, size_t per_user)
{
    const struct auth_connections_limits limits = {connections, per_address, per_user};
    return auth_connections_open(&limits);
}

static void limits_hold_in_all_and_per_address(void **state)
{
    struct auth_connections *connections = open_with(3, 2, 1000);
    (void)state;
    assert_non_null(auth_connections_add(connections, 1, 1, "192.0.2.1"));
    assert_non_null(auth_connections_add(connections, 2, 1, "192.0.2.1"));
    assert_null(auth_connections_add(connections, 1, 2, "192.0.2.1"));
    assert_non_null(auth_connections_add(connections, 1, 3, "192.0.2.2"));
    assert_null(auth_connections_add(connections, 1, 4, "192.0.2.3"));
    assert_int_equal(auth_connections_count(connections), 3);
    assert_null(auth_connections_find(connections, 1, 2));
    auth_connections_remove(connections, 2, 1);
    assert_non_null(auth_connections_add(connections, 1, 5, "192.0.2.1"));
    auth_connections_close(&connections);
    assert_null(connections);
}

static void an_end_counts_once(void **state)
{
    struct auth_connections *connections = open_with(100, 1, 1000);
    (void)state;
    assert_non_null(auth_connections_add(connections, 1, 1, "192.0.2.1"));
    auth_connections_remove(connections, 1, 1);
    auth_connections_remove(connections, 1, 1);
    auth_connections_remove(connections, 9, 9);
    assert_int_equal(auth_connections_count(connections), 0);
    assert_non_null(auth_connections_add(connections, 1, 2, "192.0.2.1"));
    auth_connections_remove(connections, 1, 1);
    assert_null(auth_connections_add(connections, 1, 3, "192.0.2.1"));
    auth_connections_close(&connections);
}

static void addresses_count_as_clients_can_have_them(void **state)
{
    static const struct {
        const char *first, *second;
        bool is_same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"2001:db8::1", "2001:db8::ffff:0:0:2", true},
        {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
        {"fe80::1%eth0", "fe80::2%eth1", true},
        {"0.0.0.0", "::", false},
        {"nonsense", "nonsense", true},
        {"nonsense", "other", false},
        {"", "192.0.2.1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct auth_connections *connections = open_with(100, 1, 1000);
        assert_non_null(auth_connections_add(connections, 1, 1, cases[i].first));
        if ((auth_connections_add(connections, 1, 2, cases[i].second) == NULL) != cases[i].is_same)
            fail_msg("%s and %s", cases[i].first, cases[i].second);
        auth_connections_close(&connections);
    }
}

static void a_frontends_end_keeps_what_was_handed_over(void **state)
{
    struct auth_connections *connections = open_with(100, 100, 1000);
    (void)state;
    for (uint64_t id = 1; id <= 10; id++) {
        struct auth_connection *connection = auth_connections_add(connections, 1, id, "192.0.2.1");
        if (id % 2 == 0)
            assert_true(auth_connections_hand(connections, connection, "alice"));
    }
    assert_non_null(auth_connections_add(connections, 2, 1, "192.0.2.1"));
    auth_connections_drop_frontend(connections, 1);
    assert_int_equal(auth_connections_count(connections), 6);
    assert_null(auth_connections_find(connections, 1, 1));
    assert_non_null(auth_connections_find(connections, 1, 2));
    assert_non_null(auth_connections_find(connections, 2, 1));
    auth_connections_drop_handed(connections);
    assert_int_equal(auth_connections_count(connections), 1);
    auth_connections_close(&connections);
}

static void sessions_of_a_user_are_counted_whatever_their_addresses(void **state)
{
    struct auth_connections *connections = open_with(100, 100, 2);
    struct auth_connection *three[3];
    (void)state;
    three[0] = auth_connections_add(connections, 1, 1, "192.0.2.1");
    three[1] = auth_connections_add(connections, 2, 1, "192.0.2.2");
    three[2] = auth_connections_add(connections, 1, 3, "2001:db8::1");
    assert_true(auth_connections_hand(connections, three[0], "alice"));
    assert_true(auth_connections_hand(connections, three[1], "alice"));
    assert_false(auth_connections_hand(connections, three[2], "alice"));
    assert_false(three[2]->is_handed);
    assert_true(auth_connections_hand(connections, three[2], "bob"));
    /* Again for the same connection: it counts once. */
    assert_true(auth_connections_hand(connections, three[1], "alice"));
    auth_connections_take_back(connections, three[1]);
    assert_true(auth_connections_hand(connections, three[2], "alice"));
    auth_connections_remove(connections, 1, 1);
    assert_true(auth_connections_hand(connections, three[1], "alice"));
    auth_connections_drop_handed(connections);
    three[0] = auth_connections_add(connections, 1, 1, "192.0.2.1");
    assert_true(auth_connections_hand(connections, three[0], "alice"));
    auth_connections_close(&connections);
}

static void many_come_and_go(void **state)
{
    enum { MANY = 20000 };
    struct auth_connections *connections = open_with(MANY, 2, 1000);
    char peer[64];
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(peer, sizeof(peer), "10.%u.%u.%u", i / 2 >> 16, i / 2 >> 8 & 255, i / 2 & 255);
        assert_non_null(auth_connections_add(connections, 1 + i % 4, i / 4 + 1, peer));
    }
    assert_null(auth_connections_add(connections, 9, 1, "192.0.2.1"));
    for (unsigned i = 0; i < MANY; i++)
        assert_non_null(auth_connections_find(connections, 1 + i % 4, i / 4 + 1));
    for (unsigned i = 0; i < MANY; i += 2)
        auth_connections_remove(connections, 1 + i % 4, i / 4 + 1);
    assert_int_equal(auth_connections_count(connections), MANY / 2);
    for (unsigned i = 0; i < MANY; i++)
        assert_true((auth_connections_find(connections, 1 + i % 4, i / 4 + 1) != NULL) == (i % 2 == 1));
    auth_connections_close(&connections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_hold_in_all_and_per_address),
        cmocka_unit_test(an_end_counts_once),
        cmocka_unit_test(addresses_count_as_clients_can_have_them),
        cmocka_unit_test(a_frontends_end_keeps_what_was_handed_over),
        cmocka_unit_test(sessions_of_a_user_are_counted_whatever_their_addresses),
        cmocka_unit_test(many_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
