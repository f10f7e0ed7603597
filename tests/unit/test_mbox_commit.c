/*
 * Removals from a mailbox that other programs change: between the scan and the commit, and after a crash.
 */
#include "mbox_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_disk.h"

#define ONE "From a\nSubject: one\n\n1\n\n"
#define TWO "From a\nSubject: two\n\nthe second message\n\n"
#define THREE "From a\nSubject: three\n\n3\n\n"
#define FOUR "From a\nSubject: four\n\n4\n\n"

static void expect(const struct mbox_box *box, const char *content)
{
    struct plain_mbox found;
    plain_read(box->path, &found);
    if (found.length != strlen(content) || memcmp(found.octets, content, found.length) != 0)
        fail_msg("the file holds:\n%.*s", (int)found.length, found.octets);
    plain_free(&found);
}

static void expect_refused(struct mbox_box *box, const char *fates, const char *content)
{
    assert_int_equal(mbox_box_commit(box, fates), RESTANTE_TEMPORARY);
    assert_string_equal(box->error.client, "the mailbox was changed by another program");
    expect(box, content);
    assert_false(mbox_box_has(box, "state/journal-mbox"));
    mbox_box_close(box);
    assert_false(mbox_box_has(box, "state/cache-mbox")); /* not to be believed again */
}

static void ranges(void **state)
{
    static const struct {
        const char *fates, *left;
    } cases[] = {{"dkkk", TWO THREE FOUR}, {"kdkk", ONE THREE FOUR}, {"kkkd", ONE TWO THREE}, {"dkdk", TWO FOUR},
                 {"kddk", ONE FOUR},       {"dddk", FOUR},           {"kddd", ONE},           {"dddd", ""},
                 {"kkkk", ONE TWO THREE FOUR}};
    struct mbox_box *box = *state;
    for (size_t window = 16; window <= 1024; window *= 4)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            box->driver.window_octets = window;
            mbox_box_put_text(box, ONE TWO THREE FOUR);
            mbox_box_open(box);
            assert_int_equal(mbox_box_commit(box, cases[i].fates), RESTANTE_OK);
            expect(box, cases[i].left);
            assert_false(mbox_box_has(box, "state/journal-mbox"));
        }
}

static void times_mode_and_inode_are_kept(void **state)
{
    struct mbox_box *box = *state;
    struct stat before, after;
    const struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 5}, {.tv_sec = 2000, .tv_nsec = 7}};
    mbox_box_put_text(box, ONE TWO THREE);
    assert_int_equal(chmod(box->path, 0660), 0);
    assert_int_equal(utimensat(AT_FDCWD, box->path, times, 0), 0);
    assert_int_equal(stat(box->path, &before), 0);
    mbox_box_open(box);
    assert_int_equal(mbox_box_commit(box, "dkd"), RESTANTE_OK);
    assert_int_equal(stat(box->path, &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(after.st_mtim.tv_sec, 2000);
    assert_int_equal(after.st_mtim.tv_nsec, 7);
}

static void mail_that_was_appended_stays(void **state)
{
    static const struct {
        const char *before, *fates, *left;
        bool is_careful;
    } cases[] = {
        {ONE TWO, "dk", TWO FOUR, false},
        {ONE TWO, "kd", ONE FOUR, false},
        {ONE TWO, "dd", FOUR, false},
        {ONE "From a\n\nx\n", "dk", "From a\n\nx\n\n" FOUR, true},
        {ONE "From a\n\nx\n", "kd", ONE FOUR, true}, /* the blank line that the deliverer added goes too */
        {ONE "From a\n\nx", "kd", ONE FOUR, true},
        {ONE "From a\n\nx", "dk", "From a\n\nx\n\n" FOUR, true},
        {"From a\n\nx", "d", FOUR, true},
    };
    struct mbox_box *box = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        mbox_box_put_text(box, cases[i].before);
        mbox_box_open(box);
        mbox_box_deliver(box, FOUR, strlen(FOUR), cases[i].is_careful);
        assert_int_equal(mbox_box_commit(box, cases[i].fates), RESTANTE_OK);
        expect(box, cases[i].left);
    }
}

