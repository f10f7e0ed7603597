/*
 * UIDLs and what is remembered between sessions, with the core's own ledger.
 */
#include "mbox_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger.h"

#define ONE "From a\nSubject: one\n\n1\n\n"
#define TWO "From a\nSubject: two\n\n2\n\n"
#define THREE "From a\nSubject: three\n\n3\n\n"

static struct restante_host host; /* the kit's, but for the ledger */

static int64_t first_seen_s(const struct restante_ledger *ledger, const char *uidl)
{
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    return entry ? entry->first_seen_s : 0;
}

static void put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    ledger_put_first_seen(ledger, uidl, when_s);
}

static const char *next_known(const struct restante_ledger *ledger, size_t *cursor)
{
    const struct ledger_entry *entry = ledger_next(ledger, cursor);
    return entry ? entry->uidl : NULL;
}

static int make(void **state)
{
    host = kit_host;
    host.ledger_first_seen_s = first_seen_s;
    host.ledger_put_first_seen = put_first_seen;
    host.ledger_next = next_known;
    mbox_box_make(state);
    struct mbox_box *box = *state;
    box->driver.host = &host;
    return 0;
}

/* As the session does it: the ledger is read before and made durable afterwards. */
static void begin(struct mbox_box *box)
{
    enum restante_status status;
    while ((status = ledger_open(box->state_fd, false, &box->ledger, NULL)) == RESTANTE_AGAIN)
        ;
    assert_int_equal(status, RESTANTE_OK);
    mbox_box_open(box);
}

static void end(struct mbox_box *box, const char *fates)
{
    enum restante_status status;
    char uidls[PLAIN_MAX][RESTANTE_UIDL_MAX + 1];
    for (size_t i = 0; fates && fates[i]; i++)
        snprintf(uidls[i], sizeof(uidls[i]), "%s", mbox_box_uidl(box, i));
    if (fates)
        assert_int_equal(mbox_box_commit(box, fates), RESTANTE_OK);
    for (size_t i = 0; fates && fates[i]; i++)
        if (fates[i] == 'd')
            ledger_put_removed(box->ledger, uidls[i]);
    mbox_box_close(box);
    while ((status = ledger_sync(box->ledger, NULL)) == RESTANTE_AGAIN)
        ;
    assert_int_equal(status, RESTANTE_OK);
    ledger_close(&box->ledger);
}

static void keep(const struct mbox_box *box, size_t index, char *uidl)
{
    snprintf(uidl, RESTANTE_UIDL_MAX + 1, "%s", mbox_box_uidl(box, index));
}

static void stable_whatever_happens_to_others(void **state)
{
    struct mbox_box *box = *state;
    char two[RESTANTE_UIDL_MAX + 1], three[RESTANTE_UIDL_MAX + 1];
    mbox_box_put_text(box, ONE TWO "From a\nSubject: three\n\n3"); /* without its last line end */
    begin(box);
    keep(box, 1, two);
    keep(box, 2, three);
    assert_string_not_equal(two, three);
    end(box, "dkk");
    mbox_box_deliver(box, ONE, strlen(ONE), true);
    begin(box);
    assert_int_equal(mbox_count(box->maildrop), 3);
    assert_string_equal(mbox_box_uidl(box, 0), two);
    assert_string_equal(mbox_box_uidl(box, 1), three);
    end(box, NULL);
    mbox_box_put_text(box, "From a\nSubject: two\nStatus: RO\nX-Status: F\n\n2\n\n" THREE);
    begin(box);
    assert_string_equal(mbox_box_uidl(box, 0), two);
    assert_string_equal(mbox_box_uidl(box, 1), three);
    end(box, NULL);
}

static void copies_are_distinct_and_stable(void **state)
{
    struct mbox_box *box = *state;
    for (unsigned gone = 0; gone < 3; gone++) {
        char uidls[3][RESTANTE_UIDL_MAX + 1];
        mbox_box_put_text(box, ONE ONE TWO ONE);
        begin(box);
        keep(box, 0, uidls[0]);
        keep(box, 1, uidls[1]);
        keep(box, 3, uidls[2]);
        for (int i = 0; i < 3; i++)
            assert_string_not_equal(uidls[i], uidls[(i + 1) % 3]);
        end(box, gone == 0 ? "dkkk" : gone == 1 ? "kdkk" : "kkkd");
        for (int again = 0; again < 2; again++) {
            begin(box);
            size_t at = 0;
            for (unsigned i = 0; i < 3; i++) {
                if (i == gone)
                    continue;
                assert_string_equal(mbox_box_uidl(box, at), uidls[i]);
                at += at == 0 && gone == 2 ? 1 : at == 0 ? 2 : 1;
            }
            end(box, NULL);
        }
        mbox_box_deliver(box, ONE, strlen(ONE), false); /* one more: another name, the others keep theirs */
        begin(box);
        size_t last = mbox_count(box->maildrop) - 1;
        for (size_t i = 0; i < last; i++)
            assert_string_not_equal(mbox_box_uidl(box, i), mbox_box_uidl(box, last));
        assert_string_equal(mbox_box_uidl(box, 0), uidls[gone == 0 ? 1 : 0]);
        end(box, "dddd");
    }
}

#define X(uidl, text) "From a Thu Jan  1 00:00:09 1970\nX-UIDL: " uidl "\nSubject: " text "\n\nx\n\n"

