/* The schedule of tries under a clock of our own: time passes only where a test says so. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/auth_penalties.h"

enum { TRIES_MAX = 512, WAIT_FOREVER_MS = 100000000 };

static const struct auth_penalties_settings usual = {
    .is_enabled = true,
    .free_failures = 3,
    .first_ms = 1000,
    .maximum_ms = 60000,
    .forget_ms = 300000,
    .wait_ms = 15000,
    .entries = 1024,
    .waiting_max = 64,
};
static struct auth_penalties *penalties;
static struct auth_try tries[TRIES_MAX];
static int64_t now_ms;

static void open_with(const struct auth_penalties_settings *settings)
{
    penalties = auth_penalties_open(settings);
    memset(tries, 0, sizeof(tries));
    now_ms = 1000000;
}

static bool begin(size_t number, const char *user, const char *peer)
{
    return auth_penalties_begin(penalties, &tries[number], user, peer, now_ms);
}

/* The number of the try that may run now, or -1. */
static int next(void)
{
    bool is_refused;
    struct auth_try *try = auth_penalties_next(penalties, now_ms, &is_refused);
    if (!try)
        return -1;
    assert_int_equal(is_refused, try->state != AUTH_TRY_RUNNING);
    return is_refused ? -2 : (int)(try - tries);
}

static uint32_t end(int number, enum auth_try_result result)
{
    return auth_penalties_end(penalties, &tries[number], result, now_ms);
}

/* A whole try, alone; waits as long as it must and returns for how long, or -1 when it is refused. */
static int64_t attempt(const char *user, const char *peer, enum auth_try_result result)
{
    int64_t since_ms = now_ms;
    if (!begin(0, user, peer))
        return -1;
    int number;
    while ((number = next()) == -1) {
        int64_t due_ms = auth_penalties_due_ms(penalties, now_ms);
        assert_true(due_ms > now_ms);
        now_ms = due_ms;
    }
    assert_int_equal(number, 0);
    end(0, result);
    return now_ms - since_ms;
}

/* So that a later look starts where a failure ended. */
static void fail_times(unsigned count, const char *user, const char *peer)
{
    for (unsigned i = 0; i < count; i++)
        assert_true(attempt(user, peer, AUTH_TRY_FAILED) >= 0);
}

static void pauses_double_after_the_free_failures_up_to_the_maximum(void **state)
{
    static const int64_t pauses_s[] = {0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.wait_ms = WAIT_FOREVER_MS;
    settings.forget_ms = WAIT_FOREVER_MS;
    open_with(&settings);
    for (size_t i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++)
        assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), pauses_s[i] * 1000);
    auth_penalties_close(&penalties);
    assert_null(penalties);
}

static void address_and_user_count_each_for_itself(void **state)
{
    (void)state;
    open_with(&usual);
    fail_times(4, "alice", "192.0.2.1");
    assert_int_equal(attempt("bob", "192.0.2.9", AUTH_TRY_FAILED), 0);
    assert_int_equal(attempt("bob", "::ffff:192.0.2.1", AUTH_TRY_FAILED), 1000); /* the address, mapped */
    assert_int_equal(attempt("alice", "2001:db8::1", AUTH_TRY_FAILED), 0); /* it waited with bob already */
    assert_int_equal(attempt("alice", "2001:db8::2", AUTH_TRY_FAILED), 2000); /* the user, from a new address */
    auth_penalties_close(&penalties);
    open_with(&usual);
    /* One /64 is one address. */
    fail_times(1, "a", "2001:db8:1:1::1");
    fail_times(1, "b", "2001:db8:1:1::2");
    fail_times(1, "c", "2001:db8:1:1:ffff::3");
    fail_times(1, "d", "2001:db8:1:1::4%eth0");
    assert_int_equal(attempt("e", "2001:db8:1:1::5", AUTH_TRY_FAILED), 1000);
    assert_int_equal(attempt("e", "2001:db8:1:2::5", AUTH_TRY_FAILED), 0);
    auth_penalties_close(&penalties);
}

