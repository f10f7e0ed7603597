#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "auth_fake_rooms.h"
#include "util/clock.h"
#include "util/fd.h"

static void the_identity_comes_before_the_verdict(void **state)
{
    (void)state;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    for (uint64_t i = 1; i <= 50; i++) {
        send_login(&frontend, i, "Yes");
        settle();
        assert_int_equal(frontend.verdicts_count, i);
        assert_int_equal(frontend.verdicts[i - 1].status, RESTANTE_OK);
        assert_int_equal(frontend.verdicts[i - 1].request_id, i);
    }
    const struct message_identity *identity = find_identity(frontend.verdicts[7].token);
    assert_int_equal(identity->frontend_id, 11);
    assert_int_equal(identity->connection_id, 8);
    assert_string_equal(identity->account.user, "canonical-yes");
    assert_int_equal(identity->account.uid, 1001);
    assert_string_equal(identity->session.mechanism, "USER");
    for (size_t i = 1; i < 50; i++)
        assert_memory_not_equal(frontend.verdicts[i].token, frontend.verdicts[i - 1].token, MESSAGE_TOKEN_OCTETS);
    assert_string_equal(workers[0].verify.user, "yes");
    assert_string_equal(workers[0].verify.secret, "Sesame");
    assert_int_equal(count_logged("accepted"), 50);
    assert_int_equal(verdicts_sent_ok, 50);
    assert_int_equal(identities_sent, 50);
    close_all();
}

static void the_verdict_waits_while_the_nursery_takes_nothing(void **state)
{
    enum { LOGINS = 60 };
    int pair[2], small = 4096;
    static uint8_t data[FRAME_MAX];
    size_t before, seen = 0;
    struct message_channel peer = {.peer = ROOM_NURSERY, .peer_id = 201};
    (void)state;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    assert_true(auth_dispatcher_join(dispatcher, &peer, pair[0]));
    settle(); /* the first nursery has been replaced */
    assert_null(nursery.channel);
    for (uint64_t i = 1; i <= LOGINS; i++)
        send_login(&frontend, i, "yes");
    settle();
    before = frontend.verdicts_count;
    assert_in_range(before, 1, LOGINS - 1);
    /* What is in the socket now, without another turn of the loop, covers every verdict given so far. */
    while (recv(pair[1], data, sizeof(data), MSG_DONTWAIT) > 0)
        seen++;
    assert_in_range(seen, before, LOGINS - 1);
    while (frontend.verdicts_count < LOGINS) {
        event_base_loop(base, EVLOOP_ONCE);
        while (recv(pair[1], data, sizeof(data), MSG_DONTWAIT) > 0)
            seen++;
    }
    assert_int_equal(seen, LOGINS);
    assert_int_equal(count_logged("accepted"), LOGINS);
    for (size_t i = 0; i < LOGINS; i++)
        assert_int_equal(frontend.verdicts[i].status, RESTANTE_OK);
    close(pair[1]);
    close_all();
}

static void a_refusal_is_paid_for_without_holding_up_others(void **state)
{
    enum { DELAY_MS = 150 };
    int64_t begin_ms;
    (void)state;
    open_all(1, DELAY_MS, 1000);
    add_worker(&workers[0], 1);
    begin_ms = clock_monotonic_ms();
    send_login(&frontend, 1, "no");
    send_login(&frontend, 2, "no");
    send_login(&frontend, 3, "yes");
    while (frontend.verdicts_count < 3)
        event_base_loop(base, EVLOOP_ONCE);
    assert_in_range(clock_monotonic_ms() - begin_ms, DELAY_MS - 1, INT64_MAX);
    /* The one who was right did not wait behind those who were not. */
    assert_int_equal(frontend.verdicts[0].request_id, 3);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_OK);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_DENIED);
    assert_int_equal(frontend.verdicts[2].status, RESTANTE_DENIED);
    assert_int_equal(count_logged("denied"), 2);
    assert_int_equal(count_logged("accepted"), 1);
    /* And may try again on the same connection. */
    send_login_as(&frontend, 4, 1, "yes");
    settle();
    assert_int_equal(frontend.verdicts_count, 4);
    assert_int_equal(frontend.verdicts[3].status, RESTANTE_OK);
    close_all();
}