static void x_uidl_until_a_date(void **state)
{
    struct mbox_box *box = *state;
    char digest[RESTANTE_UIDL_MAX + 1];
    mbox_box_put_text(box, X("old\t", "a") X("b d", "b") X("\xff", "c") "From a Thu Jan  1 00:00:10 1970\nX-UIDL: new\n\nx\n\n"
                      "From a\nX-UIDL: no-time\n\n");
    begin(box);
    assert_string_not_equal(mbox_box_uidl(box, 0), "old"); /* the setting is off */
    end(box, "kkkkk");
    unlinkat(box->state_fd, "ledger", 0);
    box->driver.x_uidl_before_s = 10;
    begin(box);
    assert_string_equal(mbox_box_uidl(box, 0), "old");
    assert_string_equal(mbox_box_uidl(box, 1), "b");
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(strlen(mbox_box_uidl(box, i)), 32);
    keep(box, 3, digest);
    end(box, "dkkkk");
    begin(box);
    assert_string_equal(mbox_box_uidl(box, 0), "b");
    assert_string_equal(mbox_box_uidl(box, 2), digest);
    end(box, NULL);
}

/* Several claim one: the first has it, and the second never gets it, whoever removes the first. */
static void doubles_of_an_x_uidl(void **state)
{
    struct mbox_box *box = *state;
    char second[RESTANTE_UIDL_MAX + 1];
    box->driver.x_uidl_before_s = 10;
    for (int by_us = 0; by_us < 2; by_us++) {
        mbox_box_put_text(box, X("same", "a") X("same", "b"));
        begin(box);
        assert_string_equal(mbox_box_uidl(box, 0), "same");
        keep(box, 1, second);
        assert_string_not_equal(second, "same");
        end(box, by_us ? "dk" : NULL);
        if (!by_us)
            mbox_box_put_text(box, X("same", "b"));
        for (int again = 0; again < 2; again++) {
            begin(box);
            assert_int_equal(mbox_count(box->maildrop), 1);
            assert_string_equal(mbox_box_uidl(box, 0), second);
            end(box, NULL);
        }
        unlinkat(box->state_fd, "ledger", 0);
    }
}

/* What goes by its X-UIDL takes no number from its copies. */
static void copies_with_and_without_x_uidl(void **state)
{
    struct mbox_box *box = *state;
    char third[RESTANTE_UIDL_MAX + 1];
    box->driver.x_uidl_before_s = 10;
    mbox_box_put_text(box, X("p", "a") X("q", "a") "From a Thu Jan  1 00:00:09 1970\nSubject: a\n\nx\n\n");
    begin(box);
    keep(box, 2, third);
    end(box, NULL);
    for (int again = 0; again < 2; again++) {
        begin(box);
        assert_string_equal(mbox_box_uidl(box, 0), "p");
        assert_string_equal(mbox_box_uidl(box, 1), "q");
        assert_string_equal(mbox_box_uidl(box, 2), third);
        end(box, NULL);
    }
}

static void first_seen_is_remembered(void **state)
{
    struct mbox_box *box = *state;
    struct restante_message before, after;
    mbox_box_put_text(box, ONE);
    begin(box);
    assert_int_equal(mbox_stat(box->maildrop, 0, &before, NULL), RESTANTE_OK);
    assert_true(before.delivered_s > 1000000000);
    end(box, NULL);
    kit_host_ahead_s = 1000;
    mbox_box_deliver(box, TWO, strlen(TWO), false);
    begin(box);
    assert_int_equal(mbox_stat(box->maildrop, 0, &after, NULL), RESTANTE_OK);
    assert_int_equal(after.delivered_s, before.delivered_s);
    assert_int_equal(mbox_stat(box->maildrop, 1, &after, NULL), RESTANTE_OK);
    assert_true(after.delivered_s >= before.delivered_s + 1000);
    end(box, NULL);
    kit_host_ahead_s = -1000; /* in the future: unknown */
    begin(box);
    assert_int_equal(mbox_stat(box->maildrop, 0, &after, NULL), RESTANTE_OK);
    assert_int_equal(after.delivered_s, 0);
    end(box, NULL);
}

#define INTERNAL                                                                                                      \
    "From MAILER-DAEMON Thu Jan  1 00:00:09 1970\nDate: now\nFrom: Mail System Internal Data <M@h>\n"                \
    "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\nStatus: RO\n\ntext\n\n"

static void the_internal_message_is_no_mail(void **state)
{
    struct mbox_box *box = *state;
    struct plain_mbox plain;
    mbox_box_put_text(box, INTERNAL ONE TWO INTERNAL);
    begin(box);
    assert_int_equal(mbox_count(box->maildrop), 3); /* only at the start */
    assert_string_equal(mbox_box_read(box, 0), "Subject: one\n\n1\n");
    end(box, "ddd");
    plain_read(box->path, &plain);
    assert_int_equal(plain.length, strlen(INTERNAL));
    assert_memory_equal(plain.octets, INTERNAL, plain.length);
    plain_free(&plain);
    begin(box);
    assert_int_equal(mbox_count(box->maildrop), 0);
    end(box, "");
    /* A stranger's subject alone makes none. */
    mbox_box_put_text(box, "From a\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\n");
    begin(box);
    assert_int_equal(mbox_count(box->maildrop), 1);
    end(box, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, mbox_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stable_whatever_happens_to_others), TEST(copies_are_distinct_and_stable), TEST(x_uidl_until_a_date),
        TEST(doubles_of_an_x_uidl),              TEST(copies_with_and_without_x_uidl), TEST(first_seen_is_remembered),
        TEST(the_internal_message_is_no_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
