/*
 * tests/unit/test_nursery_pool.c - which of the kept workers gets a session: never one of another owner.
 */
#include "unit.h"

#include "session/nursery_pool.h"

#define WORKERS 5

static struct nursery_pool pool;
static struct nursery_pool_member workers[WORKERS];
static struct nursery_pool_limits limits;
static uint8_t alice[NURSERY_POOL_KEY_OCTETS], bob[NURSERY_POOL_KEY_OCTETS];

static void owner_key(uint8_t key[NURSERY_POOL_KEY_OCTETS], uint32_t uid, const char *mail)
{
    static struct message_owner owner;
    owner = (struct message_owner){.uid = uid, .gid = 100, .groups = {7, 8}, .groups_count = 2, .mail = mail, .state = "/s"};
    nursery_pool_key(key, &owner);
}

static int setup(void **state)
{
    (void)state;
    memset(&pool, 0, sizeof(pool));
    memset(workers, 0, sizeof(workers));
    limits = (struct nursery_pool_limits){.per_owner = 2, .at_once = 3, .served = 5, .idle_ms = 1000};
    owner_key(alice, 1000, "/srv/mail");
    owner_key(bob, 1001, "/srv/mail");
    return 0;
}

/* A session for `key`: an existing worker, or workers[fresh]. Which one it was. */
static int serve(const uint8_t *key, int fresh)
{
    struct nursery_pool_member *member = nursery_pool_choose(&pool, &limits, key);
    if (!member) {
        member = &workers[fresh];
        assert_false(member->is_pooled);
        nursery_pool_add(&pool, member, key);
    }
    nursery_pool_session_began(member);
    return (int)(member - workers);
}

static void owners_never_share_a_worker(void **state)
{
    uint8_t key[NURSERY_POOL_KEY_OCTETS];
    (void)state;
    assert_int_equal(serve(alice, 0), 0);
    nursery_pool_session_ended(&workers[0], 1);
    assert_null(nursery_pool_choose(&pool, &limits, bob));
    owner_key(key, 1000, "/srv/mail2"); /* the same ids, confined to another place */
    assert_null(nursery_pool_choose(&pool, &limits, key));
    owner_key(key, 1000, "/srv/mail");
    assert_ptr_equal(nursery_pool_choose(&pool, &limits, key), &workers[0]);
}

static void every_part_of_an_owner_is_in_the_key(void **state)
{
    static struct message_owner owner;
    uint8_t key[NURSERY_POOL_KEY_OCTETS], other[NURSERY_POOL_KEY_OCTETS];
    (void)state;
    owner = (struct message_owner){
        .uid = 1, .gid = 2, .groups = {3, 4}, .groups_count = 2, .mail = "/m/a", .state = "/s"};
    nursery_pool_key(key, &owner);
#define DIFFERS(change, back)                                                                                         \
    change;                                                                                                           \
    nursery_pool_key(other, &owner);                                                                                  \
    assert_memory_not_equal(key, other, sizeof(key));                                                                 \
    back
    DIFFERS(owner.uid = 9, owner.uid = 1);
    DIFFERS(owner.gid = 9, owner.gid = 2);
    DIFFERS(owner.groups[1] = 9, owner.groups[1] = 4);
    DIFFERS(owner.groups_count = 1, owner.groups_count = 2);
    DIFFERS(owner.mail = "/m/b", owner.mail = "/m/a");
    DIFFERS(owner.state = "/t", owner.state = "/s");
    nursery_pool_key(other, &owner);
    assert_memory_equal(key, other, sizeof(key));
}

static void the_least_busy_one_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(serve(alice, 0), 0);
    assert_int_equal(serve(alice, 1), 1); /* up to per_owner workers before two sessions share one */
    assert_int_equal(workers[0].sessions + workers[1].sessions, 2);
    int third = serve(alice, 2);
    assert_in_range(third, 0, 1);
    assert_int_equal(serve(alice, 2), 1 - third);
    nursery_pool_session_ended(&workers[0], 1);
    nursery_pool_session_ended(&workers[0], 1);
    assert_int_equal(serve(alice, 2), 0);
}

static void an_idle_worker_is_better_than_a_new_one(void **state)
{
    (void)state;
    limits.per_owner = 4;
    assert_int_equal(serve(alice, 0), 0);
    nursery_pool_session_ended(&workers[0], 1);
    assert_int_equal(serve(alice, 1), 0);
    assert_int_equal(serve(alice, 1), 1);
}

static void full_workers_get_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        assert_in_range(serve(alice, i ? 1 : 0), 0, 1);
    assert_int_equal(workers[0].sessions, 3);
    assert_int_equal(workers[1].sessions, 3);
    assert_int_equal(serve(alice, 2), 2); /* beyond per_owner rather than beyond at_once */
}

static void worn_ones_are_told_so(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_false(nursery_pool_is_worn(&workers[0], &limits));
        serve(alice, 0);
        nursery_pool_session_ended(&workers[0], 1);
    }
    assert_true(nursery_pool_is_worn(&workers[0], &limits)); /* its fifth is its last */
    nursery_pool_remove(&pool, &workers[0]);
    nursery_pool_remove(&pool, &workers[0]); /* harmless */
    assert_int_equal(serve(alice, 1), 1);
}

static void idle_ones_are_found(void **state)
{
    (void)state;
    serve(alice, 0);
    serve(bob, 1);
    assert_null(nursery_pool_idle(&pool, 1000, 5000));
    nursery_pool_session_ended(&workers[1], 5000);
    assert_null(nursery_pool_idle(&pool, 1000, 5999));
    assert_ptr_equal(nursery_pool_idle(&pool, 1000, 6000), &workers[1]);
    nursery_pool_remove(&pool, &workers[1]);
    assert_null(nursery_pool_idle(&pool, 0, 9000));
}

#define POOL_TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(owners_never_share_a_worker),
        POOL_TEST(every_part_of_an_owner_is_in_the_key),
        POOL_TEST(the_least_busy_one_is_chosen),
        POOL_TEST(an_idle_worker_is_better_than_a_new_one),
        POOL_TEST(full_workers_get_no_more),
        POOL_TEST(worn_ones_are_told_so),
        POOL_TEST(idle_ones_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
