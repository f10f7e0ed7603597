/*
 * The TRANSACTION state as transcripts against a maildrop in memory. Each one is played in one segment and octet by
 * octet, with little and with much room for output, and with messages read in pieces of several sizes: what the
 * client gets must be the same.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "fake_maildrop.h"
#include "pop3/line.h"

#define MESSAGE(stored, octets, uidl) {stored, sizeof(stored) - 1, octets, uidl}

static const struct fake_message messages[] = {
    MESSAGE("Subject: one\n\nHello\n.dot\nlast", 35, "uid-1"),
    MESSAGE("", 0, "uid-2"),
    MESSAGE(".first\r\n\r\na\0b\rc\r\n", 17, "uid-3"),
    MESSAGE("H: 1\n\n1\n2\n3\n", 17, "uid-4"),
};
static const char wire_1[] = "Subject: one\r\n\r\nHello\r\n..dot\r\nlast\r\n.\r\n";

static const struct transaction_settings settings = {
    .hostname = "mail.example.org", .announcements = CAPA_NOTHING_EXPIRES, .bad_commands = 4, .is_tls = true,
};

#define UNKNOWN "-ERR This command is unknown or not possible now\r\n"
#define NOT_OFFERED "-ERR This is not offered here\r\n"
#define ARGUMENTS "-ERR Wrong arguments for this command\r\n"
#define NO_NUMBER "-ERR Not a message number\r\n"
#define NO_MESSAGE "-ERR No such message\r\n"
#define DELETED "-ERR This message is deleted\r\n"
#define TOP_OK "+OK Top of message follows\r\n"
#define CANNOT_READ "-ERR [SYS/TEMP] This message cannot be read now\r\n"

/* --- a session ---------------------------------------------------------------------------------------------------- */

struct player {
    struct fake_maildrop fake;
    struct transaction_maildrop maildrop;
    struct transaction *transaction;
    struct buf out;  /* between engine and socket */
    struct buf sent; /* what the client has got */
    size_t limit;
    bool is_over;
    enum restante_status update;
};

static void player_begin(struct player *player, const struct fake_maildrop *fake, size_t limit)
{
    *player = (struct player){.fake = *fake, .limit = limit};
    if (!player->fake.messages) {
        player->fake.messages = messages;
        player->fake.count = sizeof(messages) / sizeof(messages[0]);
    }
    player->maildrop = fake_maildrop(&player->fake);
    player->transaction = transaction_open(&settings, &player->maildrop);
}

static void player_drain(struct player *player)
{
    if (buf_length(&player->out) > 0)
        buf_append(&player->sent, buf_head(&player->out), buf_length(&player->out));
    buf_clear(&player->out);
}

static void player_update(struct player *player)
{
    static const char letters[] = {[RESTANTE_KEEP] = 'k', [RESTANTE_KEEP_RETRIEVED] = 'r', [RESTANTE_DELETE] = 'd'};
    struct restante_error error = {.status = player->update};
    const uint8_t *fates = transaction_fates(player->transaction);
    size_t left = 0;
    buf_append_string(&player->out, "<update ");
    for (size_t i = 0; i < player->fake.count; i++) {
        buf_append(&player->out, &letters[fates[i]], 1);
        left += fates[i] != RESTANTE_DELETE;
    }
    buf_append_string(&player->out, ">");
    assert_int_equal(transaction_run(player->transaction, &player->out, player->limit), TRANSACTION_NEED_INPUT);
    transaction_updated(player->transaction, player->update, &error, left, &player->out);
}

static void player_run(struct player *player)
{
    while (!player->is_over) {
        enum transaction_event event = transaction_run(player->transaction, &player->out, player->limit);
        if (event == TRANSACTION_NEED_INPUT)
            break;
        if (event == TRANSACTION_OUTPUT_FULL)
            assert_true(buf_length(&player->out) >= player->limit);
        if (event == TRANSACTION_QUIT)
            player_update(player);
        if (event == TRANSACTION_CLOSE) {
            buf_append_format(&player->out, "<close %s>", transaction_close_reason(player->transaction));
            player->is_over = true;
        }
        player_drain(player);
    }
    player_drain(player);
}

