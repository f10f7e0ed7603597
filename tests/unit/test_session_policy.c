/*
 * tests/unit/test_session_policy.c - what policies do to a session, from the login to whatever its end is.
 */
#include "session_bench.h"

#include <stdlib.h>
#include <unistd.h>

#include "fake_policy.h"
#include "util/clock.h"
#include "util/clock_guard.h"
#include "util/fd.h"

#define EVERYTHING UINT32_C(0xffffffff)

static struct policy_stack stack;

static int setup(void **state)
{
    bench_setup(state);
    settings.rules = (struct maildrop_rules){.policies = &stack, .brake = {.percent = 100}};
    clock_guard_begin(&settings.rules.clock_guard, CLOCK_GUARD_NEVER, clock_now_s(), 86400);
    fake_policy_stack(&stack, 2, EVERYTHING, EVERYTHING);
    return 0;
}

static int teardown(void **state)
{
    bench_teardown(state);
    policy_stack_close(&stack);
    return 0;
}

static struct fake_policy *const first = &fake_policies[0];

static bool is_first_reply(const struct client *client, const char *text)
{
    return buf_length(&client->seen) == strlen(text) && memcmp(buf_head(&client->seen), text, strlen(text)) == 0;
}

/* --- the login --------------------------------------------------------------------------------------------------- */

static void questions_come_in_their_order(void **state)
{
    (void)state;
    struct client *client = begin("STAT\r\nQUIT\r\n");
    until_ended(client);
    assert_int_equal(first->asked[RESTANTE_EVENT_LOGIN], 1);
    assert_int_equal(first->asked[RESTANTE_EVENT_OPEN], 1);
    assert_int_equal(first->asked[RESTANTE_EVENT_STAT], 1);
    assert_int_equal(first->asked[RESTANTE_EVENT_QUIT], 1);
    assert_int_equal(first->asked[RESTANTE_EVENT_CLOSE], 0);
    assert_int_equal(first->told[RESTANTE_EVENT_LOGIN], 1);
    assert_int_equal(first->told[RESTANTE_EVENT_OPEN], 1);
    assert_int_equal(first->told[RESTANTE_EVENT_STAT], 1);
    assert_int_equal(first->told[RESTANTE_EVENT_QUIT], 1);
    assert_int_equal(first->told[RESTANTE_EVENT_CLOSE], 1);
    assert_false(has_logged("policy_"));
}

static void a_refused_login_opens_nothing(void **state)
{
    (void)state;
    strcpy(fake_policy_answers(1, RESTANTE_EVENT_LOGIN, RESTANTE_REFUSE)->code, "SYS/TEMP");
    struct client *client = begin("STAT\r\nQUIT\r\n");
    until_ended(client);
    assert_true(is_first_reply(client, "-ERR [SYS/TEMP] text of 2\r\n"));
    assert_string_equal(client->storage.calls, "");
    assert_int_equal(first->told[RESTANTE_EVENT_LOGIN], 0);
    assert_int_equal(first->told[RESTANTE_EVENT_CLOSE], 0);
    assert_string_equal(logged("how"), "policy");
    assert_true(has_logged("event=policy_refused session=s1 user=alice peer=192.0.2.7 policy=second hook=login "
                           "rule=login, line 2 answer=refuse code=SYS/TEMP text=text of 2 \n"));
}

static void a_login_refused_at_open_ends_with_the_maildrop_closed(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_OPEN, RESTANTE_DISCONNECT);
    struct client *client = begin("STAT\r\n");
    until_ended(client);
    assert_true(is_first_reply(client, "-ERR text of 1\r\n"));
    assert_string_equal(client->storage.calls, "open,close,");
    assert_int_equal(first->told[RESTANTE_EVENT_CLOSE], 0);
    assert_true(has_logged("hook=open rule=open, line 1 answer=disconnect"));
    assert_string_equal(logged("how"), "policy");
}

