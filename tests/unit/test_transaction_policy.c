/*
 * Policies and the TRANSACTION state: what is asked, what a refusal, a delay or an end look like to the client, and
 * when the hooks behind a command are called. Every dialogue is played in one piece and octet by octet, with much and
 * with little room for output.
 */
#include "unit.h"

#include <stdio.h>

#include "fake_maildrop.h"

#define MESSAGE(stored, octets, uidl) {stored, sizeof(stored) - 1, octets, uidl}

static const struct fake_message messages[] = {
    MESSAGE("Subject: one\n\nHello\n", 23, "uid-1"),
    MESSAGE("Subject: two\n\n", 16, "uid-2"),
};

#define GREETING_LIST "+OK 2 messages (39 octets)\r\n1 23\r\n2 16\r\n.\r\n"
#define ALL UINT32_C(0xffffffff)

/* What the policy of a test says, by event. */
static struct transaction_verdict verdicts[RESTANTE_EVENT_COUNT];
static uint32_t wanted, wanted_after;
static bool takes_long; /* it, and the hooks behind commands */
static unsigned turns;  /* of the engine */

static struct {
    struct transaction *transaction;
    struct buf out, asked;
    bool is_over;
} player;

static const char *name_of(enum restante_event event)
{
    static const char *const names[RESTANTE_EVENT_COUNT] = {
        [RESTANTE_EVENT_CAPA] = "capa", [RESTANTE_EVENT_STAT] = "stat", [RESTANTE_EVENT_LIST] = "list",
        [RESTANTE_EVENT_UIDL] = "uidl", [RESTANTE_EVENT_RETR] = "retr", [RESTANTE_EVENT_TOP] = "top",
        [RESTANTE_EVENT_DELE] = "dele", [RESTANTE_EVENT_RSET] = "rset"};
    assert_non_null(names[event]);
    return names[event];
}

static void write_event(struct buf *buf, const char *open, enum restante_event event, size_t index, const char *close)
{
    buf_append_format(buf, "%s%s", open, name_of(event));
    if (index != TRANSACTION_NO_MESSAGE)
        buf_append_format(buf, " %zu", index + 1);
    buf_append_string(buf, close);
}

static void on_ask(void *context, enum restante_event event, size_t index, struct transaction_verdict *verdict)
{
    assert_ptr_equal(context, &player);
    write_event(&player.asked, "", event, index, ";");
    *verdict = verdicts[event];
    if (takes_long)
        transaction_yield(player.transaction);
}

static void on_tell(void *context, enum restante_event event, size_t index)
{
    assert_ptr_equal(context, &player);
    write_event(&player.out, "<after ", event, index, ">");
    if (takes_long)
        transaction_yield(player.transaction);
}

static void on_deleted(void *context, size_t index)
{
    assert_ptr_equal(context, &player);
    buf_append_format(&player.out, "<mark %zu>", index + 1);
}

static void on_reset(void *context)
{
    assert_ptr_equal(context, &player);
    buf_append_string(&player.out, "<unmark>");
}

static const struct capa_announcements *on_announce(void *context)
{
    static const struct capa_announcements announcements = {.expire = "7", .login_delay = "60"};
    assert_ptr_equal(context, &player);
    return &announcements;
}

static void player_run(size_t limit)
{
    enum transaction_event event = TRANSACTION_OUTPUT_FULL;
    while (!player.is_over && event != TRANSACTION_NEED_INPUT) {
        /* Room is counted from here: output drains. */
        event = transaction_run(player.transaction, &player.out, buf_length(&player.out) + limit);
        turns++;
        if (event == TRANSACTION_DELAYED)
            buf_append_format(&player.out, "<wait %u>", (unsigned)transaction_delay_ms(player.transaction));
        if (event == TRANSACTION_QUIT)
            buf_append_string(&player.out, "<quit>");
        if (event == TRANSACTION_CLOSE)
            buf_append_format(&player.out, "<close %s>", transaction_close_reason(player.transaction));
        player.is_over = event == TRANSACTION_QUIT || event == TRANSACTION_CLOSE;
    }
}