static void player_feed(struct player *player, const char *data, size_t length)
{
    assert_true(length <= transaction_room(player->transaction));
    assert_true(transaction_feed(player->transaction, data, length));
    player_run(player);
}

/* Without running. */
static void feed_only(struct player *player, const char *text)
{
    assert_true(transaction_feed(player->transaction, text, strlen(text)));
}

#define PLAYER_FEED(player, text) player_feed(player, text, sizeof(text) - 1)

static void player_end(struct player *player)
{
    transaction_close(&player->transaction);
    assert_null(player->transaction);
    assert_int_equal(player->fake.readers, 0);
    buf_free(&player->out);
    buf_free(&player->sent);
}

static void check_sent(const struct player *player, const char *expected, size_t length)
{
    size_t sent = buf_length(&player->sent);
    if (sent != length || (sent > 0 && memcmp(buf_head(&player->sent), expected, length) != 0))
        print_error("expected:\n%.*s\ngot:\n%.*s\n", (int)length, expected, (int)sent,
                    sent > 0 ? buf_head(&player->sent) : "");
    assert_int_equal(sent, length);
    assert_memory_equal(sent > 0 ? buf_head(&player->sent) : "", expected, length);
}

static void check_n(const struct fake_maildrop *fake, const char *sent, size_t length, const char *expected,
                    size_t expected_length)
{
    static const size_t steps[] = {1, 2, 5, 100000}, limits[] = {1, 30, 65536}, chunks[] = {0, 1, 3};
    for (size_t number = 0; number < 4 * 3 * 3; number++) {
        struct fake_maildrop cut = *fake;
        struct player player;
        size_t step = steps[number % 4];
        cut.chunk = chunks[number / 4 % 3];
        player_begin(&player, &cut, limits[number / 12]);
        for (size_t at = 0; at < length; at += step)
            player_feed(&player, sent + at, step < length - at ? step : length - at);
        check_sent(&player, expected, expected_length);
        player_end(&player);
    }
}

static const struct fake_maildrop ordinary;

#define CHECK_WITH(fake, sent, expected) check_n(fake, sent, sizeof(sent) - 1, expected, sizeof(expected) - 1)
#define CHECK(sent, expected) CHECK_WITH(&ordinary, sent, expected)

/* --- transcripts -------------------------------------------------------------------------------------------------- */

static void stat_list_uidl(void **state)
{
    (void)state;
    CHECK("STAT\r\n", "+OK 4 69\r\n");
    CHECK("LIST\r\n", "+OK 4 messages (69 octets)\r\n1 35\r\n2 0\r\n3 17\r\n4 17\r\n.\r\n");
    CHECK("UIDL\r\n", "+OK 4 messages (69 octets)\r\n1 uid-1\r\n2 uid-2\r\n3 uid-3\r\n4 uid-4\r\n.\r\n");
    CHECK("LIST 3\r\nUIDL 3\r\n", "+OK 3 17\r\n+OK 3 uid-3\r\n");
    CHECK("stat\nNoop\n", "+OK 4 69\r\n+OK Still here\r\n");
}

static void numbers_stay_after_dele(void **state)
{
    (void)state;
    CHECK("DELE 1\r\nDELE 3\r\nSTAT\r\nLIST\r\nUIDL\r\n",
          "+OK Message 1 is deleted\r\n+OK Message 3 is deleted\r\n+OK 2 17\r\n"
          "+OK 2 messages (17 octets)\r\n2 0\r\n4 17\r\n.\r\n"
          "+OK 2 messages (17 octets)\r\n2 uid-2\r\n4 uid-4\r\n.\r\n");
    CHECK("DELE 2\r\nDELE 2\r\nRETR 2\r\nTOP 2 0\r\nLIST 2\r\nUIDL 2\r\nLIST 3\r\n",
          "+OK Message 2 is deleted\r\n" DELETED DELETED DELETED DELETED DELETED "+OK 3 17\r\n");
    CHECK("DELE 1\r\nDELE 2\r\nDELE 3\r\nDELE 4\r\nLIST\r\nRSET\r\nSTAT\r\nDELE 1\r\n",
          "+OK Message 1 is deleted\r\n+OK Message 2 is deleted\r\n+OK Message 3 is deleted\r\n"
          "+OK Message 4 is deleted\r\n+OK 0 messages (0 octets)\r\n.\r\n+OK 4 messages (69 octets)\r\n+OK 4 69\r\n"
          "+OK Message 1 is deleted\r\n");
}