/* Nothing is said before the time is over, and the other session goes on. */
static void a_delayed_login_waits_alone(enum restante_event event)
{
    fake_policy_answers(0, event, RESTANTE_DELAY)->delay_ms = 150;
    int64_t began_ms = clock_monotonic_ms();
    struct client *waiting = begin("STAT\r\nQUIT\r\n");
    some_turns(waiting, 5);
    assert_int_equal(buf_length(&waiting->seen), 0);
    fake_policies[0].verdicts[event] = (struct restante_verdict){.decision = RESTANTE_ALLOW};
    struct client *other = begin_on(1, 1, "STAT\r\nQUIT\r\n");
    until_ended(other);
    assert_true(has_seen(other, "+OK 2 43\r\n"));
    until_ended(waiting);
    assert_true(has_seen(waiting, "+OK 2 43\r\n"));
    assert_true(clock_monotonic_ms() - began_ms >= 150);
    assert_int_equal(first->asked[event], 2); /* once each */
    assert_true(has_logged("event=policy_delayed"));
    assert_true(has_logged("delay_ms=150"));
}

static void a_delayed_login_waits_alone_at_login(void **state)
{
    (void)state;
    a_delayed_login_waits_alone(RESTANTE_EVENT_LOGIN);
}

static void a_delayed_login_waits_alone_at_open(void **state)
{
    (void)state;
    a_delayed_login_waits_alone(RESTANTE_EVENT_OPEN);
}

static void a_delay_at_login_is_not_taken_from_the_time_for_a_busy_maildrop(void **state)
{
    (void)state;
    settings.lock_ms = 2000;
    fake_policy_answers(0, RESTANTE_EVENT_LOGIN, RESTANTE_DELAY)->delay_ms = 2100;
    clients[0].storage.busy_opens = 1;
    struct client *client = begin("QUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "messages left"));
}

static void limits_are_tightened_and_never_loosened(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_LOGIN, RESTANTE_LIMIT)->limits = (struct restante_limits){.bad_commands = 2};
    struct client *client = begin("X\r\nX\r\nX\r\nX\r\n");
    until_ended(client);
    assert_string_equal(logged("how"), "protocol");
    assert_true(has_seen(client, "not possible now\r\n-ERR Too many bad commands\r\n"));
    first->verdicts[RESTANTE_EVENT_LOGIN].limits = (struct restante_limits){.idle_ms = 900000, .bad_commands = 1000};
    settings.idle_ms = 60; /* tighter than what the policy says, as in the other tests of it */
    client = begin("X\r\nX\r\nX\r\nX\r\nX\r\nX\r\n");
    until_ended(client);
    assert_string_equal(logged("how"), "protocol");
    client = begin(NULL);
    until_ended(client);
    assert_string_equal(logged("how"), "timeout");
}