static void play(const char *sent, const char *expected, const char *asked, size_t step, size_t limit, bool fails)
{
    struct fake_maildrop fake = {.messages = messages, .count = 2, .chunk = 5, .fail_open = fails ? 1 : 0,
                                 .fail_read = fails ? 2 : 0, .fail_after = 3};
    struct transaction_maildrop maildrop = fake_maildrop(&fake);
    struct transaction_settings settings = {.hostname = "mail.example.org", .bad_commands = 3};
    settings.policy = (struct transaction_policy){.context = &player, .wanted = wanted, .wanted_after = wanted_after,
                                                  .ask = on_ask, .tell = on_tell, .deleted = on_deleted,
                                                  .reset = on_reset, .announce = on_announce};
    player.is_over = false;
    player.transaction = transaction_open(&settings, &maildrop);
    size_t length = strlen(sent);
    for (size_t at = 0; at < length; at += step) {
        assert_true(transaction_feed(player.transaction, sent + at, length - at < step ? length - at : step));
        player_run(limit);
    }
    buf_append(&player.out, "", 1);
    buf_append(&player.asked, "", 1);
    assert_string_equal(buf_head(&player.out), expected);
    assert_string_equal(buf_head(&player.asked), asked);
    transaction_close(&player.transaction);
    assert_int_equal(fake.readers, 0);
    buf_free(&player.out);
    buf_free(&player.asked);
}

static void check_with(const char *sent, const char *expected, const char *asked, bool fails)
{
    static const size_t steps[] = {1, 3, 10000}, limits[] = {1, 20, 65536};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++)
            play(sent, expected, asked, steps[i], limits[k], fails);
}

static void check(const char *sent, const char *expected, const char *asked)
{
    check_with(sent, expected, asked, false);
}

static int setup(void **state)
{
    (void)state;
    memset(verdicts, 0, sizeof(verdicts));
    wanted = ALL;
    wanted_after = 0;
    takes_long = false;
    return 0;
}

static void every_command_is_asked_about_once(void **state)
{
    (void)state;
    check("STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 1\r\nTOP 1 0\r\nRETR 2\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\n",
          "+OK 2 39\r\n" GREETING_LIST "+OK 2 16\r\n+OK 2 messages (39 octets)\r\n1 uid-1\r\n2 uid-2\r\n.\r\n"
          "+OK 1 uid-1\r\n+OK Top of message follows\r\nSubject: one\r\n\r\n.\r\n+OK 16 octets\r\nSubject: two\r\n\r\n.\r\n"
          "<mark 1>+OK Message 1 is deleted\r\n<unmark>+OK 2 messages (39 octets)\r\n+OK Still here\r\n<quit>",
          "stat;list;list 2;uidl;uidl 1;top 1;retr 2;dele 1;rset;");
}

static void what_cannot_be_carried_out_is_not_asked_about(void **state)
{
    (void)state;
    wanted_after = ALL;
    check("RETR 3\r\nRETR x\r\nDELE 0\r\nLIST 9\r\nDELE 1\r\nRETR 1\r\nTOP 1 0\r\nUIDL 1\r\nRETR\r\n",
          "-ERR No such message\r\n-ERR Not a message number\r\n-ERR No such message\r\n-ERR No such message\r\n"
          "<mark 1>+OK Message 1 is deleted\r\n<after dele 1>-ERR This message is deleted\r\n"
          "-ERR This message is deleted\r\n-ERR This message is deleted\r\n-ERR Wrong arguments for this command\r\n",
          "dele 1;");
}

static void nobody_who_wants_nothing_is_asked_or_told(void **state)
{
    (void)state;
    wanted = 0;
    check("STAT\r\nLIST\r\nRETR 2\r\nQUIT\r\n",
          "+OK 2 39\r\n" GREETING_LIST "+OK 16 octets\r\nSubject: two\r\n\r\n.\r\n<quit>", "");
    wanted = RESTANTE_EVENT(RETR);
    check("STAT\r\nRETR 2\r\nQUIT\r\n", "+OK 2 39\r\n+OK 16 octets\r\nSubject: two\r\n\r\n.\r\n<quit>", "retr 2;");
}

static void hooks_behind_a_command_come_behind_its_last_octet(void **state)
{
    (void)state;
    wanted = 0;
    wanted_after = ALL;
    check("STAT\r\nLIST\r\nLIST 1\r\nUIDL\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\n",
          "+OK 2 39\r\n<after stat>" GREETING_LIST "<after list>+OK 1 23\r\n<after list 1>"
          "+OK 2 messages (39 octets)\r\n1 uid-1\r\n2 uid-2\r\n.\r\n<after uidl>"
          "+OK 23 octets\r\nSubject: one\r\n\r\nHello\r\n.\r\n<after retr 1>"
          "+OK Top of message follows\r\nSubject: one\r\n\r\n.\r\n<after top 1><mark 1>+OK Message 1 is deleted\r\n<after dele 1>"
          "<unmark>+OK 2 messages (39 octets)\r\n<after rset>+OK Still here\r\n<quit>",
          "");
}