static void retr(void **state)
{
    char expected[200];
    (void)state;
    int length = snprintf(expected, sizeof(expected), "+OK 35 octets\r\n%s+OK 4 69\r\n", wire_1);
    check_n(&ordinary, "RETR 1\r\nSTAT\r\n", strlen("RETR 1\r\nSTAT\r\n"), expected, (size_t)length);
    CHECK("RETR 2\r\n", "+OK 0 octets\r\n.\r\n");
    CHECK("RETR 3\r\n", "+OK 17 octets\r\n..first\r\n\r\na\0b\rc\r\n.\r\n");
}

static void top(void **state)
{
    (void)state;
    CHECK("TOP 4 0\r\n", TOP_OK "H: 1\r\n\r\n.\r\n");
    CHECK("TOP 4 1\r\n", TOP_OK "H: 1\r\n\r\n1\r\n.\r\n");
    CHECK("TOP 4 3\r\nTOP 4 4\r\n",
          TOP_OK "H: 1\r\n\r\n1\r\n2\r\n3\r\n.\r\n" TOP_OK "H: 1\r\n\r\n1\r\n2\r\n3\r\n.\r\n");
    CHECK("TOP 4 18446744073709551616\r\n", TOP_OK "H: 1\r\n\r\n1\r\n2\r\n3\r\n.\r\n");
    CHECK("TOP 2 5\r\n", TOP_OK ".\r\n");
    CHECK("TOP 1 2\r\n", TOP_OK "Subject: one\r\n\r\nHello\r\n..dot\r\n.\r\n");
    CHECK("TOP 4 -1\r\nTOP 4\r\nTOP 4 x\r\n",
          "-ERR Not a number of lines\r\n" ARGUMENTS "-ERR Not a number of lines\r\n");
    CHECK("TOP 5 0\r\nTOP 4 0 0\r\nTOP 0x4 1\r\n", NO_MESSAGE ARGUMENTS NO_NUMBER);
}

static void numbers_are_strict(void **state)
{
    (void)state;
    CHECK("RETR 0\r\nRETR 5\r\nRETR 4294967297\r\nDELE 0\r\nLIST 0\r\nUIDL 5\r\n",
          NO_MESSAGE NO_MESSAGE NO_MESSAGE NO_MESSAGE NO_MESSAGE NO_MESSAGE);
    CHECK("RETR -1\r\nRETR +1\r\nRETR 1x\r\n", NO_NUMBER NO_NUMBER NO_NUMBER);
    CHECK("LIST 18446744073709551617\r\nDELE 1.0\r\n", NO_NUMBER NO_NUMBER);
}

static void arguments_are_strict(void **state)
{
    (void)state;
    CHECK("STAT 1\r\nNOOP x\r\nRETR\r\n", ARGUMENTS ARGUMENTS ARGUMENTS);
    CHECK("DELE\r\nRSET 1\r\nLIST 1 2\r\n", ARGUMENTS ARGUMENTS ARGUMENTS);
    CHECK("QUIT now\r\nDELE 1 2\r\nSTAT \r\n", ARGUMENTS ARGUMENTS ARGUMENTS);
    CHECK("UIDL 1 \r\nRETR  1\r\nCAPA x\r\n", ARGUMENTS ARGUMENTS ARGUMENTS);
}