static void a_failure_refuses_or_lets_in_as_the_policy_says(void **state)
{
    (void)state;
    static const enum restante_event events[] = {RESTANTE_EVENT_LOGIN, RESTANTE_EVENT_OPEN};
    for (size_t i = 0; i < 2; i++) {
        first->fails[events[i]] = true;
        stack.entries[0].terms.on_error = RESTANTE_ON_ERROR_REFUSE;
        struct client *client = begin("QUIT\r\n");
        until_ended(client);
        assert_true(is_first_reply(client, "-ERR [SYS/PERM] This cannot be checked and is refused\r\n"));
        stack.entries[0].terms.on_error = RESTANTE_ON_ERROR_TRY_LATER;
        client = begin("QUIT\r\n");
        until_ended(client);
        assert_true(is_first_reply(client, "-ERR [SYS/TEMP] This cannot be checked now, try again later\r\n"));
        stack.entries[0].terms.on_error = RESTANTE_ON_ERROR_ALLOW;
        client = begin("QUIT\r\n");
        until_ended(client);
        assert_true(has_seen(client, "messages left"));
        first->fails[events[i]] = false;
    }
    assert_true(has_logged("event=policy_failed session=s1 user=alice peer=192.0.2.7 policy=first hook=login answer=try-later"));
    assert_false(has_logged("event=policy_refused"));
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

static void a_refused_command_goes_with_policy_message_and_line(void **state)
{
    (void)state;
    strcpy(fake_policy_answers(0, RESTANTE_EVENT_DELE, RESTANTE_REFUSE)->reason, "why not");
    struct client *client = begin("DELE 2\r\nSTAT\r\nQUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "\r\n-ERR text of 1\r\n+OK 2 43\r\n"));
    assert_false(client->storage.messages[1].is_gone);
    assert_true(has_logged("event=policy_refused session=s1 user=alice peer=192.0.2.7 policy=first hook=dele "
                           "rule=dele, line 1 message=2 uidl=two answer=refuse text=text of 1 reason=why not \n"));
    assert_string_equal(logged("refused"), "1");
    assert_int_equal(first->message.number, 2);
    assert_int_equal(first->count, 2);
}

static void a_disconnect_deletes_nothing(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_TOP, RESTANTE_DISCONNECT);
    struct client *client = begin("DELE 1\r\nTOP 2 0\r\nQUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "deleted\r\n-ERR text of 1\r\n"));
    assert_false(client->storage.messages[0].is_gone);
    assert_string_equal(logged("how"), "policy");
    assert_int_equal(first->told[RESTANTE_EVENT_QUIT], 0);
    assert_int_equal(first->told[RESTANTE_EVENT_CLOSE], 1);
}

/* Replies made before are sent at once; what is pipelined behind it waits; the other session goes on. */
static void a_delayed_command_waits_alone(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_RETR, RESTANTE_DELAY)->delay_ms = 300;
    int64_t began_ms = clock_monotonic_ms();
    struct client *waiting = begin("UIDL 1\r\nRETR 1\r\nUIDL 2\r\nQUIT\r\n");
    until_seen(waiting, "+OK 1 one\r\n");
    struct client *other = begin_on(1, 1, "UIDL 1\r\nDELE 1\r\nQUIT\r\n");
    until_ended(other);
    assert_true(has_seen(other, "+OK 1 one\r\n"));
    assert_true(clients[1].storage.messages[0].is_gone);
    some_turns(waiting, 5);
    if (clock_monotonic_ms() - began_ms < 300)
        assert_false(has_seen(waiting, "first"));
    until_ended(waiting);
    assert_true(has_seen(waiting, "first\r\n.\r\n+OK 2 two\r\n+OK Bye"));
    assert_true(clock_monotonic_ms() - began_ms >= 300);
    assert_int_equal(first->asked[RESTANTE_EVENT_RETR], 1);
    assert_true(has_logged("event=policy_delayed session=s1 user=alice peer=192.0.2.7 policy=first hook=retr "
                           "rule=retr, line 1 message=1 uidl=one delay_ms=300 \n"));
    assert_string_equal(logged("how"), "quit");
}

/* A line that is complete is not one that was begun. */
static void a_delay_is_no_slow_line(void **state)
{
    (void)state;
    settings.command_ms = 60;
    fake_policy_answers(0, RESTANTE_EVENT_STAT, RESTANTE_DELAY)->delay_ms = 200;
    struct client *client = begin("NOOP\r\nSTAT\r\nQUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "+OK 2 43\r\n"));
    assert_string_equal(logged("how"), "quit");
}

static void a_client_that_goes_away_while_it_waits_changes_nothing(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_STAT, RESTANTE_DELAY)->delay_ms = 50;
    struct client *client = begin("DELE 1\r\nSTAT\r\n");
    until_seen(client, "deleted");
    fd_close(&client->fd);
    until_ended(client);
    assert_string_equal(logged("how"), "disconnect");
    assert_false(client->storage.messages[0].is_gone);
    assert_int_equal(first->told[RESTANTE_EVENT_CLOSE], 1);
}

static void a_shutdown_does_not_wait_for_a_delay(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_STAT, RESTANTE_DELAY)->delay_ms = 30000;
    struct client *client = begin("STAT\r\n");
    some_turns(client, 5);
    session_shutdown(client->session);
    until_ended(client);
    assert_string_equal(logged("how"), "shutdown");
}

