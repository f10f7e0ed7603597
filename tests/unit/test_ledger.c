/*
 * tests/unit/test_ledger.c - the ledger forgets nothing that was ledger_box_sync, invents nothing, and never loses a damaged
 * file.
 */
#include "ledger_box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "util/log.h"

static size_t known(const struct restante_ledger *ledger)
{
    size_t count = 0, cursor = 0;
    while (ledger_next(ledger, &cursor))
        count++;
    return count;
}

/* What all the file tests write: five lines behind the header. */
static void write_sample(void)
{
    struct restante_ledger *ledger = ledger_box_open(false);
    ledger_put_first_seen(ledger, "one", 1000);
    ledger_put_note(ledger, "one", "copy 2 of a b");
    ledger_box_sync(ledger);
    ledger_put_retrieved(ledger, "two", 2000);
    ledger_put_first_seen(ledger, "three", 3000);
    ledger_box_sync(ledger);
    ledger_put_removed(ledger, "one");
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_null(ledger);
}

/* Are the facts those of the first `lines` lines of the sample (without header)? */
static bool is_sample_after(const struct restante_ledger *ledger, size_t lines)
{
    const struct ledger_entry *one = ledger_find(ledger, "one");
    const struct ledger_entry *two = ledger_find(ledger, "two");
    const struct ledger_entry *three = ledger_find(ledger, "three");
    if ((one != NULL) != (lines >= 1 && lines < 5) || (two != NULL) != (lines >= 3) || (three != NULL) != (lines >= 4))
        return false;
    if (one && (one->first_seen_s != 1000 || (one->note != NULL) != (lines >= 2) || one->retrieved_count != 0))
        return false;
    if (one && one->note && strcmp(one->note, "copy 2 of a b") != 0)
        return false;
    if (two && (two->first_retrieved_s != 2000 || two->retrieved_count != 1 || two->first_seen_s != 0))
        return false;
    return !three || three->first_seen_s == 3000;
}

static void nothing_put_makes_no_file(void **state)
{
    (void)state;
    struct restante_ledger *ledger = ledger_box_open(false);
    assert_null(ledger_find(ledger, "one"));
    ledger_put_removed(ledger, "one");
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger"), 0);
}