/* All at once, and every one is wrong: how long until the last one has been checked? */
static int64_t run_parallel(size_t count, bool same_address, bool same_user)
{
    size_t ended = 0;
    int64_t since_ms = now_ms;
    char peer[32], user[32];
    for (size_t i = 0; i < count; i++) {
        snprintf(peer, sizeof(peer), "192.0.2.%zu", same_address ? 1 : i + 1);
        snprintf(user, sizeof(user), "user%zu", same_user ? 1 : i + 1);
        assert_true(begin(i, user, peer));
    }
    while (true) {
        int running[TRIES_MAX], number;
        size_t running_count = 0;
        while ((number = next()) >= 0)
            running[running_count++] = number;
        for (size_t i = 0; i < running_count; i++)
            end(running[i], AUTH_TRY_FAILED);
        ended += running_count;
        if (ended == count)
            return now_ms - since_ms;
        if (running_count == 0)
            now_ms = auth_penalties_due_ms(penalties, now_ms);
    }
}

static void parallel_tries_take_as_long_as_tries_in_sequence(void **state)
{
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.wait_ms = WAIT_FOREVER_MS;
    settings.forget_ms = WAIT_FOREVER_MS;
    settings.waiting_max = TRIES_MAX;
    for (size_t count = 1; count <= 30; count++) {
        int64_t sequence_ms;
        open_with(&settings);
        sequence_ms = now_ms;
        fail_times((unsigned)count, "user1", "192.0.2.1");
        sequence_ms = now_ms - sequence_ms;
        for (int way = 0; way < 3; way++) {
            auth_penalties_close(&penalties);
            open_with(&settings);
            assert_int_equal(run_parallel(count, way != 1, way != 2), sequence_ms);
        }
        auth_penalties_close(&penalties);
    }
    /* Of different addresses at different users none delays another. */
    open_with(&settings);
    assert_int_equal(run_parallel(30, false, false), 0);
    auth_penalties_close(&penalties);
}

static void many_who_are_right_are_not_slowed_down(void **state)
{
    char user[32];
    (void)state;
    open_with(&usual);
    /* A whole office comes in the morning, behind one address; a few run at once, none pauses. */
    for (size_t i = 0; i < 40; i++) {
        snprintf(user, sizeof(user), "user%zu", i);
        assert_true(begin(i, user, "192.0.2.1"));
    }
    for (size_t ended = 0; ended < 40;) {
        int running[8], number;
        size_t count = 0;
        while ((number = next()) >= 0)
            running[count++] = number;
        assert_in_range(count, 1, usual.free_failures + 1);
        for (size_t i = 0; i < count; i++)
            end(running[i], AUTH_TRY_SUCCEEDED);
        ended += count;
    }
    assert_int_equal(now_ms, 1000000);
    auth_penalties_close(&penalties);
}

static void a_known_address_gets_in_at_once(void **state)
{
    (void)state;
    open_with(&usual);
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
    fail_times(6, "alice", "198.51.100.1");
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
    /* From elsewhere even the right password waits. */
    assert_int_equal(attempt("alice", "203.0.113.5", AUTH_TRY_SUCCEEDED), 4000);
    /* Known is the pair: not the address for others, not the user elsewhere. */
    fail_times(4, "x", "192.0.2.1");
    assert_int_equal(attempt("bob", "192.0.2.1", AUTH_TRY_SUCCEEDED), 1000);
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
    auth_penalties_close(&penalties);
}

static void a_stale_password_at_a_known_address_delays_only_itself(void **state)
{
    (void)state;
    open_with(&usual);
    attempt("phone", "192.0.2.1", AUTH_TRY_SUCCEEDED);
    fail_times(8, "phone", "192.0.2.1");
    assert_int_equal(attempt("phone", "192.0.2.1", AUTH_TRY_FAILED), -1); /* 16 s are too long */
    assert_int_equal(attempt("colleague", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
    assert_int_equal(attempt("phone", "198.51.100.1", AUTH_TRY_SUCCEEDED), 0);
    auth_penalties_close(&penalties);
}

static void guessing_from_a_known_address_is_slow_too(void **state)
{
    (void)state;
    open_with(&usual);
    attempt("alice", "192.0.2.1", AUTH_TRY_SUCCEEDED);
    fail_times(4, "alice", "192.0.2.1");
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 1000);
    /* A success does not wipe out what was guessed. */
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_SUCCEEDED), 2000);
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 0);
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 4000);
    auth_penalties_close(&penalties);
}