static void what_is_no_command(void **state)
{
    (void)state;
    CHECK("APOP\r\nXTND\r\nSTAT\r\n", UNKNOWN UNKNOWN "+OK 4 69\r\n");
    /* Asked by clients that were not offered it; no fault, however often. */
    CHECK("UTF8\r\nLANG\r\nLANG *\r\nUTF8\r\nUTF8\r\nSTAT\r\n",
          NOT_OFFERED NOT_OFFERED NOT_OFFERED NOT_OFFERED NOT_OFFERED "+OK 4 69\r\n");
    CHECK("USER alice\r\nSTLS\r\nAUTH\r\n", UNKNOWN UNKNOWN UNKNOWN);
    CHECK("ST\0AT\r\nSTAT\r\n", "-ERR Line holds a NUL\r\n+OK 4 69\r\n");
    CHECK("a\r\nb\r\nc\r\nDELE 1\r\nd\r\nQUIT\r\n",
          UNKNOWN UNKNOWN UNKNOWN "+OK Message 1 is deleted\r\n-ERR Too many bad commands\r\n<close bad-commands>");
}

static void long_lines_get_one_reply(void **state)
{
    char sent[1000];
    (void)state;
    int length = snprintf(sent, sizeof(sent), "STAT%0*d\r\nSTAT\r\n", 400, 0);
    static const char expected[] = "-ERR Line too long\r\n+OK 4 69\r\n";
    check_n(&ordinary, sent, (size_t)length, expected, sizeof(expected) - 1);
}

static void capabilities(void **state)
{
    (void)state;
    CHECK("CAPA\r\n", "+OK Capabilities follow\r\nUIDL\r\nTOP\r\nUSER\r\nSASL PLAIN LOGIN\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
                      "PIPELINING\r\nEXPIRE NEVER\r\nIMPLEMENTATION Restante\r\n.\r\n");
}

static void quit_updates(void **state)
{
    (void)state;
    CHECK("QUIT\r\nSTAT\r\n", "<update kkkk>+OK Bye, 4 messages left\r\n<close quit>");
    CHECK("DELE 2\r\nRETR 2\r\nTOP 1 0\r\nDELE 4\r\nQUIT\r\n",
          "+OK Message 2 is deleted\r\n" DELETED TOP_OK "Subject: one\r\n\r\n.\r\n+OK Message 4 is deleted\r\n"
          "<update kdkd>+OK Bye, 2 messages left\r\n<close quit>");
}

static void fates_remember_what_was_retrieved(void **state)
{
    (void)state;
    CHECK("RETR 2\r\nDELE 2\r\nQUIT\r\n", "+OK 0 octets\r\n.\r\n+OK Message 2 is deleted\r\n"
                                        "<update kdkk>+OK Bye, 3 messages left\r\n<close quit>");
    CHECK("RETR 2\r\nDELE 2\r\nDELE 1\r\nRSET\r\nQUIT\r\n",
          "+OK 0 octets\r\n.\r\n+OK Message 2 is deleted\r\n+OK Message 1 is deleted\r\n+OK 4 messages (69 octets)\r\n"
          "<update krkk>+OK Bye, 4 messages left\r\n<close quit>");
}

static void an_empty_maildrop(void **state)
{
    static const struct fake_message none[1];
    static const struct fake_maildrop empty = {.messages = none};
    (void)state;
    CHECK_WITH(&empty, "STAT\r\nLIST\r\nRETR 1\r\nQUIT\r\n",
               "+OK 0 0\r\n+OK 0 messages (0 octets)\r\n.\r\n" NO_MESSAGE
               "<update >+OK Bye, 0 messages left\r\n<close quit>");
}

/* --- failures ----------------------------------------------------------------------------------------------------- */

static void a_message_that_does_not_open(void **state)
{
    const struct fake_maildrop fake = {.fail_open = 1};
    (void)state;
    CHECK_WITH(&fake, "RETR 1\r\nTOP 1 0\r\nSTAT\r\nQUIT\r\n",
               CANNOT_READ CANNOT_READ "+OK 4 69\r\n<update kkkk>+OK Bye, 4 messages left\r\n<close quit>");
}

