/* Logins that wait for their turn, in the dispatcher: what is scheduled when is tested in test_auth_penalties.c. */
#include "unit.h"

#include "auth_fake_rooms.h"
#include "util/clock.h"

static void open_with_pause(int64_t pause_ms, int64_t wait_ms)
{
    fake_settings.penalties = (struct auth_penalties_settings){
        .is_enabled = true,
        .first_ms = pause_ms,
        .maximum_ms = pause_ms,
        .forget_ms = 3600000,
        .wait_ms = wait_ms,
        .entries = 64,
        .waiting_max = 16,
    };
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    add_worker(&workers[1], 1);
    add_worker(&workers[2], 1);
    add_frontend(&second, 12);
}

static unsigned asked(void)
{
    return workers[0].asked + workers[1].asked + workers[2].asked;
}

static void parallel_logins_of_two_frontends_wait_for_each_other(void **state)
{
    enum { PAUSE_MS = 60 };
    (void)state;
    open_with_pause(PAUSE_MS, 10000);
    int64_t begin_ms = clock_monotonic_ms();
    for (uint64_t i = 1; i <= 2; i++) {
        send_login(&frontend, i, "no");
        send_login(&second, i, "No"); /* the same user */
    }
    settle();
    assert_int_equal(asked(), 1); /* no worker is kept waiting */
    while (frontend.verdicts_count + second.verdicts_count < 4)
        event_base_loop(base, EVLOOP_ONCE);
    assert_in_range(clock_monotonic_ms() - begin_ms, 3 * PAUSE_MS - 3, INT64_MAX);
    assert_int_equal(asked(), 4);
    assert_int_equal(count_logged("denied"), 4);
    assert_true(has_logged("waited_ms"));
    close_all();
}

static void who_would_wait_too_long_is_told_to_come_back(void **state)
{
    (void)state;
    open_with_pause(3600000, 1000);
    send_login(&frontend, 1, "no");
    settle();
    send_login(&frontend, 2, "yes"); /* right, and yet not asked */
    settle();
    assert_int_equal(asked(), 1);
    assert_int_equal(frontend.verdicts_count, 2);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_TEMPORARY);
    assert_int_equal(count_logged("refused"), 1);
    assert_int_equal(count_logged("denied"), 1);
    assert_int_equal(count_logged("error"), 0);
    assert_int_equal(nursery.count, 0);
    close_all();
}

static void who_waits_in_vain_is_told_in_the_end(void **state)
{
    (void)state;
    open_with_pause(1, 100);
    send_login(&frontend, 1, "hold");
    settle();
    send_login(&frontend, 2, "yes"); /* the first might fail */
    while (frontend.verdicts_count < 1)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(frontend.verdicts[0].request_id, 2);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_TEMPORARY);
    assert_int_equal(asked(), 1);
    close_all();
}

static void who_was_here_before_waits_for_nobody(void **state)
{
    (void)state;
    open_with_pause(3600000, 1000);
    send_login(&frontend, 1, "yes");
    settle();
    send_login(&second, 1, "no");
    settle();
    send_login(&second, 2, "yes");
    settle();
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_OK);
    assert_int_equal(second.verdicts[0].status, RESTANTE_DENIED);
    assert_int_equal(second.verdicts[1].status, RESTANTE_OK);
    close_all();
}

static void who_leaves_gives_up_the_turn(void **state)
{
    (void)state;
    open_with_pause(1000, 3600000);
    send_login(&frontend, 1, "hold");
    send_login(&frontend, 2, "hold");
    send_login(&frontend, 3, "yes");
    settle();
    assert_int_equal(asked(), 1);
    send_closed(&frontend, 2);
    send_closed(&frontend, 1); /* a worker has it: it runs on */
    settle();
    assert_int_equal(asked(), 1);
    answer(workers[0].asked ? &workers[0] : workers[1].asked ? &workers[1] : &workers[2], RESTANTE_TEMPORARY, "outage");
    settle();
    assert_int_equal(asked(), 2);
    assert_int_equal(frontend.verdicts_count, 1);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_OK);
    assert_true(LIST_EMPTY(&dispatcher->logins));
    close_all();
}

static void a_response_out_of_turn_ends_the_waiting(void **state)
{
    (void)state;
    open_with_pause(3600000, 36000000);
    send_login(&frontend, 1, "no");
    settle();
    send_login(&frontend, 2, "yes");
    settle();
    assert_int_equal(frontend.verdicts_count, 1);
    send_response(&frontend, 2);
    settle();
    assert_int_equal(frontend.verdicts_count, 2);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_DENIED);
    assert_int_equal(asked(), 1);
    close_all();
}

static void a_success_logs_the_failures_before_it(void **state)
{
    (void)state;
    open_with_pause(1, 10000);
    send_login(&frontend, 1, "hold");
    settle();
    for (int i = 0; i < 3; i++) {
        if (workers[i].asked)
            answer(&workers[i], RESTANTE_DENIED, "wrong secret");
    }
    settle();
    assert_false(has_logged("failures_before"));
    unsigned before = asked();
    send_login(&frontend, 2, "hold");
    while (asked() == before)
        event_base_loop(base, EVLOOP_ONCE);
    for (int i = 0; i < 3; i++) {
        if (workers[i].channel && workers[i].asked)
            answer(&workers[i], RESTANTE_OK, "");
    }
    settle();
    assert_int_equal(count_logged("accepted"), 1);
    assert_true(has_logged("failures_before"));
    close_all();
}

static void closing_frees_who_waits(void **state)
{
    (void)state;
    open_with_pause(3600000, 36000000);
    send_login(&frontend, 1, "no");
    settle();
    send_login(&frontend, 2, "yes");
    send_login(&second, 1, "yes");
    settle();
    channel_close(&second.channel); /* a frontend that ends takes its logins with it */
    settle();
    assert_int_equal(frontend.verdicts_count, 1);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parallel_logins_of_two_frontends_wait_for_each_other),
        cmocka_unit_test(who_would_wait_too_long_is_told_to_come_back),
        cmocka_unit_test(who_waits_in_vain_is_told_in_the_end),
        cmocka_unit_test(who_was_here_before_waits_for_nobody),
        cmocka_unit_test(who_leaves_gives_up_the_turn),
        cmocka_unit_test(a_response_out_of_turn_ends_the_waiting),
        cmocka_unit_test(a_success_logs_the_failures_before_it),
        cmocka_unit_test(closing_frees_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