static void who_is_refused_without_end_does_not_fill_the_log(void **state)
{
    (void)state;
    struct client *client;
    char lines[200 * 6 + 1] = "";
    for (size_t i = 0; i < 200; i++)
        memcpy(lines + 6 * i, "STAT\r\n", 7);
    fake_policy_answers(0, RESTANTE_EVENT_STAT, RESTANTE_REFUSE);
    client = begin(lines);
    until_seen(client, "+OK");
    say(client, "QUIT\r\n");
    until_ended(client);
    assert_string_equal(logged("refused"), "200");
    assert_true(has_logged("text=text of 1 further=not-logged \n"));
    assert_int_equal(count_logged("event=policy_refused"), 100);
}

static void capa_tells_what_is_announced_and_asks_once(void **state)
{
    (void)state;
    first->announcement = (struct restante_announcement){.expire_days = 12, .login_delay_s = 30};
    struct client *client = begin("CAPA\r\n");
    until_seen(client, "\r\n.\r\n");
    assert_true(has_seen(client, "\r\nEXPIRE 12\r\nLOGIN-DELAY 30\r\n"));
    first->announcement.expire_days = 1;
    say(client, "CAPA\r\nQUIT\r\n");
    until_ended(client);
    assert_false(has_seen(client, "EXPIRE 1\r\n"));
    assert_int_equal(first->asked[RESTANTE_EVENT_CAPA], 2);
}

/* --- what happens to messages ------------------------------------------------------------------------------------ */

static void what_is_retrieved_is_known_at_quit_and_close(void **state)
{
    (void)state;
    struct client *client = begin("RETR 1\r\nTOP 2 9\r\nQUIT\r\n");
    while (client->session && first->asked[RESTANTE_EVENT_QUIT] == 0)
        turn(client, 65536);
    until_ended(client);
    /* At CLOSE, behind QUIT: counted, and when. */
    assert_true(first->messages[0].is_retrieved);
    assert_int_equal(first->messages[0].retrieved_count, 1);
    assert_true(first->messages[0].first_retrieved_s > 0);
    assert_false(first->messages[1].is_retrieved);
    assert_int_equal(first->messages[1].retrieved_count, 0);
    /* In the next session: not in this one, but before; without QUIT it does not count. */
    client = begin("RETR 2\r\n");
    until_seen(client, "second\r\n.\r\n");
    fd_close(&client->fd);
    until_ended(client);
    assert_false(first->messages[0].is_retrieved);
    assert_int_equal(first->messages[0].retrieved_count, 1);
    assert_true(first->messages[1].is_retrieved);
    assert_int_equal(first->messages[1].retrieved_count, 0);
    assert_int_equal(first->messages[1].first_retrieved_s, 0);
}

static void what_expires_at_open_is_hidden_and_goes_whichever_way_the_session_ends(void **state)
{
    (void)state;
    static const char *const inputs[] = {"STAT\r\nQUIT\r\n", "STAT\r\n", "STAT\r\nX\r\nX\r\nX\r\nX\r\nX\r\n"};
    stack.entries[0].terms.wanted = RESTANTE_EVENT(OPEN); /* and not QUIT */
    fake_policy_decides(0, 1, RESTANTE_EXPIRE);
    settings.idle_ms = 300;
    for (size_t i = 0; i < 3; i++) {
        clients[0].storage.messages[0].is_gone = false;
        struct client *client = begin(inputs[i]);
        until_seen(client, "+OK 1 22\r\n");
        until_ended(client);
        assert_true(client->storage.messages[0].is_gone);
        assert_string_equal(logged("expired"), "1");
        assert_string_equal(logged("deleted"), "0");
    }
}