static void a_message_that_fails_at_once(void **state)
{
    const struct fake_maildrop fake = {.fail_read = 1};
    (void)state;
    CHECK_WITH(&fake, "RETR 1\r\nSTAT\r\nQUIT\r\n",
               "-ERR [SYS/TEMP] The disk is tired\r\n+OK 4 69\r\n"
               "<update kkkk>+OK Bye, 4 messages left\r\n<close quit>");
}

static void half_a_message_never_looks_whole(void **state)
{
    const struct fake_maildrop fake = {.fail_read = 1, .fail_after = 20};
    (void)state;
    CHECK_WITH(&fake, "DELE 2\r\nRETR 1\r\nSTAT\r\nQUIT\r\n",
               "+OK Message 2 is deleted\r\n+OK 35 octets\r\nSubject: one\r\n\r\nHello\r\n<close read-failed>");
}

static void quit_says_when_removing_failed(void **state)
{
    struct player player;
    static const char expected[] = "+OK Message 1 is deleted\r\n<update dkkk>"
                                   "-ERR [SYS/TEMP] Some deleted messages were not removed\r\n<close quit>";
    (void)state;
    player_begin(&player, &ordinary, 65536);
    player.update = RESTANTE_TEMPORARY;
    PLAYER_FEED(&player, "DELE 1\r\nQUIT\r\n");
    check_sent(&player, expected, sizeof(expected) - 1);
    player_end(&player);
}

static void logins_that_find_no_maildrop(void **state)
{
    struct restante_error error = {.status = RESTANTE_IN_USE, .client = "Another session has it"};
    struct buf out = {0};
    (void)state;
    transaction_login_failed(&out, &error);
    error = (struct restante_error){.status = RESTANTE_TEMPORARY};
    transaction_login_failed(&out, &error);
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), "-ERR [IN-USE] Another session has it\r\n"
                                        "-ERR [SYS/TEMP] The maildrop cannot be opened now, try again later\r\n");
    buf_free(&out);
}

/* --- counting and room -------------------------------------------------------------------------------------------- */

static void greeting(void **state)
{
    static const char expected[] = "+OK Maildrop has 4 messages (69 octets)\r\n";
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 1);
    transaction_greet(player.transaction, &player.out);
    player_run(&player);
    check_sent(&player, expected, sizeof(expected) - 1);
    player_end(&player);
}

static void totals(void **state)
{
    const struct transaction_totals *seen;
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 65536);
    PLAYER_FEED(&player, "RETR 1\r\nRETR 3\r\nTOP 4 1\r\nDELE 1\r\nRSET\r\nDELE 4\r\n");
    seen = transaction_totals(player.transaction);
    assert_int_equal(seen->retrieved, 2);
    assert_int_equal(seen->retrieved_octets, 35 + 17);
    assert_int_equal(seen->top, 1);
    assert_int_equal(seen->deleted, 1);
    assert_int_equal(player.fake.retrieved[0], 35);
    assert_int_equal(player.fake.retrieved[2], 17);
    assert_int_equal(player.fake.retrieved[3], 0);
    player_end(&player);
}

static void the_first_packet_holds_status_and_message(void **state)
{
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 65536);
    feed_only(&player, "RETR 1\r\n");
    assert_int_equal(transaction_run(player.transaction, &player.out, 65536), TRANSACTION_NEED_INPUT);
    assert_int_equal(buf_length(&player.out), strlen("+OK 35 octets\r\n") + sizeof(wire_1) - 1);
    player_end(&player);
}