static void entries_are_asked_in_order_until_one_is_sure(void **state)
{
    (void)state;
    open_all(2, 0, 1000);
    add_worker(&workers[0], 1);
    add_worker(&workers[1], 2);
    send_login(&frontend, 1, "no");
    settle();
    assert_int_equal(workers[0].asked, 1);
    assert_int_equal(workers[1].asked, 1);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_DENIED);
    assert_true(has_logged("wrong secret; wrong secret"));
    send_login(&frontend, 2, "yes");
    send_login(&frontend, 3, "later"); /* an outage of the first must not let the second decide */
    send_login(&frontend, 4, "permanent");
    settle();
    assert_int_equal(workers[0].asked, 4);
    assert_int_equal(workers[1].asked, 1);
    assert_int_equal(frontend.verdicts_count, 4);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_OK);
    assert_int_equal(frontend.verdicts[2].status, RESTANTE_TEMPORARY);
    assert_int_equal(frontend.verdicts[3].status, RESTANTE_PERMANENT);
    assert_int_equal(count_logged("error"), 2);
    /* The second entry may know whom the first does not. */
    send_login(&frontend, 5, "hold");
    settle();
    answer(&workers[0], RESTANTE_DENIED, "unknown user");
    settle();
    answer(&workers[1], RESTANTE_OK, "");
    settle();
    assert_int_equal(frontend.verdicts[4].status, RESTANTE_OK);
    close_all();
}

static void the_queue_is_bounded(void **state)
{
    enum { WAITING_MAX = 64 };
    (void)state;
    fake_pool.waiting_max = WAITING_MAX;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    add_worker(&workers[1], 1);
    for (uint64_t i = 1; i <= WAITING_MAX + 5; i++)
        send_login(&frontend, i, "hold");
    settle();
    assert_int_equal(workers[0].asked + workers[1].asked, 2);
    assert_int_equal(frontend.verdicts_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(frontend.verdicts[i].status, RESTANTE_TEMPORARY);
    for (int i = 0; i < WAITING_MAX + 1; i++) {
        answer(&workers[0], RESTANTE_OK, "");
        settle();
    }
    answer(&workers[1], RESTANTE_OK, "");
    settle();
    assert_int_equal(frontend.verdicts_count, WAITING_MAX + 5);
    close_all();
}

static void a_worker_that_dies_costs_one_login(void **state)
{
    (void)state;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "hold");
    send_login(&frontend, 2, "yes");
    settle();
    assert_int_equal(frontend.verdicts_count, 0);
    channel_close(&workers[0].channel);
    settle();
    assert_int_equal(frontend.verdicts_count, 1);
    assert_int_equal(frontend.verdicts[0].request_id, 1);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_TEMPORARY);
    add_worker(&workers[1], 1); /* its replacement finds who waited */
    settle();
    assert_int_equal(frontend.verdicts_count, 2);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_OK);
    assert_int_equal(count_logged("error"), 1);
    close_all();
}

static void a_worker_that_lies_decides_nothing(void **state)
{
    (void)state;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "hold");
    settle();
    workers[0].verify.request_id++;
    answer(&workers[0], RESTANTE_OK, "");
    settle();
    assert_null(workers[0].channel);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_TEMPORARY);
    assert_int_equal(nursery.count, 0);
    add_worker(&workers[1], 1);
    answer(&workers[1], RESTANTE_OK, ""); /* to no question */
    settle();
    assert_null(workers[1].channel);
    assert_int_equal(nursery.count, 0);
    close_all();
}

static void without_a_nursery_nobody_is_accepted(void **state)
{
    (void)state;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    channel_close(&nursery.channel);
    send_login(&frontend, 1, "yes");
    settle();
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_TEMPORARY);
    add_nursery();
    send_login(&frontend, 2, "yes");
    settle();
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_OK);
    close_all();
}

/* Send one bad frame and expect the end of the channel. */
static void assert_frontend_loses_its_channel(void)
{
    settle();
    assert_true(frontend.is_closed);
    assert_int_equal(nursery.count, 0);
}

static void a_frontend_that_breaks_the_rules_loses_its_channel(void **state)
{
    (void)state;
    for (int rule = 0; rule < 3; rule++) {
        open_all(1, 0, 1000);
        add_worker(&workers[0], 1);
        send_login(&frontend, 5, "hold");
        settle();
        assert_int_equal(workers[0].asked, 1);
        assert_false(frontend.is_closed);
        switch (rule) {
        case 0: /* a request id again */
            send_opened(&frontend, 6);
            send_login_as(&frontend, 1, 6, "yes");
            break;
        case 1: /* a second login of one connection while the first is in flight */
            send_login_as(&frontend, 2, 5, "yes");
            break;
        default: /* a connection that is open already */
            send_opened(&frontend, 5);
            break;
        }
        assert_frontend_loses_its_channel();
        answer(&workers[0], RESTANTE_OK, ""); /* too late for an identity */
        settle();
        assert_int_equal(nursery.count, 0);
        assert_int_equal(count_logged("error"), 1);
        close_all();
    }
}

