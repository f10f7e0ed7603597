/* Workers that come, go, hang and die: what the dispatcher asks of the master, and what a login learns of it. */
#include "unit.h"

#include "auth_fake_rooms.h"
#include "util/clock.h"

static void workers_are_asked_for_one_after_the_other(void **state)
{
    (void)state;
    fake_pool.workers = 1;
    fake_pool.workers_max = 3;
    open_all(1, 0, 1000);
    add_worker_as(&workers[0], 1, 101);
    send_login(&frontend, 1, "hold");
    settle();
    assert_int_equal(master.wanted, 0);
    for (uint64_t i = 2; i <= 6; i++)
        send_login(&frontend, i, "hold");
    settle();
    assert_int_equal(master.wanted, 1); /* the next when this one has come */
    assert_int_equal(master.last_number, 1);
    add_worker_as(&workers[1], 1, 102);
    settle();
    assert_int_equal(workers[1].asked, 1);
    assert_int_equal(master.wanted, 2);
    add_worker_as(&workers[2], 1, 103);
    settle();
    assert_int_equal(workers[2].asked, 1);
    assert_int_equal(master.wanted, 2); /* there are as many as there may be */
    send_login(&frontend, 7, "hold");
    settle();
    assert_int_equal(master.wanted, 2);
    /* One that dies is replaced without being asked for. */
    for (int i = 0; i < 3; i++)
        channel_close(&workers[i].channel);
    settle();
    send_login(&frontend, 8, "hold");
    settle();
    assert_int_equal(master.wanted, 2);
    close_all();
}

static void idle_workers_are_given_back_down_to_the_minimum(void **state)
{
    (void)state;
    fake_pool.workers = 1;
    fake_pool.workers_max = 3;
    fake_pool.idle_ms = 30;
    open_all(1, 0, 1000);
    for (uint32_t i = 0; i < 3; i++)
        add_worker_as(&workers[i], 1, 101 + i);
    while (master.unwanted < 2)
        event_base_loop(base, EVLOOP_ONCE);
    settle();
    int64_t begin_ms = clock_monotonic_ms();
    while (clock_monotonic_ms() - begin_ms < 100) /* the last one is looked at again and again, and stays */
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(master.unwanted, 2);
    assert_int_equal(master.stuck, 0);
    size_t left = 0;
    for (int i = 0; i < 3; i++)
        left += workers[i].channel != NULL;
    assert_int_equal(left, 1);
    send_login(&frontend, 1, "yes");
    settle();
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_OK);
    close_all();
}

/* Given back after its last answer, which still counts; the master fills the place. */
static void a_worker_that_has_answered_enough_is_replaced(void **state)
{
    (void)state;
    fake_pool.requests_max = 2;
    open_all(1, 0, 1000);
    add_worker_as(&workers[0], 1, 101);
    send_login(&frontend, 1, "yes");
    settle();
    assert_int_equal(master.unwanted, 0);
    send_login(&frontend, 2, "no");
    send_login(&frontend, 3, "yes");
    settle();
    assert_int_equal(frontend.verdicts_count, 2);
    assert_int_equal(master.unwanted, 1);
    assert_int_equal(master.last_number, 101);
    assert_null(workers[0].channel);
    add_worker_as(&workers[1], 1, 102);
    settle();
    assert_int_equal(frontend.verdicts_count, 3);
    assert_int_equal(frontend.verdicts[2].status, RESTANTE_OK);
    close_all();
}