/* A client that stops reading: output stays near the limit, nothing is reported, closing leaves nothing open. */
static void a_stalled_client_costs_little(void **state)
{
    enum { LENGTH = 10 * 1000 * 1000, LIMIT = 65536 };
    char *stored = malloc(LENGTH);
    assert_non_null(stored);
    memset(stored, '\n', LENGTH);
    const struct fake_message large = {stored, LENGTH, 2 * LENGTH, "large"};
    const struct fake_maildrop fake = {.messages = &large, .count = 1};
    struct player player;
    (void)state;
    player_begin(&player, &fake, LIMIT);
    feed_only(&player, "RETR 1\r\nDELE 1\r\n");
    for (int i = 0; i < 3; i++)
        assert_int_equal(transaction_run(player.transaction, &player.out, LIMIT), TRANSACTION_OUTPUT_FULL);
    assert_int_equal(player.fake.reads, 1);
    assert_true(buf_length(&player.out) < LIMIT + 2 * 65536 + 100);
    assert_int_equal(player.fake.retrieved[0], 0);
    player_end(&player);
    /* One that reads gets all of it. */
    player_begin(&player, &fake, LIMIT);
    PLAYER_FEED(&player, "RETR 1\r\n");
    assert_int_equal(buf_length(&player.sent), strlen("+OK 20000000 octets\r\n") + 2 * LENGTH + 3);
    assert_int_equal(player.fake.retrieved[0], 2 * LENGTH);
    player_end(&player);
    free(stored);
}

static void top_reads_no_more_than_it_needs(void **state)
{
    enum { LENGTH = 1000 * 1000 };
    char *stored = malloc(LENGTH);
    assert_non_null(stored);
    memset(stored, 'x', LENGTH);
    memcpy(stored, "H: 1\n\n", 6);
    const struct fake_message large = {stored, LENGTH, LENGTH + 4, "large"};
    const struct fake_maildrop fake = {.messages = &large, .count = 1};
    static const char expected[] = TOP_OK "H: 1\r\n\r\n.\r\n";
    struct player player;
    (void)state;
    player_begin(&player, &fake, 65536);
    PLAYER_FEED(&player, "TOP 1 0\r\n");
    check_sent(&player, expected, sizeof(expected) - 1);
    assert_int_equal(player.fake.reads, 1);
    player_end(&player);
    free(stored);
}

static void listings_wait_for_room(void **state)
{
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 30);
    feed_only(&player, "UIDL\r\nCAPA\r\n");
    assert_int_equal(transaction_run(player.transaction, &player.out, 30), TRANSACTION_OUTPUT_FULL);
    assert_true(buf_length(&player.out) < 30 + 80);
    player_drain(&player);
    assert_int_equal(transaction_run(player.transaction, &player.out, 30), TRANSACTION_OUTPUT_FULL);
    assert_null(memmem(buf_head(&player.out), buf_length(&player.out), "Capabilities", 12));
    player_end(&player);
}

/* Short answers to many commands: others have their turn in between, and nothing is lost. */
static void many_commands_take_turns(void **state)
{
    enum { COMMANDS = LINE_INPUT_MAX / 6 };
    static const char answer[] = "+OK Still here\r\n";
    struct player player;
    size_t turns = 1;
    (void)state;
    player_begin(&player, &ordinary, SIZE_MAX);
    for (size_t i = 0; i < COMMANDS; i++)
        feed_only(&player, "NOOP\r\n");
    while (transaction_run(player.transaction, &player.out, player.limit) == TRANSACTION_OUTPUT_FULL)
        turns++;
    assert_in_range(turns, 2, COMMANDS / 2);
    assert_int_equal(buf_length(&player.out), COMMANDS * (sizeof(answer) - 1));
    assert_memory_equal(buf_head(&player.out) + buf_length(&player.out) - sizeof(answer) + 1, answer,
                        sizeof(answer) - 1);
    player_end(&player);
}

static void a_driver_that_lies_is_not_believed(void **state)
{
    const struct fake_maildrop fake = {.lies = true};
    (void)state;
    CHECK_WITH(&fake, "RETR 1\r\nTOP 1 0\r\nSTAT\r\n", CANNOT_READ CANNOT_READ "+OK 4 69\r\n");
}

static void the_middle_of_a_line(void **state)
{
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 65536);
    assert_false(transaction_is_within_line(player.transaction));
    PLAYER_FEED(&player, "NO");
    assert_true(transaction_is_within_line(player.transaction));
    PLAYER_FEED(&player, "OP\r\n");
    assert_false(transaction_is_within_line(player.transaction));
    for (size_t i = 0; i < 100; i++)
        PLAYER_FEED(&player, "xxxxx");
    assert_true(transaction_is_within_line(player.transaction));
    PLAYER_FEED(&player, "\n");
    assert_false(transaction_is_within_line(player.transaction));
    PLAYER_FEED(&player, "QUIT\r\n");
    assert_false(transaction_is_within_line(player.transaction));
    player_end(&player);
}