static void who_has_gone_is_told_nothing(void **state)
{
    (void)state;
    open_all(1, 100000, 1000);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "hold"); /* with the worker */
    send_login(&frontend, 2, "yes");  /* waiting */
    settle();
    send_closed(&frontend, 1);
    send_closed(&frontend, 2);
    settle();
    answer(&workers[0], RESTANTE_DENIED, "wrong secret");
    settle();
    assert_int_equal(workers[0].asked, 1);
    assert_int_equal(count_logged("denied"), 1);
    assert_int_equal(count_logged("error"), 1);
    send_login(&frontend, 3, "no"); /* paying for its refusal */
    settle();
    send_closed(&frontend, 3);
    settle();
    assert_int_equal(frontend.verdicts_count, 0);
    assert_int_equal(nursery.count, 0);
    assert_int_equal(auth_connections_count(dispatcher->connections), 0);
    assert_true(LIST_EMPTY(&dispatcher->logins));
    close_all();
}

static void a_response_that_nothing_asked_for_ends_the_login(void **state)
{
    (void)state;
    open_all(1, 0, 1000);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "hold");
    send_login(&frontend, 2, "yes");
    settle();
    send_response(&frontend, 1); /* with the worker: its yes counts no more */
    send_response(&frontend, 2); /* waiting */
    send_response(&frontend, 7); /* of no login: it crossed a verdict */
    settle();
    answer(&workers[0], RESTANTE_OK, "");
    settle();
    assert_int_equal(frontend.verdicts_count, 2);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_DENIED);
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_DENIED);
    assert_int_equal(workers[0].asked, 1);
    assert_int_equal(nursery.count, 0);
    assert_false(frontend.is_closed);
    close_all();
}

static void connections_are_introduced_in_any_order(void **state)
{
    (void)state;
    open_all(1, 0, 10);
    add_worker(&workers[0], 1);
    for (uint64_t id = 5; id > 0; id--)
        send_opened(&frontend, id);
    send_login_as(&frontend, 1, 3, "yes");
    settle();
    assert_false(frontend.is_closed);
    assert_int_equal(auth_connections_count(dispatcher->connections), 5);
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_OK);
    close_all();
}

static void connections_are_counted_across_frontends(void **state)
{
    (void)state;
    open_all(1, 0, 3);
    add_worker(&workers[0], 1);
    add_frontend(&second, 12);
    send_opened(&frontend, 1);
    send_opened(&second, 1);
    send_login(&frontend, 2, "yes");
    settle();
    send_opened(&second, 2);
    settle();
    assert_int_equal(second.refused_count, 1);
    send_login_as(&second, 1, 2, "yes"); /* it had not heard yet */
    settle();
    assert_int_equal(second.verdicts[0].status, RESTANTE_TEMPORARY);
    assert_int_equal(workers[0].asked, 1);
    send_session_ended(11, 2);
    send_session_ended(11, 2);
    settle();
    assert_int_equal(auth_connections_count(dispatcher->connections), 2);
    channel_close(&frontend.channel);
    settle();
    assert_int_equal(auth_connections_count(dispatcher->connections), 1);
    close_all();
}

static void sessions_of_one_user_are_counted_until_they_end(void **state)
{
    (void)state;
    fake_settings.limits.per_user = 2;
    open_all(1, 0, 100);
    add_worker(&workers[0], 1);
    add_frontend(&second, 12);
    for (uint64_t i = 1; i <= 5; i++)
        send_login(&frontend, i, "no"); /* what is wrong does not count */
    settle();
    send_login(&frontend, 6, "yes");
    send_login(&second, 1, "yes");
    settle();
    send_login(&frontend, 7, "yes");
    send_login(&second, 2, "yes, another");
    settle();
    assert_int_equal(frontend.verdicts[5].status, RESTANTE_OK);
    assert_int_equal(second.verdicts[0].status, RESTANTE_OK);
    assert_int_equal(frontend.verdicts[6].status, RESTANTE_IN_USE);
    assert_int_equal(second.verdicts[1].status, RESTANTE_OK);
    assert_int_equal(count_logged("refused"), 1);
    assert_int_equal(nursery.count, 3);
    send_session_ended(12, 1);
    settle();
    send_login_as(&frontend, ++frontend.last_request_id, 7, "yes"); /* the same connection, later */
    settle();
    assert_int_equal(frontend.verdicts[7].status, RESTANTE_OK);
    close_all();
}