static void errors_and_withdrawals_count_for_nothing(void **state)
{
    (void)state;
    open_with(&usual);
    for (int i = 0; i < 50; i++)
        assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_WITHDRAWN), 0);
    fail_times(6, "alice", "192.0.2.1"); /* a pause of 4 s is due */
    for (int i = 0; i < 50; i++) {
        assert_true(begin(1, "alice", "192.0.2.1"));
        assert_int_equal(next(), -1);
        end(1, AUTH_TRY_WITHDRAWN);
    }
    /* Leaving neither shortened the pause nor lengthened it. */
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 4000);
    auth_penalties_close(&penalties);
}

static void what_would_wait_too_long_is_refused_at_once(void **state)
{
    (void)state;
    open_with(&usual);
    fail_times(6, "alice", "192.0.2.1"); /* 4 s */
    for (size_t i = 0; i < 3; i++)
        assert_true(begin(i, "alice", "192.0.2.1")); /* at 4, 8 and 12 s at the earliest */
    assert_false(begin(3, "alice", "192.0.2.1"));
    assert_false(begin(3, "bob", "192.0.2.1"));
    assert_true(begin(3, "bob", "192.0.2.2"));
    assert_int_equal(next(), 3);
    /* The first is wrong, so the second's pause is 8 s and the third's time is over before it. */
    now_ms += 4000;
    assert_int_equal(next(), 0);
    assert_int_equal(next(), -1);
    end(0, AUTH_TRY_FAILED);
    now_ms += 8000;
    assert_int_equal(next(), 1);
    now_ms += 2999;
    assert_int_equal(next(), -1);
    assert_int_equal(auth_penalties_due_ms(penalties, now_ms), now_ms + 1);
    now_ms += 1;
    assert_int_equal(next(), -2);
    assert_int_equal(tries[2].state, AUTH_TRY_NONE);
    assert_int_equal(auth_penalties_due_ms(penalties, now_ms), -1);
    auth_penalties_close(&penalties);
}

static void who_waits_is_bounded_altogether(void **state)
{
    char peer[32], user[32];
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.free_failures = 0;
    settings.first_ms = settings.maximum_ms = 10000;
    settings.entries = 65536;
    open_with(&settings);
    for (size_t i = 0; i < 66; i++) {
        snprintf(peer, sizeof(peer), "192.0.2.%zu", i);
        snprintf(user, sizeof(user), "user%zu", i);
        fail_times(1, user, peer);
    }
    size_t waiting = 0;
    for (size_t i = 0; i < 66; i++) {
        snprintf(peer, sizeof(peer), "192.0.2.%zu", i);
        snprintf(user, sizeof(user), "user%zu", i);
        waiting += begin(i, user, peer);
    }
    assert_int_equal(waiting, usual.waiting_max);
    assert_false(begin(70, "user1", "192.0.2.1"));
    assert_true(begin(70, "fresh", "203.0.113.1")); /* it need not wait */
    assert_int_equal(next(), 70);
    auth_penalties_close(&penalties);
}

static void failures_are_forgotten(void **state)
{
    (void)state;
    open_with(&usual);
    fail_times(7, "alice", "192.0.2.1"); /* the next pause is 8 s */
    now_ms += 2 * usual.forget_ms;       /* and with two failures less 2 s, then one more: */
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 0);
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 4000);
    now_ms += 20 * usual.forget_ms;
    fail_times(4, "alice", "192.0.2.1");
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 1000);
    auth_penalties_close(&penalties);
}