static void what_is_no_longer_what_was_listed_is_refused(void **state)
{
    static const struct {
        const char *now, *fates;
    } cases[] = {
        {ONE "From a\nSubject: two\n\nthe s3cond message\n\n" THREE, "dkk"}, /* the same size */
        {ONE TWO "From a\nSubject: three\nStatus: RO\n\n3\n\n", "dkk"},     /* grown */
        {ONE TWO, "dkk"},                                                    /* shorter */
        {"", "kkd"},
        {TWO ONE THREE, "kdk"},
        {ONE TWO THREE "text without a beginning\n", "kdk"},
        {"text\n" ONE TWO THREE, "dkk"},
    };
    struct mbox_box *box = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        mbox_box_put_text(box, ONE TWO THREE);
        mbox_box_open(box);
        mbox_box_put_text(box, cases[i].now);
        expect_refused(box, cases[i].fates, cases[i].now);
    }
}

static void another_file_in_its_place_is_refused(void **state)
{
    struct mbox_box *box = *state;
    char aside[512];
    snprintf(aside, sizeof(aside), "%s/aside", box->folder);
    mbox_box_put_text(box, ONE TWO);
    mbox_box_open(box);
    assert_int_equal(rename(box->path, aside), 0);
    mbox_box_put_text(box, ONE TWO);
    expect_refused(box, "dk", ONE TWO);
    mbox_box_open(box);
    assert_int_equal(unlink(box->path), 0);
    assert_int_equal(mbox_box_commit(box, "dk"), RESTANTE_TEMPORARY);
    assert_false(mbox_box_has(box, "box"));
}

static void a_change_before_the_first_removed_is_harmless(void **state)
{
    struct mbox_box *box = *state;
    mbox_box_put_text(box, ONE TWO THREE);
    mbox_box_open(box);
    mbox_box_put_text(box, "From a\nSubject: ONE\n\n1\n\n" TWO THREE);
    assert_int_equal(mbox_box_commit(box, "kdk"), RESTANTE_OK);
    expect(box, "From a\nSubject: ONE\n\n1\n\n" THREE);
}

static void reading_what_has_changed_ends_with_an_error(void **state)
{
    struct mbox_box *box = *state;
    mbox_box_put_text(box, ONE TWO);
    mbox_box_open(box);
    assert_string_equal(mbox_box_read(box, 0), "Subject: one\n\n1\n");
    mbox_box_put_text(box, "From a\nSubject: one\n\n2\n\n" TWO);
    assert_null(mbox_box_read(box, 0));
    assert_non_null(mbox_box_read(box, 1));
    mbox_box_put_text(box, ONE);
    assert_null(mbox_box_read(box, 1));
}

static void without_permission_nothing_is_deleted(void **state)
{
    struct mbox_box *box = *state;
    mbox_box_put_text(box, ONE TWO);
    struct mbox *mbox = mbox_box_open(box);
    mbox->is_writable = false; /* as it is found for a user who may only read it; root may everything */
    assert_int_equal(mbox_box_commit(box, "dk"), RESTANTE_TEMPORARY);
    assert_non_null(strstr(box->error.log, "cannot be written: nothing is deleted"));
    expect(box, ONE TWO);
}

static void without_a_state_directory(void **state)
{
    struct mbox_box *box = *state;
    int state_fd = box->state_fd;
    box->state_fd = -1;
    mbox_box_put_text(box, ONE TWO);
    mbox_box_open(box);
    assert_int_equal(mbox_box_commit(box, "dk"), RESTANTE_TEMPORARY);
    assert_non_null(strstr(box->error.log, "no place for the journal"));
    expect(box, ONE TWO);
    mbox_box_open(box);
    assert_int_equal(mbox_box_commit(box, "kd"), RESTANTE_OK); /* a cut needs none */
    expect(box, ONE);
    box->state_fd = state_fd;
}

/* --- a mailbox that another program rewrites between a crash and the recovery ----------------------------------- */