/* With if_unavailable = "next": accepted by the next entry, or "try again", but never "denied". */
static void an_outage_may_let_the_next_entry_accept_but_not_deny(void **state)
{
    (void)state;
    fake_pool.may_pass = true;
    open_all(2, 0, 1000);
    add_worker_as(&workers[0], 1, 101);
    add_worker_as(&workers[1], 2, 102);
    const struct {
        const char *first, *second;
        enum restante_status first_status, second_status, verdict;
    } rows[] = {
        {"directory away", "", RESTANTE_TEMPORARY, RESTANTE_OK, RESTANTE_OK},
        {"directory away", "wrong secret", RESTANTE_TEMPORARY, RESTANTE_DENIED, RESTANTE_TEMPORARY},
        {"not here", "wrong secret", RESTANTE_DENIED, RESTANTE_DENIED, RESTANTE_DENIED},
        {"not here", "directory away", RESTANTE_DENIED, RESTANTE_TEMPORARY, RESTANTE_TEMPORARY},
        {"not to be served", "", RESTANTE_PERMANENT, RESTANTE_OK, RESTANTE_PERMANENT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        send_login(&frontend, i + 1, "hold");
        settle();
        answer(&workers[0], rows[i].first_status, rows[i].first);
        settle();
        if (rows[i].first_status != RESTANTE_PERMANENT)
            answer(&workers[1], rows[i].second_status, rows[i].second);
        settle();
        assert_int_equal(frontend.verdicts_count, i + 1);
        assert_int_equal(frontend.verdicts[i].status, rows[i].verdict);
    }
    close_all();
}

static void a_worker_that_hangs_costs_its_own_login(void **state)
{
    (void)state;
    fake_pool.timeout_ms = 50;
    open_all(1, 0, 1000);
    add_worker_as(&workers[0], 1, 101);
    send_login(&frontend, 1, "hold");
    send_login(&frontend, 2, "yes");
    settle();
    assert_int_equal(frontend.verdicts_count, 0);
    while (frontend.verdicts_count < 1)
        event_base_loop(base, EVLOOP_ONCE);
    settle();
    assert_int_equal(frontend.verdicts[0].request_id, 1);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_TEMPORARY);
    assert_int_equal(master.stuck, 1);
    assert_int_equal(master.last_number, 101);
    assert_null(workers[0].channel);
    assert_true(has_logged("the auth worker has not answered in time"));
    add_worker_as(&workers[1], 1, 102); /* its replacement finds who waited */
    settle();
    assert_int_equal(frontend.verdicts_count, 2);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_OK);
    close_all();
}

static void an_idle_worker_does_not_hang(void **state)
{
    (void)state;
    fake_pool.timeout_ms = 30;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "yes");
    settle();
    int64_t begin_ms = clock_monotonic_ms();
    struct timeval turn = {.tv_usec = 100000};
    event_base_loopexit(base, &turn);
    event_base_dispatch(base);
    assert_true(clock_monotonic_ms() - begin_ms >= 99);
    assert_int_equal(master.stuck, 0);
    assert_non_null(workers[0].channel);
    close_all();
}

static void what_nobody_waits_for_any_more_is_not_asked(void **state)
{
    (void)state;
    fake_settings.login_ms = 40;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "hold");
    settle();
    send_login(&frontend, 2, "yes");
    send_login(&frontend, 3, "yes");
    settle();
    int64_t begin_ms = clock_monotonic_ms();
    while (clock_monotonic_ms() - begin_ms < 45)
        event_base_loop(base, EVLOOP_NONBLOCK);
    send_login(&frontend, 4, "yes");
    settle();
    answer(&workers[0], RESTANTE_DENIED, "wrong secret");
    settle();
    assert_int_equal(workers[0].asked, 2); /* the first and the last */
    assert_int_equal(frontend.verdicts_count, 4);
    for (size_t i = 0; i < 4; i++) {
        enum restante_status expected[] = {0, RESTANTE_DENIED, RESTANTE_TEMPORARY, RESTANTE_TEMPORARY, RESTANTE_OK};
        assert_int_equal(frontend.verdicts[i].status, expected[frontend.verdicts[i].request_id]);
    }
    assert_true(has_logged("no auth worker was free in time"));
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_asked_for_one_after_the_other),
        cmocka_unit_test(idle_workers_are_given_back_down_to_the_minimum),
        cmocka_unit_test(a_worker_that_has_answered_enough_is_replaced),
        cmocka_unit_test(an_outage_may_let_the_next_entry_accept_but_not_deny),
        cmocka_unit_test(a_worker_that_hangs_costs_its_own_login),
        cmocka_unit_test(an_idle_worker_does_not_hang),
        cmocka_unit_test(what_nobody_waits_for_any_more_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