static void refusals_have_code_and_text_and_no_hook_behind_them(void **state)
{
    (void)state;
    wanted_after = ALL;
    for (size_t i = 0; i < RESTANTE_EVENT_COUNT; i++)
        verdicts[i] = (struct transaction_verdict){TRANSACTION_REFUSED, 0, "SYS/PERM", "not this one"};
#define NO "-ERR [SYS/PERM] not this one\r\n"
    check("CAPA\r\nSTAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\n",
          NO NO NO NO NO NO NO NO NO "+OK Still here\r\n<quit>",
          "capa;stat;list;list 2;uidl;retr 1;top 1;dele 1;rset;");
#undef NO
}

static void a_refused_dele_marks_nothing(void **state)
{
    (void)state;
    verdicts[RESTANTE_EVENT_DELE] = (struct transaction_verdict){TRANSACTION_REFUSED, 0, "", "no"};
    wanted = RESTANTE_EVENT(DELE);
    check("DELE 1\r\nSTAT\r\nRETR 2\r\n", "-ERR no\r\n+OK 2 39\r\n+OK 16 octets\r\nSubject: two\r\n\r\n.\r\n", "dele 1;");
}

static void texts_cannot_pass_for_codes_or_lines(void **state)
{
    (void)state;
    struct transaction_verdict *verdict = &verdicts[RESTANTE_EVENT_STAT];
    *verdict = (struct transaction_verdict){.kind = TRANSACTION_REFUSED, .text = "[AUTH] a\r\n+OK b\xff"};
    check("STAT\r\n", "-ERR (AUTH] a??+OK b?\r\n", "stat;");
    *verdict = (struct transaction_verdict){.kind = TRANSACTION_REFUSED};
    check("STAT\r\n", "-ERR Not allowed here\r\n", "stat;");
    *verdict = (struct transaction_verdict){.kind = TRANSACTION_REFUSED, .code = "SYS/TEMP", .text = "[x]"};
    check("STAT\r\n", "-ERR [SYS/TEMP] [x]\r\n", "stat;");
}

static void refusals_are_no_bad_commands(void **state)
{
    (void)state;
    verdicts[RESTANTE_EVENT_STAT] = (struct transaction_verdict){TRANSACTION_REFUSED, 0, "", "no"};
    check("STAT\r\nSTAT\r\nSTAT\r\nSTAT\r\nNOOP\r\n",
          "-ERR no\r\n-ERR no\r\n-ERR no\r\n-ERR no\r\n+OK Still here\r\n", "stat;stat;stat;stat;");
}

static void a_disconnect_ends_everything(void **state)
{
    (void)state;
    wanted_after = ALL;
    verdicts[RESTANTE_EVENT_RETR] = (struct transaction_verdict){TRANSACTION_DISCONNECTED, 0, "SYS/TEMP", "enough"};
    check("STAT\r\nRETR 1\r\nSTAT\r\nQUIT\r\n",
          "+OK 2 39\r\n<after stat>-ERR [SYS/TEMP] enough\r\n<close policy>", "stat;retr 1;");
}

static void a_delayed_command_waits_and_what_is_behind_it_too(void **state)
{
    (void)state;
    wanted_after = ALL;
    verdicts[RESTANTE_EVENT_RETR] = (struct transaction_verdict){.delay_ms = 300};
    verdicts[RESTANTE_EVENT_DELE] = (struct transaction_verdict){.delay_ms = 400};
    verdicts[RESTANTE_EVENT_LIST] = (struct transaction_verdict){.delay_ms = 500};
    /* Asked once each: whoever waited is not asked again; the same command later is. */
    check("STAT\r\nRETR 2\r\nDELE 1\r\nLIST\r\nRETR 2\r\nQUIT\r\n",
          "+OK 2 39\r\n<after stat><wait 300>+OK 16 octets\r\nSubject: two\r\n\r\n.\r\n<after retr 2>"
          "<wait 400><mark 1>+OK Message 1 is deleted\r\n<after dele 1>"
          "<wait 500>+OK 1 messages (16 octets)\r\n2 16\r\n.\r\n<after list>"
          "<wait 300>+OK 16 octets\r\nSubject: two\r\n\r\n.\r\n<after retr 2><quit>",
          "stat;retr 2;dele 1;list;retr 2;");
}

static void every_command_can_be_delayed(void **state)
{
    (void)state;
    for (size_t i = 0; i < RESTANTE_EVENT_COUNT; i++)
        verdicts[i] = (struct transaction_verdict){.delay_ms = 1};
    check("STAT\r\nLIST 2\r\nUIDL 1\r\nTOP 2 0\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\n",
          "<wait 1>+OK 2 39\r\n<wait 1>+OK 2 16\r\n<wait 1>+OK 1 uid-1\r\n"
          "<wait 1>+OK Top of message follows\r\nSubject: two\r\n\r\n.\r\n<wait 1><mark 1>+OK Message 1 is deleted\r\n"
          "<wait 1><unmark>+OK 2 messages (39 octets)\r\n+OK Still here\r\n<quit>",
          "stat;list 2;uidl 1;top 2;dele 1;rset;");
}