static void for_old_clients(void **state)
{
    static const struct transaction_settings old = {
        .hostname = "x", .bad_commands = 4, .compatibility = {.adds_blank_line = true, .replaces_nul = true},
    };
    static const char expected[] = "+OK 0 octets\r\n\r\n.\r\n+OK 17 octets\r\n..first\r\n\r\na?b\rc\r\n.\r\n" TOP_OK
                                   "\r\n.\r\n";
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 65536);
    transaction_close(&player.transaction);
    player.transaction = transaction_open(&old, &player.maildrop);
    PLAYER_FEED(&player, "RETR 2\r\nRETR 3\r\nTOP 2 5\r\n");
    check_sent(&player, expected, sizeof(expected) - 1);
    /* What was counted reaches the driver, and its cache: the next session announces it. */
    assert_int_equal(player.fake.retrieved[1], 2);
    assert_int_equal(player.fake.retrieved[2], 17);
    player_end(&player);
}

static void what_comes_at_the_wrong_time(void **state)
{
    const struct restante_error error = {.status = RESTANTE_OK};
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 65536);
    transaction_updated(player.transaction, RESTANTE_OK, &error, 4, &player.out);
    assert_int_equal(buf_length(&player.out), 0);
    assert_string_equal(transaction_close_reason(player.transaction), "");
    PLAYER_FEED(&player, "STAT\r\nQUIT\r\n");
    assert_true(transaction_feed(player.transaction, "DELE 1\r\n", 8));
    assert_int_equal(transaction_run(player.transaction, &player.out, 65536), TRANSACTION_CLOSE);
    assert_int_equal(transaction_totals(player.transaction)->deleted, 0);
    player_end(&player);
    transaction_close(&player.transaction); /* nothing is open: nothing happens */
}

static void input_is_bounded(void **state)
{
    static char flood[LINE_INPUT_MAX];
    struct player player;
    (void)state;
    player_begin(&player, &ordinary, 1);
    memset(flood, '\n', sizeof(flood));
    assert_int_equal(transaction_room(player.transaction), LINE_INPUT_MAX);
    assert_true(transaction_feed(player.transaction, flood, sizeof(flood)));
    assert_int_equal(transaction_room(player.transaction), 0);
    assert_false(transaction_feed(player.transaction, "x", 1));
    player_end(&player);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_list_uidl),
        cmocka_unit_test(numbers_stay_after_dele),
        cmocka_unit_test(retr),
        cmocka_unit_test(top),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(arguments_are_strict),
        cmocka_unit_test(what_is_no_command),
        cmocka_unit_test(long_lines_get_one_reply),
        cmocka_unit_test(capabilities),
        cmocka_unit_test(quit_updates),
        cmocka_unit_test(fates_remember_what_was_retrieved),
        cmocka_unit_test(an_empty_maildrop),
        cmocka_unit_test(a_message_that_does_not_open),
        cmocka_unit_test(a_message_that_fails_at_once),
        cmocka_unit_test(half_a_message_never_looks_whole),
        cmocka_unit_test(quit_says_when_removing_failed),
        cmocka_unit_test(logins_that_find_no_maildrop),
        cmocka_unit_test(greeting),
        cmocka_unit_test(totals),
        cmocka_unit_test(the_first_packet_holds_status_and_message),
        cmocka_unit_test(a_stalled_client_costs_little),
        cmocka_unit_test(top_reads_no_more_than_it_needs),
        cmocka_unit_test(listings_wait_for_room),
        cmocka_unit_test(many_commands_take_turns),
        cmocka_unit_test(a_driver_that_lies_is_not_believed),
        cmocka_unit_test(the_middle_of_a_line),
        cmocka_unit_test(for_old_clients),
        cmocka_unit_test(what_comes_at_the_wrong_time),
        cmocka_unit_test(input_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