static void a_shutdown_removes_nothing(void **state)
{
    (void)state;
    fake_policy_decides(0, 1, RESTANTE_EXPIRE);
    struct client *client = begin("STAT\r\n");
    until_seen(client, "+OK 1 22\r\n");
    session_shutdown(client->session);
    until_ended(client);
    assert_false(client->storage.messages[0].is_gone);
    assert_int_equal(first->told[RESTANTE_EVENT_CLOSE], 1);
}

static void what_quit_lets_expire_goes_with_it(void **state)
{
    (void)state;
    fake_policies[0].decisions[0].number = 0;
    stack.entries[0].terms.wanted = RESTANTE_EVENT(QUIT);
    fake_policy_decides(0, 2, RESTANTE_EXPIRE);
    stack.entries[1].terms.wanted = 0;
    struct client *client = begin("STAT\r\n");
    until_seen(client, "+OK 2 43\r\n");
    fd_close(&client->fd);
    until_ended(client);
    assert_false(client->storage.messages[1].is_gone);
    client = begin("QUIT\r\n");
    until_ended(client);
    assert_true(client->storage.messages[1].is_gone);
    assert_true(has_seen(client, "+OK Bye, 1 messages left\r\n"));
}

/* DELE is answered as always; RSET forgets it; what is hidden stays on disk. */
static void a_dele_may_hide_instead(void **state)
{
    (void)state;
    fake_policy_answers(0, RESTANTE_EVENT_DELE, RESTANTE_HIDE);
    struct client *client = begin("DELE 1\r\nRSET\r\nQUIT\r\n");
    until_ended(client);
    client = begin("DELE 1\r\nSTAT\r\nQUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "+OK Message 1 is deleted\r\n+OK 1 22\r\n+OK Bye, 1 messages left\r\n"));
    assert_false(client->storage.messages[0].is_gone);
    assert_string_equal(logged("hidden"), "1");
    client = begin("UIDL\r\nQUIT\r\n");
    until_ended(client);
    assert_true(has_seen(client, "\r\n1 two\r\n.\r\n"));
}

#define POLICY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLICY_TEST(questions_come_in_their_order),
        POLICY_TEST(a_refused_login_opens_nothing),
        POLICY_TEST(a_login_refused_at_open_ends_with_the_maildrop_closed),
        POLICY_TEST(a_delayed_login_waits_alone_at_login),
        POLICY_TEST(a_delayed_login_waits_alone_at_open),
        POLICY_TEST(a_delay_at_login_is_not_taken_from_the_time_for_a_busy_maildrop),
        POLICY_TEST(limits_are_tightened_and_never_loosened),
        POLICY_TEST(a_failure_refuses_or_lets_in_as_the_policy_says),
        POLICY_TEST(a_refused_command_goes_with_policy_message_and_line),
        POLICY_TEST(a_disconnect_deletes_nothing),
        POLICY_TEST(a_delayed_command_waits_alone),
        POLICY_TEST(a_delay_is_no_slow_line),
        POLICY_TEST(a_client_that_goes_away_while_it_waits_changes_nothing),
        POLICY_TEST(a_shutdown_does_not_wait_for_a_delay),
        POLICY_TEST(who_is_refused_without_end_does_not_fill_the_log),
        POLICY_TEST(capa_tells_what_is_announced_and_asks_once),
        POLICY_TEST(what_is_retrieved_is_known_at_quit_and_close),
        POLICY_TEST(what_expires_at_open_is_hidden_and_goes_whichever_way_the_session_ends),
        POLICY_TEST(a_shutdown_removes_nothing),
        POLICY_TEST(what_quit_lets_expire_goes_with_it),
        POLICY_TEST(a_dele_may_hide_instead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