static void an_endless_attack_is_forgotten_like_a_short_one(void **state)
{
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.wait_ms = WAIT_FOREVER_MS;
    open_with(&settings);
    fail_times(200, "alice", "192.0.2.1");
    now_ms += 11 * usual.forget_ms; /* free ones, and those that reach the maximum */
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 0);
    assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 0);
    auth_penalties_close(&penalties);
}

static void a_success_tells_how_many_failures_there_were(void **state)
{
    (void)state;
    open_with(&usual);
    fail_times(3, "alice", "192.0.2.1");
    fail_times(2, "alice", "192.0.2.2");
    fail_times(1, "bob", "192.0.2.3");
    now_ms += 24 * 3600000;
    assert_true(begin(0, "alice", "192.0.2.4"));
    assert_int_equal(next(), 0);
    assert_int_equal(end(0, AUTH_TRY_SUCCEEDED), 5);
    fail_times(2, "alice", "192.0.2.4"); /* of the known pair */
    assert_true(begin(0, "alice", "192.0.2.4"));
    assert_int_equal(next(), 0);
    assert_int_equal(end(0, AUTH_TRY_SUCCEEDED), 2);
    assert_true(begin(0, "alice", "192.0.2.4"));
    assert_int_equal(next(), 0);
    assert_int_equal(end(0, AUTH_TRY_SUCCEEDED), 0);
    auth_penalties_close(&penalties);
}

static void a_hot_entry_outlives_a_flood_of_names(void **state)
{
    char user[32], peer[32];
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.entries = 64;
    open_with(&settings);
    attempt("owner", "192.0.2.1", AUTH_TRY_SUCCEEDED);
    fail_times(7, "victim", "198.51.100.1");
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(user, sizeof(user), "random%u", i);
        snprintf(peer, sizeof(peer), "10.%u.%u.1", i >> 8, i & 255);
        assert_int_equal(attempt(user, peer, AUTH_TRY_FAILED), 0);
    }
    assert_int_equal(attempt("victim", "203.0.113.1", AUTH_TRY_FAILED), 8000);
    assert_int_equal(attempt("other", "198.51.100.1", AUTH_TRY_FAILED), 0); /* it waited as long already */
    assert_int_equal(attempt("owner", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
    auth_penalties_close(&penalties);
}

static void nothing_waits_when_it_is_switched_off(void **state)
{
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.is_enabled = false;
    open_with(&settings);
    for (int i = 0; i < 100; i++)
        assert_int_equal(attempt("alice", "192.0.2.1", AUTH_TRY_FAILED), 0);
    auth_penalties_close(&penalties);
}

/* --- random traffic --------------------------------------------------------------------------------------------- */

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % limit;
}

/* What must hold at any time, whatever clients do. */
static void check_tries(unsigned *running, unsigned *waiting)
{
    *running = *waiting = 0;
    for (size_t i = 0; i < TRIES_MAX; i++) {
        *running += tries[i].state == AUTH_TRY_RUNNING;
        *waiting += tries[i].state == AUTH_TRY_WAITING;
        if (tries[i].state == AUTH_TRY_NONE)
            continue;
        for (size_t j = 0; j < 2; j++) {
            const struct auth_penalty *schedule = tries[i].schedules[j];
            if (!schedule)
                continue;
            assert_true(schedule->is_taken);
            assert_in_range(schedule->running, 0, usual.free_failures + 1);
            assert_true(schedule->running + schedule->waiting > 0);
        }
    }
    assert_in_range(*waiting, 0, usual.waiting_max + usual.free_failures + 1);
}

static void random_step(unsigned *checked)
{
    size_t number = random_below(TRIES_MAX);
    char user[32], peer[32];
    int started;
    if (tries[number].state == AUTH_TRY_NONE) {
        snprintf(user, sizeof(user), "user%u", random_below(40));
        snprintf(peer, sizeof(peer), random_below(2) ? "192.0.2.%u" : "2001:db8:0:%u::1", random_below(40));
        begin(number, user, peer);
    } else if (tries[number].state == AUTH_TRY_WAITING) {
        end((int)number, AUTH_TRY_WITHDRAWN);
    } else {
        unsigned luck = random_below(10);
        end((int)number, luck == 0 ? AUTH_TRY_SUCCEEDED : luck == 1 ? AUTH_TRY_WITHDRAWN : AUTH_TRY_FAILED);
    }
    while ((started = next()) != -1)
        *checked += started >= 0;
    now_ms += random_below(200);
}