static void crash(struct mbox_box *box, const char *content, const char *fates, unsigned at)
{
    kit_host_forget_log();
    mbox_box_put_text(box, content);
    mbox_box_open(box);
    kit_disk_arm(KIT_DISK_KILL, at, 0, 1);
    assert_int_not_equal(mbox_box_commit(box, fates), RESTANTE_OK);
    mbox_box_close(box);
    kit_disk_disarm();
}

/* At the first call behind which there is a journal: how many come before depends on whether the cache is written. */
static void crash_with_journal(struct mbox_box *box, const char *content, const char *fates)
{
    for (unsigned at = 1; at < 20; at++) {
        crash(box, content, fates, at);
        if (mbox_box_has(box, "state/journal-mbox"))
            return;
    }
    fail_msg("no call leaves a journal");
}

#define LONG_TAIL "a message that is longer than what a checksum looks at, so that it can be changed within it\n\n"

/* A message is replaced by another of the same length, or grows: the recovery keeps its hands off. */
static void a_recovery_touches_no_other_mail(void **state)
{
    static const char before[] = ONE "From a\nSubject: two\n\n" LONG_TAIL THREE "From a\nSubject: four\n\n" LONG_TAIL;
    static const char *const changed[] = {
        "From a\nSubject: two\n\n" LONG_TAIL THREE "From a\nSubject: four\n\n" LONG_TAIL ONE,
        ONE "From a\nSubject: two\nStatus: RO\n\n" LONG_TAIL THREE "From a\nSubject: four\n\n" LONG_TAIL,
        ONE THREE "From a\nSubject: four\n\n" LONG_TAIL "From a\nSubject: new\n\n" LONG_TAIL THREE THREE,
    };
    /* Windows as large as here hold everything: then they alone are looked at. Smaller ones: the next test. */
    struct mbox_box *box = *state;
    unsigned asides = 0;
    for (size_t window = 512; window <= 4096; window *= 8)
        for (unsigned at = 1; at < 15; at++)
            for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
                box->driver.window_octets = window;
                crash(box, before, "dkkk", at);
                bool had_journal = mbox_box_has(box, "state/journal-mbox");
                mbox_box_put_text(box, changed[i]); /* the same inode */
                mbox_box_open(box);
                expect(box, changed[i]);
                assert_false(mbox_box_has(box, "state/journal-mbox"));
                if (at < 12) /* later it may as well have been cut already, and changed afterwards */
                    assert_int_equal(strstr(kit_host_log_text(), "cannot be followed") != NULL, had_journal);
                asides += had_journal;
                mbox_box_close(box);
            }
    assert_true(asides > 10);
}

#define TAIL_OCTETS 6000

/* What has not moved yet has grown, shrunk or been replaced: the ends of the stretches tell. */
static void a_recovery_looks_at_what_has_not_moved(void **state)
{
    static char before[3 * TAIL_OCTETS + 200], changed[3 * TAIL_OCTETS + 200];
    struct mbox_box *box = *state;
    unsigned asides = 0;
    for (int kind = 0; kind < 4; kind++)
        for (unsigned at = 11; at < 30; at += 3) {
            size_t used = (size_t)sprintf(before, "%s", ONE);
            size_t changed_used = (size_t)sprintf(changed, "%s", ONE);
            for (int i = 0; i < 3; i++) {
                used += (size_t)sprintf(before + used, "From a\nSubject: %d\n\n%0*d\n\n", i, TAIL_OCTETS, i + 7);
                if (i == 2 && kind == 0) /* another message of the same length */
                    changed_used += (size_t)sprintf(changed + changed_used, "From a\nSubject: %d\n\n%0*d\n\n", 5,
                                                    TAIL_OCTETS, 99);
                else if (i == 2 && kind == 1) /* grown */
                    changed_used += (size_t)sprintf(changed + changed_used, "From a\nSubject: %d\nStatus: O\n\n%0*d\n\n", i,
                                                    TAIL_OCTETS, i + 7);
                else if (i == 2 && kind == 2) /* gone */
                    continue;
                else
                    changed_used += (size_t)sprintf(changed + changed_used, "From a\nSubject: %d\n\n%0*d\n\n", i,
                                                    TAIL_OCTETS, i + 7);
            }
            box->driver.window_octets = 512;
            crash(box, before, "dkkk", at);
            assert_true(mbox_box_has(box, "state/journal-mbox"));
            struct plain_mbox torn;
            plain_read(box->path, &torn);
            /* What has moved stays as it is; behind it everything is as the other program made it. */
            assert_int_equal(torn.length, used);
            size_t from = 2 * (TAIL_OCTETS + 20);
            char *now = malloc(changed_used + used);
            assert_non_null(now);
            memcpy(now, torn.octets, from);
            memcpy(now + from, changed + from, changed_used - from);
            mbox_box_put(box, now, changed_used);
            mbox_box_open(box);
            bool is_aside = strstr(kit_host_log_text(), "cannot be followed") != NULL;
            assert_int_equal(is_aside, kind != 3); /* unchanged: it goes on */
            asides += is_aside;
            if (is_aside) {
                struct plain_mbox found;
                plain_read(box->path, &found);
                assert_int_equal(found.length, changed_used);
                assert_memory_equal(found.octets, now, changed_used);
                plain_free(&found);
            }
            free(now);
            plain_free(&torn);
            mbox_box_close(box);
        }
    assert_true(asides > 10);
}