static void who_takes_long_gives_others_their_turn(void **state)
{
    (void)state;
    static const char sent[] = "STAT\r\nSTAT\r\nNOOP\r\nSTAT\r\n", seen[] = "+OK 2 39\r\n+OK 2 39\r\n+OK Still here\r\n+OK 2 39\r\n";
    turns = 0;
    play(sent, seen, "stat;stat;stat;", 1000, 65536, false);
    assert_int_equal(turns, 1);
    takes_long = true;
    check(sent, seen, "stat;stat;stat;");
    turns = 0;
    play(sent, seen, "stat;stat;stat;", 1000, 65536, false);
    assert_int_equal(turns, 3); /* with what follows at once, where it is not asked about */
    wanted_after = ALL;
    wanted = 0;
    turns = 0;
    play("STAT\r\nLIST\r\nSTAT\r\n",
         "+OK 2 39\r\n<after stat>" GREETING_LIST "<after list>+OK 2 39\r\n<after stat>", "", 1000, 65536, false);
    assert_int_equal(turns, 3);
}

static void what_failed_after_it_was_allowed_is_not_told(void **state)
{
    (void)state;
    wanted_after = ALL;
    check_with("RETR 1\r\nTOP 1 0\r\nSTAT\r\n",
               "-ERR [SYS/TEMP] This message cannot be read now\r\n-ERR [SYS/TEMP] This message cannot be read now\r\n"
               "+OK 2 39\r\n<after stat>", "retr 1;top 1;stat;", true);
    check_with("RETR 2\r\nSTAT\r\n", "+OK 16 octets\r\nSub<close read-failed>", "retr 2;", true);
}

static void capa_tells_what_is_announced_to_this_session(void **state)
{
    (void)state;
    wanted_after = ALL;
    verdicts[RESTANTE_EVENT_CAPA] = (struct transaction_verdict){.delay_ms = 1};
    check("CAPA\r\n",
          "<wait 1>+OK Capabilities follow\r\nUIDL\r\nTOP\r\nUSER\r\nSASL PLAIN LOGIN\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
          "PIPELINING\r\nEXPIRE 7\r\nLOGIN-DELAY 60\r\nIMPLEMENTATION Restante\r\n.\r\n<after capa>",
          "capa;");
}

static void what_was_sent_whole_is_remembered(void **state)
{
    (void)state;
    struct fake_maildrop fake = {.messages = messages, .count = 2};
    struct transaction_maildrop maildrop = fake_maildrop(&fake);
    const struct transaction_settings settings = {.bad_commands = 3};
    player.is_over = false;
    player.transaction = transaction_open(&settings, &maildrop);
    assert_true(transaction_feed(player.transaction, "TOP 1 9\r\nRETR 2\r\nDELE 2\r\n", 25));
    player_run(1);
    assert_false(transaction_retrieved(player.transaction)[0]);
    assert_true(transaction_retrieved(player.transaction)[1]);
    assert_int_equal(transaction_fates(player.transaction)[1], RESTANTE_DELETE);
    transaction_close(&player.transaction);
    buf_free(&player.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_command_is_asked_about_once, setup),
        cmocka_unit_test_setup(what_cannot_be_carried_out_is_not_asked_about, setup),
        cmocka_unit_test_setup(nobody_who_wants_nothing_is_asked_or_told, setup),
        cmocka_unit_test_setup(hooks_behind_a_command_come_behind_its_last_octet, setup),
        cmocka_unit_test_setup(refusals_have_code_and_text_and_no_hook_behind_them, setup),
        cmocka_unit_test_setup(a_refused_dele_marks_nothing, setup),
        cmocka_unit_test_setup(texts_cannot_pass_for_codes_or_lines, setup),
        cmocka_unit_test_setup(refusals_are_no_bad_commands, setup),
        cmocka_unit_test_setup(a_disconnect_ends_everything, setup),
        cmocka_unit_test_setup(a_delayed_command_waits_and_what_is_behind_it_too, setup),
        cmocka_unit_test_setup(every_command_can_be_delayed, setup),
        cmocka_unit_test_setup(who_takes_long_gives_others_their_turn, setup),
        cmocka_unit_test_setup(what_failed_after_it_was_allowed_is_not_told, setup),
        cmocka_unit_test_setup(capa_tells_what_is_announced_to_this_session, setup),
        cmocka_unit_test_setup(what_was_sent_whole_is_remembered, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