static void what_was_synced_is_replayed(void **state)
{
    (void)state;
    write_sample();
    struct restante_ledger *ledger = ledger_box_open(false);
    assert_true(is_sample_after(ledger, 5));
    assert_false(ledger_is_damaged(ledger));
    assert_int_equal(known(ledger), 2);
    ledger_put_retrieved(ledger, "two", 9000);
    ledger_put_first_seen(ledger, "not-ledger_box_sync", 1);
    ledger_put_removed(ledger, "not-ledger_box_sync");
    ledger_box_sync(ledger);
    ledger_put_first_seen(ledger, "never-ledger_box_sync", 1);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_int_equal(ledger_find(ledger, "two")->first_retrieved_s, 2000);
    assert_int_equal(ledger_find(ledger, "two")->retrieved_count, 2);
    assert_null(ledger_find(ledger, "not-ledger_box_sync"));
    assert_null(ledger_find(ledger, "never-ledger_box_sync"));
    ledger_close(&ledger);
    struct stat status;
    assert_int_equal(fstatat(ledger_box_fd, "ledger", &status, 0), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
}

static void what_is_not_legal_is_not_put(void **state)
{
    (void)state;
    char uidl[80], note[300];
    memset(uidl, 'u', sizeof(uidl));
    memset(note, 'n', sizeof(note));
    struct restante_ledger *ledger = ledger_box_open(false);
    uidl[71] = '\0';
    ledger_put_first_seen(ledger, uidl, 1);
    ledger_put_first_seen(ledger, "", 1);
    ledger_put_first_seen(ledger, "a b", 1);
    ledger_put_first_seen(ledger, "a\nb", 1);
    ledger_put_first_seen(ledger, "a\x7f", 1);
    ledger_put_first_seen(ledger, "a\xff", 1);
    note[256] = '\0';
    ledger_put_note(ledger, "a", note);
    ledger_put_note(ledger, "a", "one\ntwo");
    assert_int_equal(known(ledger), 0);
    uidl[70] = '\0';
    note[255] = '\0';
    ledger_put_first_seen(ledger, uidl, INT64_MAX);
    ledger_put_note(ledger, uidl, note);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_int_equal(ledger_find(ledger, uidl)->first_seen_s, INT64_MAX);
    assert_string_equal(ledger_find(ledger, uidl)->note, note);
    ledger_put_note(ledger, uidl, NULL);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_null(ledger_find(ledger, uidl)->note);
    ledger_close(&ledger);
}

static void no_ledger_is_harmless(void **state)
{
    (void)state;
    struct restante_ledger *none = NULL;
    size_t cursor = 0;
    assert_null(ledger_find(none, "a"));
    assert_null(ledger_next(none, &cursor));
    assert_false(ledger_is_damaged(none));
    ledger_put_first_seen(none, "a", 1);
    ledger_put_note(none, "a", "b");
    ledger_put_retrieved(none, "a", 1);
    ledger_put_removed(none, "a");
    assert_int_equal(ledger_sync(none, NULL), RESTANTE_OK);
    ledger_close(&none);
}

static void every_prefix_is_an_earlier_state(void **state)
{
    (void)state;
    char whole[4096], now[4096];
    write_sample();
    size_t length = ledger_box_read(whole, sizeof(whole));
    ledger_box_empty("");
    for (size_t cut = 0; cut <= length; cut++) {
        ledger_box_write(whole, cut);
        size_t lines = 0, good = 0;
        for (size_t i = 0; i < cut; i++)
            if (whole[i] == '\n') {
                lines++;
                good = i + 1;
            }
        struct restante_ledger *ledger = ledger_box_open(true);
        assert_false(ledger_is_damaged(ledger));
        assert_true(is_sample_after(ledger, lines > 0 ? lines - 1 : 0));
        ledger_box_sync(ledger);
        ledger_close(&ledger);
        assert_int_equal(ledger_box_read(now, sizeof(now)), cut);
        ledger = ledger_box_open(false);
        assert_true(is_sample_after(ledger, lines > 0 ? lines - 1 : 0));
        ledger_put_first_seen(ledger, "later", 7);
        ledger_box_sync(ledger);
        ledger_close(&ledger);
        assert_true(ledger_box_read(now, sizeof(now)) > good);
        assert_memory_equal(now, whole, good);
        ledger = ledger_box_open(false);
        assert_false(ledger_is_damaged(ledger));
        assert_true(is_sample_after(ledger, lines > 0 ? lines - 1 : 0));
        assert_int_equal(ledger_find(ledger, "later")->first_seen_s, 7);
        ledger_close(&ledger);
        assert_int_equal(ledger_box_empty("ledger.damaged"), 0);
    }
}

static void flip(const char *whole, size_t length, size_t at, char bits)
{
    char changed[4096], now[4096];
    memcpy(changed, whole, length);
    changed[at] = (char)(changed[at] ^ bits);
    ledger_box_write(changed, length);
    const char *last_feed = whole + length - 1;
    size_t last_line = length - 1;
    while (whole[last_line - 1] != '\n')
        last_line--;
    struct restante_ledger *ledger = ledger_box_open(true);
    bool was_damaged = ledger_is_damaged(ledger);
    if (was_damaged)
        assert_int_equal(known(ledger), 0);
    else
        assert_true(is_sample_after(ledger, 4)); /* the last line was dropped */
    ledger_close(&ledger);
    assert_int_equal(ledger_box_read(now, sizeof(now)), length);
    assert_memory_equal(now, changed, length);
    assert_true(was_damaged || whole + at == last_feed || at >= last_line);
    ledger = ledger_box_open(false);
    assert_int_equal(ledger_is_damaged(ledger), was_damaged);
    ledger_close(&ledger);
    if (was_damaged)
        assert_int_equal(ledger_box_count("ledger.damaged-"), 1);
    ledger_box_empty("");
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    char whole[4096];
    write_sample();
    size_t length = ledger_box_read(whole, sizeof(whole));
    ledger_box_empty("");
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_to_pipe(nowhere); /* a line for each */
    for (size_t at = 0; at < length; at++)
        for (int bit = 0; bit < 8; bit++)
            flip(whole, length, at, (char)(1 << bit));
    log_to_stderr();
    close(nowhere);
}

static void lines_lost_doubled_or_moved_are_damage(void **state)
{
    (void)state;
    char whole[4096], changed[8192];
    write_sample();
    size_t length = ledger_box_read(whole, sizeof(whole));
    ledger_box_empty("");
    char *header_end = (char *)memchr(whole, '\n', length) + 1;
    char *first_end = (char *)memchr(header_end, '\n', length) + 1;
    size_t head = (size_t)(header_end - whole), line = (size_t)(first_end - header_end);
    struct restante_ledger *ledger;
    /* without its second line */
    memcpy(changed, whole, head);
    memcpy(changed + head, first_end, length - head - line);
    ledger_box_write(changed, length - line);
    ledger = ledger_box_open(false);
    assert_true(ledger_is_damaged(ledger));
    ledger_close(&ledger);
    ledger_box_empty("");
    /* with its second line twice */
    memcpy(changed, whole, head + line);
    memcpy(changed + head + line, header_end, length - head);
    ledger_box_write(changed, length + line);
    ledger = ledger_box_open(false);
    assert_true(ledger_is_damaged(ledger));
    ledger_close(&ledger);
    ledger_box_empty("");
    /* twice in a row */
    memcpy(changed, whole, length);
    memcpy(changed + length, whole, length);
    ledger_box_write(changed, 2 * length);
    ledger = ledger_box_open(false);
    assert_true(ledger_is_damaged(ledger));
    ledger_close(&ledger);
}

/* After a loss of power, on file systems that make a file longer before its octets are there. */
static void zeros_in_the_place_of_lines_are_no_damage(void **state)
{
    (void)state;
    char whole[4096], changed[4096];
    write_sample();
    size_t length = ledger_box_read(whole, sizeof(whole)), feeds[8], lines = 0;
    for (size_t i = 0; i < length; i++)
        if (whole[i] == '\n')
            feeds[lines++] = i;
    assert_int_equal(lines, 6);
    log_set_level((enum restante_level)(RESTANTE_ERROR + 1));
    for (size_t first = 0; first < length - 1; first++)
        for (size_t end = first + 2; end <= length; end += 5) {
            size_t line = 0;
            memcpy(changed, whole, length);
            memset(changed + first, 0, end - first);
            while (feeds[line] < first)
                line++;
            ledger_box_write(changed, length);
            struct restante_ledger *ledger = ledger_box_open(false);
            /* Without its first line it could be anything. */
            assert_int_equal(ledger_is_damaged(ledger), line == 0);
            assert_true(line == 0 || is_sample_after(ledger, line - 1));
            ledger_put_first_seen(ledger, "later", 7);
            ledger_box_sync(ledger);
            ledger_close(&ledger);
            ledger = ledger_box_open(true);
            assert_int_equal(ledger_is_damaged(ledger), line == 0);
            assert_true(line == 0 || is_sample_after(ledger, line - 1));
            assert_int_equal(ledger_find(ledger, "later")->first_seen_s, 7);
            ledger_close(&ledger);
            ledger_box_empty("");
        }
    log_set_level(RESTANTE_INFO);
}

static void damage_is_kept_aside_and_never_forgotten(void **state)
{
    (void)state;
    char whole[4096], kept[4096];
    write_sample();
    size_t length = ledger_box_read(whole, sizeof(whole));
    whole[40] ^= 1;
    ledger_box_write(whole, length);
    struct restante_ledger *ledger = ledger_box_open(false);
    assert_true(ledger_is_damaged(ledger));
    assert_int_equal(known(ledger), 0);
    ledger_put_first_seen(ledger, "new", 5);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger.damaged-"), 1);
    DIR *listing = opendir(ledger_box_path);
    for (struct dirent *entry; (entry = readdir(listing));)
        if (strncmp(entry->d_name, "ledger.damaged-", 15) == 0) {
            int fd = openat(ledger_box_fd, entry->d_name, O_RDONLY | O_CLOEXEC);
            assert_int_equal(read(fd, kept, sizeof(kept)), length);
            assert_memory_equal(kept, whole, length);
            close(fd);
        }
    closedir(listing);
    ledger = ledger_box_open(false);
    assert_true(ledger_is_damaged(ledger));
    assert_int_equal(ledger_find(ledger, "new")->first_seen_s, 5);
    /* through compaction too */
    size_t before = ledger_box_read(kept, sizeof(kept));
    for (int i = 0; i < 1000; i++)
        ledger_put_retrieved(ledger, "new", 6);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_true(ledger_box_read(kept, sizeof(kept)) < before + 100);
    ledger = ledger_box_open(false);
    assert_true(ledger_is_damaged(ledger));
    assert_int_equal(ledger_find(ledger, "new")->retrieved_count, 1000);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger.damaged-"), 1);
}

static void a_file_that_is_no_ledger_is_damage(void **state)
{
    (void)state;
    static const char *const texts[] = {"\n", "x", "restante-ledger 1\n", "00000000 restante-ledger 1\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ledger_box_write(texts[i], strlen(texts[i]));
        struct restante_ledger *ledger = ledger_box_open(false);
        assert_true(ledger_is_damaged(ledger));
        ledger_close(&ledger);
        assert_int_equal(ledger_box_empty("ledger.damaged-"), 1);
    }
}

static void compaction_keeps_what_is_known(void **state)
{
    (void)state;
    char whole[65536];
    struct restante_ledger *ledger = ledger_box_open(false);
    ledger_put_note(ledger, "kept", "a note");
    ledger_put_first_seen(ledger, "kept", 11);
    ledger_box_sync(ledger);
    size_t largest = 0;
    for (int i = 0; i < 600; i++) {
        char uidl[16];
        snprintf(uidl, sizeof(uidl), "m%d", i);
        ledger_put_first_seen(ledger, uidl, 1000 + i);
        ledger_box_sync(ledger);
        ledger_put_removed(ledger, uidl);
        ledger_box_sync(ledger);
        size_t length = ledger_box_read(whole, sizeof(whole));
        largest = length > largest ? length : largest;
    }
    assert_true(ledger_box_read(whole, sizeof(whole)) < largest); /* 1,200 lines were never in the file at once */
    assert_true(largest < 600 * 30);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_int_equal(known(ledger), 1);
    assert_string_equal(ledger_find(ledger, "kept")->note, "a note");
    assert_int_equal(ledger_find(ledger, "kept")->first_seen_s, 11);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger.new"), 0);
}

static void a_left_over_new_file_does_not_matter(void **state)
{
    (void)state;
    int fd = openat(ledger_box_fd, "ledger.new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "half", 4), 4);
    close(fd);
    struct restante_ledger *ledger = ledger_box_open(false);
    for (int i = 0; i < 1000; i++)
        ledger_put_retrieved(ledger, "a", 6);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_int_equal(ledger_find(ledger, "a")->retrieved_count, 1000);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger.new"), 0);
}

static void reading_only_changes_nothing(void **state)
{
    (void)state;
    char before[4096], after[4096];
    struct restante_ledger *ledger = ledger_box_open(true);
    ledger_put_first_seen(ledger, "a", 1);
    assert_int_equal(ledger_find(ledger, "a")->first_seen_s, 1);
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger"), 0);
    write_sample();
    size_t length = ledger_box_read(before, sizeof(before));
    ledger = ledger_box_open(true);
    ledger_put_removed(ledger, "two");
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_read(after, sizeof(after)), length);
    assert_memory_equal(before, after, length);
}

static void another_version_is_refused_and_left_alone(void **state)
{
    (void)state;
    char text[64], after[64];
    snprintf(text, sizeof(text), "%08x restante-ledger 2\n", XXH32("restante-ledger 2", 17, 0));
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    ledger_box_write(text, strlen(text));
    assert_int_equal(ledger_open(ledger_box_fd, false, &ledger, &error), RESTANTE_PERMANENT);
    assert_null(ledger);
    assert_non_null(strstr(error.log, "another version"));
    assert_int_equal(ledger_box_read(after, sizeof(after)), strlen(text));
    assert_int_equal(ledger_box_count("ledger"), 1);
}

static void links_and_odd_files_are_refused(void **state)
{
    (void)state;
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    assert_int_equal(symlinkat("/tmp/elsewhere", ledger_box_fd, "ledger"), 0);
    assert_int_equal(ledger_open(ledger_box_fd, false, &ledger, &error), RESTANTE_PERMANENT);
    assert_null(ledger);
    ledger_box_empty("");
    assert_int_equal(mkfifoat(ledger_box_fd, "ledger", 0600), 0);
    assert_int_equal(ledger_open(ledger_box_fd, true, &ledger, &error), RESTANTE_PERMANENT);
    assert_int_equal(ledger_open(ledger_box_fd, false, &ledger, &error), RESTANTE_PERMANENT);
    ledger_box_empty("");
    assert_int_equal(mkdirat(ledger_box_fd, "ledger", 0700), 0);
    assert_int_equal(ledger_open(ledger_box_fd, true, &ledger, &error), RESTANTE_PERMANENT);
    assert_int_equal(ledger_open(ledger_box_fd, false, &ledger, &error), RESTANTE_PERMANENT);
    assert_int_equal(unlinkat(ledger_box_fd, "ledger", AT_REMOVEDIR), 0);
}

static void a_foreign_owner_is_refused(void **state)
{
    (void)state;
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    if (geteuid() != 0)
        skip();
    write_sample();
    assert_int_equal(fchownat(ledger_box_fd, "ledger", 12345, 12345, 0), 0);
    assert_int_equal(ledger_open(ledger_box_fd, false, &ledger, &error), RESTANTE_PERMANENT);
    assert_null(ledger);
    assert_non_null(strstr(error.log, "12345"));
}

static void many_entries_are_found(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    char uidl[32];
    struct restante_ledger *ledger = ledger_box_open(false);
    for (int i = 0; i < MANY; i++) {
        snprintf(uidl, sizeof(uidl), "message-%d", i);
        ledger_put_first_seen(ledger, uidl, i + 1);
    }
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_int_equal(known(ledger), MANY);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(uidl, sizeof(uidl), "message-%d", i);
        assert_int_equal(ledger_find(ledger, uidl)->first_seen_s, i + 1);
        ledger_put_removed(ledger, uidl);
        assert_null(ledger_find(ledger, uidl));
    }
    ledger_box_sync(ledger);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    assert_int_equal(known(ledger), MANY / 2);
    assert_null(ledger_find(ledger, "message-0"));
    assert_int_equal(ledger_find(ledger, "message-1")->first_seen_s, 2);
    ledger_close(&ledger);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_box_make, ledger_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(nothing_put_makes_no_file),
        LEDGER_TEST(what_was_synced_is_replayed),
        LEDGER_TEST(what_is_not_legal_is_not_put),
        LEDGER_TEST(no_ledger_is_harmless),
        LEDGER_TEST(every_prefix_is_an_earlier_state),
        LEDGER_TEST(lines_lost_doubled_or_moved_are_damage),
        LEDGER_TEST(zeros_in_the_place_of_lines_are_no_damage),
        LEDGER_TEST(damage_is_kept_aside_and_never_forgotten),
        LEDGER_TEST(a_file_that_is_no_ledger_is_damage),
        LEDGER_TEST(compaction_keeps_what_is_known),
        LEDGER_TEST(a_left_over_new_file_does_not_matter),
        LEDGER_TEST(reading_only_changes_nothing),
        LEDGER_TEST(another_version_is_refused_and_left_alone),
        LEDGER_TEST(links_and_odd_files_are_refused),
        LEDGER_TEST(a_foreign_owner_is_refused),
        LEDGER_TEST(many_entries_are_found),
        LEDGER_TEST(every_changed_byte_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