static void a_recovery_is_for_its_own_file(void **state)
{
    struct mbox_box *box = *state;
    char aside[512];
    snprintf(aside, sizeof(aside), "%s/aside", box->folder);
    crash_with_journal(box, ONE TWO THREE, "dkk");
    assert_int_equal(rename(box->path, aside), 0);
    mbox_box_put_text(box, ONE TWO THREE);
    mbox_box_open(box);
    expect(box, ONE TWO THREE);
    assert_non_null(strstr(kit_host_log_text(), "another file now"));
}

static void an_inspection_recovers_nothing(void **state)
{
    struct mbox_box *box = *state;
    crash_with_journal(box, ONE TWO THREE, "dkk");
    box->is_read_only = true;
    char *before = kit_files_describe(box->folder);
    assert_int_equal(mbox_box_try_open(box), RESTANTE_TEMPORARY);
    char *after = kit_files_describe(box->folder);
    assert_string_equal(before, after);
    free(before);
    free(after);
    box->is_read_only = false;
    mbox_box_open(box);
    expect(box, TWO THREE);
}

/* A disk that fails: nothing has happened when it fails early; the client is told, and by what. */
static void a_full_disk_leaves_the_mailbox_as_it_was(void **state)
{
    static const int errors[] = {ENOSPC, EDQUOT, EIO, EROFS};
    struct mbox_box *box = *state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        for (unsigned at = 1; at < 5; at++) {
            mbox_box_put_text(box, ONE TWO THREE);
            mbox_box_open(box);
            kit_disk_arm(KIT_DISK_ERRORS, at, errors[i], 0);
            assert_int_equal(mbox_box_commit(box, "dkk"), RESTANTE_TEMPORARY);
            assert_int_equal(box->error.errno_value, errors[i]);
            assert_string_equal(box->error.client, "the mailbox cannot be changed now");
            mbox_box_close(box);
            kit_disk_disarm();
            expect(box, ONE TWO THREE);
            assert_false(mbox_box_has(box, "state/journal-mbox"));
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mbox_box_make, mbox_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ranges),
        TEST(times_mode_and_inode_are_kept),
        TEST(mail_that_was_appended_stays),
        TEST(what_is_no_longer_what_was_listed_is_refused),
        TEST(another_file_in_its_place_is_refused),
        TEST(a_change_before_the_first_removed_is_harmless),
        TEST(reading_what_has_changed_ends_with_an_error),
        TEST(without_permission_nothing_is_deleted),
        TEST(without_a_state_directory),
        TEST(a_recovery_touches_no_other_mail),
        TEST(a_recovery_looks_at_what_has_not_moved),
        TEST(a_recovery_is_for_its_own_file),
        TEST(an_inspection_recovers_nothing),
        TEST(a_full_disk_leaves_the_mailbox_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