static void random_traffic_keeps_the_promises(void **state)
{
    struct auth_penalties_settings settings = usual;
    (void)state;
    settings.entries = 64;
    for (random_state = 1; random_state <= 5;) {
        uint64_t seed = random_state;
        unsigned running, waiting, checked = 0;
        open_with(&settings);
        for (int step = 0; step < 20000; step++) {
            random_step(&checked);
            if (step % 100 == 0)
                check_tries(&running, &waiting);
        }
        assert_in_range(checked, 500, 20000);
        for (size_t i = 0; i < TRIES_MAX; i++)
            end((int)i, AUTH_TRY_WITHDRAWN);
        check_tries(&running, &waiting);
        assert_int_equal(running + waiting, 0);
        assert_int_equal(next(), -1);
        assert_int_equal(auth_penalties_due_ms(penalties, now_ms), -1);
        /* Known addresses get in, whatever went on; everybody does once things have been forgotten. */
        now_ms += 100 * settings.forget_ms;
        assert_int_equal(attempt("user1", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
        fail_times(7, "user1", "203.0.113.9");
        assert_int_equal(attempt("user1", "192.0.2.1", AUTH_TRY_SUCCEEDED), 0);
        auth_penalties_close(&penalties);
        random_state = seed + 1;
    }
}

/* --- handed on at a reload --------------------------------------------------------------------------------------- */

static size_t hand_on(struct auth_penalties *from, struct auth_penalties *to, size_t capacity)
{
    static uint8_t part[65536];
    size_t cursor = 0, length, parts = 0;
    while ((length = auth_penalties_export(from, &cursor, part, capacity, now_ms)) > 0) {
        assert_in_range(length, 1, capacity);
        assert_true(auth_penalties_import(to, part, length, now_ms));
        parts++;
    }
    return parts;
}

static void what_is_remembered_reaches_the_next_generation(void **state)
{
    struct auth_penalties *old;
    struct auth_penalties_settings settings = usual;
    (void)state;
    open_with(&usual);
    attempt("owner", "192.0.2.1", AUTH_TRY_SUCCEEDED);
    fail_times(7, "owner", "198.51.100.1");
    old = penalties;
    settings.entries = 4096; /* of another size */
    penalties = auth_penalties_open(&settings);
    fail_times(4, "early", "203.0.113.77"); /* before the memory came: forgotten */
    assert_int_equal(hand_on(old, penalties, 65536), 1);
    assert_int_equal(attempt("owner", "192.0.2.1", AUTH_TRY_WITHDRAWN), 0);
    assert_true(begin(5, "owner", "203.0.113.1"));
    assert_int_equal(next(), -1);
    assert_int_equal(auth_penalties_due_ms(penalties, now_ms), now_ms + 8000);
    end(5, AUTH_TRY_WITHDRAWN);
    now_ms += 8000;
    assert_true(begin(5, "owner", "203.0.113.1"));
    assert_int_equal(next(), 5);
    assert_int_equal(end(5, AUTH_TRY_SUCCEEDED), 7);
    auth_penalties_close(&old);
    auth_penalties_close(&penalties);
}

static void memory_comes_in_parts_and_the_worse_count_wins(void **state)
{
    struct auth_penalties *old;
    char peer[32];
    (void)state;
    open_with(&usual);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(peer, sizeof(peer), "192.0.2.%u", i);
        assert_int_equal(attempt(peer, peer, AUTH_TRY_FAILED), 0);
    }
    old = penalties;
    penalties = auth_penalties_open(&usual);
    assert_in_range(hand_on(old, penalties, 40 + 64 * 7), 200 / 7, 200 / 7 + 3);
    fail_times(6, "192.0.2.1", "192.0.2.1");
    hand_on(old, penalties, 65536); /* again: it knows better by now */
    assert_true(begin(5, "192.0.2.1", "192.0.2.1"));
    assert_int_equal(next(), -1);
    end(5, AUTH_TRY_WITHDRAWN);
    auth_penalties_close(&old);
    auth_penalties_close(&penalties);
}

static void malformed_memory_changes_nothing(void **state)
{
    static uint8_t part[65536], bad[65536];
    size_t cursor = 0, length;
    struct auth_penalties *old;
    (void)state;
    open_with(&usual);
    fail_times(5, "alice", "192.0.2.1");
    old = penalties;
    length = auth_penalties_export(old, &cursor, part, sizeof(part), now_ms);
    assert_int_equal(length, 40 + 2 * 64);
    penalties = auth_penalties_open(&usual);
    fail_times(6, "bob", "192.0.2.2");
    for (size_t cut = 0; cut < length; cut++) {
        if (cut != 40 && cut != 104)
            assert_false(auth_penalties_import(penalties, part, cut, now_ms));
    }
    for (size_t at = 0; at < 8; at++) { /* magic and version */
        memcpy(bad, part, length);
        bad[at] ^= 1;
        assert_false(auth_penalties_import(penalties, bad, length, now_ms));
    }
    memcpy(bad, part, length);
    bad[40 + 64 + 56] = 3; /* there is no such kind */
    assert_false(auth_penalties_import(penalties, bad, length, now_ms));
    memcpy(bad, part, length);
    memset(bad + 40 + 24, 0xff, 8); /* a time that runs backwards */
    assert_false(auth_penalties_import(penalties, bad, length, now_ms));
    assert_int_equal(attempt("bob", "192.0.2.2", AUTH_TRY_FAILED), 4000);
    /* Counts out of range are cut, so that nobody is shut out for longer than the settings say. */
    memcpy(bad, part, length);
    for (size_t i = 0; i < 2; i++) {
        memset(bad + 40 + 64 * i + 24, 0x7f, 8);  /* due */
        memset(bad + 40 + 64 * i + 48, 0xff, 8);  /* level, failures */
    }
    assert_true(auth_penalties_import(penalties, bad, length, now_ms));
    assert_false(begin(5, "alice", "192.0.2.1"));
    now_ms += usual.maximum_ms;
    assert_true(begin(5, "alice", "192.0.2.1"));
    assert_int_equal(next(), 5);
    end(5, AUTH_TRY_WITHDRAWN);
    auth_penalties_close(&old);
    auth_penalties_close(&penalties);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_after_the_free_failures_up_to_the_maximum),
        cmocka_unit_test(address_and_user_count_each_for_itself),
        cmocka_unit_test(parallel_tries_take_as_long_as_tries_in_sequence),
        cmocka_unit_test(many_who_are_right_are_not_slowed_down),
        cmocka_unit_test(a_known_address_gets_in_at_once),
        cmocka_unit_test(a_stale_password_at_a_known_address_delays_only_itself),
        cmocka_unit_test(guessing_from_a_known_address_is_slow_too),
        cmocka_unit_test(errors_and_withdrawals_count_for_nothing),
        cmocka_unit_test(what_would_wait_too_long_is_refused_at_once),
        cmocka_unit_test(who_waits_is_bounded_altogether),
        cmocka_unit_test(failures_are_forgotten),
        cmocka_unit_test(an_endless_attack_is_forgotten_like_a_short_one),
        cmocka_unit_test(a_success_tells_how_many_failures_there_were),
        cmocka_unit_test(a_hot_entry_outlives_a_flood_of_names),
        cmocka_unit_test(nothing_waits_when_it_is_switched_off),
        cmocka_unit_test(random_traffic_keeps_the_promises),
        cmocka_unit_test(what_is_remembered_reaches_the_next_generation),
        cmocka_unit_test(memory_comes_in_parts_and_the_worse_count_wins),
        cmocka_unit_test(malformed_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