static void what_was_handed_over_outlives_its_frontend(void **state)
{
    (void)state;
    open_all(1, 0, 10);
    add_worker(&workers[0], 1);
    send_login(&frontend, 1, "yes");
    send_opened(&frontend, 2);
    settle();
    channel_close(&frontend.channel);
    settle();
    assert_int_equal(auth_connections_count(dispatcher->connections), 1);
    channel_close(&nursery.channel);
    settle();
    assert_int_equal(auth_connections_count(dispatcher->connections), 0);
    close_all();
}

static void a_new_dispatcher_learns_of_the_sessions_there_are(void **state)
{
    (void)state;
    fake_settings.limits.per_user = 2;
    open_all(1, 0, 4);
    add_worker(&workers[0], 1);
    send_session_open(9, 1, "canonical-yes"); /* its frontend is no more */
    send_session_open(9, 1, "canonical-yes"); /* it counts once */
    send_session_open(11, 1, "canonical-yes");
    send_opened(&frontend, 2);
    settle();
    send_session_open(11, 2, "other"); /* the frontend was first */
    settle();
    assert_int_equal(auth_connections_count(dispatcher->connections), 3);
    send_opened(&frontend, 1); /* it relays one of them */
    settle();
    assert_false(frontend.is_closed);
    assert_int_equal(auth_connections_count(dispatcher->connections), 3);
    send_login(&frontend, 3, "yes");
    settle();
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_IN_USE);
    send_opened(&frontend, 4); /* the fifth in all */
    settle();
    assert_int_equal(frontend.refused_count, 1);
    send_session_ended(9, 1);
    send_session_ended(11, 2);
    send_login_as(&frontend, ++frontend.last_request_id, 3, "yes");
    settle();
    assert_int_equal(frontend.verdicts[1].status, RESTANTE_OK);
    send_opened(&frontend, 1); /* but not twice */
    settle();
    assert_true(frontend.is_closed);
    close_all();
}

static void count_end(void *context)
{
    ++*(unsigned *)context;
}

static void draining_ends_with_the_last_frontend(void **state)
{
    unsigned ended = 0;
    (void)state;
    open_all(1, 0, 10);
    add_worker(&workers[0], 1);
    add_frontend(&second, 12);
    auth_dispatcher_drain(dispatcher, count_end, &ended);
    send_login(&frontend, 1, "yes"); /* frontends serve to the end what they have */
    settle();
    assert_int_equal(frontend.verdicts[0].status, RESTANTE_OK);
    channel_close(&frontend.channel);
    settle();
    assert_int_equal(ended, 0);
    channel_close(&second.channel);
    settle();
    assert_int_equal(ended, 1);
    close_all();
}

static void a_peer_without_business_here_is_turned_away(void **state)
{
    int pair[2];
    char byte;
    struct message_channel peer = {.peer = ROOM_AUTH_WORKER, .peer_id = 9, .peer_entry = 2};
    (void)state;
    open_all(1, 0, 10);
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    assert_false(auth_dispatcher_join(dispatcher, &peer, pair[0]));
    assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), 0); /* closed */
    close(pair[1]);
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    peer.peer_entry = 0;
    assert_false(auth_dispatcher_join(dispatcher, &peer, pair[0]));
    close(pair[1]);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_comes_before_the_verdict),
        cmocka_unit_test(the_verdict_waits_while_the_nursery_takes_nothing),
        cmocka_unit_test(a_refusal_is_paid_for_without_holding_up_others),
        cmocka_unit_test(entries_are_asked_in_order_until_one_is_sure),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(a_worker_that_dies_costs_one_login),
        cmocka_unit_test(a_worker_that_lies_decides_nothing),
        cmocka_unit_test(without_a_nursery_nobody_is_accepted),
        cmocka_unit_test(a_frontend_that_breaks_the_rules_loses_its_channel),
        cmocka_unit_test(who_has_gone_is_told_nothing),
        cmocka_unit_test(a_response_that_nothing_asked_for_ends_the_login),
        cmocka_unit_test(connections_are_introduced_in_any_order),
        cmocka_unit_test(connections_are_counted_across_frontends),
        cmocka_unit_test(sessions_of_one_user_are_counted_until_they_end),
        cmocka_unit_test(what_was_handed_over_outlives_its_frontend),
        cmocka_unit_test(a_new_dispatcher_learns_of_the_sessions_there_are),
        cmocka_unit_test(draining_ends_with_the_last_frontend),
        cmocka_unit_test(a_peer_without_business_here_is_turned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
