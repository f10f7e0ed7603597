/*
 * tests/unit/test_journal.c - the journal tells what was synced, whatever it consists of, in its order, and nothing
 * else; old entries go.
 */
#include "ledger_box.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/journal.h"
#include "ledger/journal_line.h"

#define DAY_S 86400
#define NOW_S INT64_C(1800000000)

static struct journal_entry entry_at(int64_t when_s, const char *uidl)
{
    return (struct journal_entry){.when_s = when_s, .act = JOURNAL_REMOVED, .user = "alice", .peer = "192.0.2.7",
                                  .uidl = uidl, .octets = 1234};
}

static void sync_journal(struct journal *journal)
{
    struct restante_error error = {0};
    if (journal_sync(journal, &error) != RESTANTE_OK)
        fail_msg("journal_sync: %s", error.log);
}

/* One entry in a session of its own. */
static void tell(int64_t when_s, const char *uidl, int64_t keep_s)
{
    struct journal *journal = journal_open(ledger_box_fd, keep_s);
    struct journal_entry entry = entry_at(when_s, uidl);
    journal_put(journal, &entry);
    sync_journal(journal);
    journal_close(&journal);
    assert_null(journal);
}

/* The UIDLs of what is read, joined. */
static char told[4096];
static size_t told_count, broken;

static bool collect(void *context, const struct journal_entry *entry)
{
    size_t length = strlen(told);
    const size_t *most = context;
    snprintf(told + length, sizeof(told) - length, "%s ", entry->uidl);
    return ++told_count != *most;
}

static const char *read_some(int64_t since_s, size_t most)
{
    struct restante_error error = {0};
    told[0] = '\0';
    told_count = 0;
    if (journal_read(ledger_box_fd, since_s, collect, &most, &broken, &error) != RESTANTE_OK)
        fail_msg("journal_read: %s", error.log);
    return told;
}

static const char *read_all(void)
{
    return read_some(0, SIZE_MAX);
}

/* The name of the one file, or of the last by name. */
static const char *last_name(void)
{
    static char name[256];
    DIR *listing = opendir(ledger_box_path);
    assert_non_null(listing);
    name[0] = '\0';
    for (struct dirent *entry; (entry = readdir(listing));)
        if (strncmp(entry->d_name, "removals-", 9) == 0 && strcmp(entry->d_name, name) > 0)
            snprintf(name, sizeof(name), "%s", entry->d_name);
    closedir(listing);
    return name;
}

static size_t read_file(const char *name, char *to, size_t capacity)
{
    int fd = openat(ledger_box_fd, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t length = read(fd, to, capacity);
    assert_true(length >= 0 && (size_t)length < capacity);
    close(fd);
    return (size_t)length;
}

static void write_file(const char *name, const char *data, size_t length)
{
    int fd = openat(ledger_box_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, length), length);
    close(fd);
}

/* --- lines ------------------------------------------------------------------------------------------------------ */

static void a_line_is_json_that_says_everything(void **state)
{
    (void)state;
    struct buf line = {0};
    journal_line_format(&line, &(struct journal_entry){
        .when_s = 1764009612, .act = JOURNAL_SET_ASIDE, .user = "al\"ice\\", .peer = "expire", .session = "s1",
        .uidl = "u~!", .octets = UINT64_MAX, .message_id = "<a\r\n\tb\xc3\xa9\x7f@example>", .policy = "keep a week",
        .rule = "dele, line 4", .reason = "younger than 7d", .until_s = INT64_MAX});
    static const char wanted[] =
        "{\"time\":\"2025-11-24T18:40:12Z\",\"act\":\"set aside\",\"user\":\"al\\\"ice\\\\\",\"peer\":\"expire\","
        "\"session\":\"s1\",\"uidl\":\"u~!\",\"octets\":18446744073709551615,"
        "\"message_id\":\"<a\\u000d\\u000a\\u0009b\\u00c3\\u00a9\\u007f@example>\",\"policy\":\"keep a week\","
        "\"rule\":\"dele, line 4\",\"reason\":\"younger than 7d\",\"until\":\"9999-12-31T23:59:59Z\"}\n";
    assert_int_equal(buf_length(&line), strlen(wanted));
    assert_memory_equal(buf_head(&line), wanted, strlen(wanted));
    buf_free(&line);
}

static void every_octet_comes_back(void **state)
{
    (void)state;
    char every[256];
    struct buf line = {0};
    struct journal_entry back;
    for (size_t i = 0; i < 255; i++)
        every[i] = (char)(i + 1);
    every[255] = '\0';
    for (int act = 0; act < JOURNAL_ACTS; act++) {
        buf_clear(&line);
        journal_line_format(&line, &(struct journal_entry){.when_s = act, .act = (enum journal_act)act, .user = every,
                                                           .message_id = every, .until_s = act * 1000});
        for (size_t i = 0; i + 1 < buf_length(&line); i++)
            assert_true(buf_head(&line)[i] >= ' ' && buf_head(&line)[i] <= '~');
        assert_true(journal_line_parse(&back, buf_head(&line), buf_length(&line) - 1));
        assert_string_equal(back.user, every);
        assert_string_equal(back.message_id, every);
        assert_string_equal(back.reason, "");
        assert_int_equal(back.act, act);
        assert_int_equal(back.when_s, act);
        assert_int_equal(back.until_s, act * 1000);
    }
    buf_free(&line);
}

static void what_is_too_long_is_cut(void **state)
{
    (void)state;
    char text[3000];
    struct buf line = {0};
    struct journal_entry back;
    memset(text, '\x80', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    journal_line_format(&line, &(struct journal_entry){.when_s = INT64_MAX, .octets = UINT64_MAX, .user = text,
                                                       .peer = text, .session = text, .uidl = text, .policy = text,
                                                       .message_id = text, .rule = text, .reason = text,
                                                       .act = JOURNAL_NOT_REMOVED, .until_s = INT64_MAX});
    assert_true(buf_length(&line) < JOURNAL_LINE_MAX);
    assert_true(journal_line_parse(&back, buf_head(&line), buf_length(&line) - 1));
    assert_int_equal(strlen(back.user), JOURNAL_USER_MAX);
    assert_int_equal(strlen(back.message_id), JOURNAL_MESSAGE_ID_MAX);
    assert_int_equal(strlen(back.reason), JOURNAL_REASON_MAX);
    assert_int_equal(back.when_s, INT64_C(253402300799));
    buf_free(&line);
}

static void what_is_no_entry_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "{}", "null", "[]", "{\"time\":\"2026-01-01T00:00:00Z\"}", "{\"act\":\"removed\"}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"gone\"}", "{\"time\":\"2026-02-30T00:00:00Z\",\"act\":\"removed\"}",
        "{\"time\":\"2026-01-01T00:00:60Z\",\"act\":\"removed\"}", "{\"time\":\"2026-01-01 00:00:00Z\",\"act\":\"removed\"}",
        "{\"time\":\"1969-12-31T23:59:59Z\",\"act\":\"removed\"}", "{\"time\":1,\"act\":\"removed\"}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\"", "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\"}}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",}", "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"octets\":-1}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"octets\":18446744073709551616}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":\"\\u0000\"}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":\"\\u0100\"}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":\"\\u00\"}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":\"\\x41\"}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":\"a}", "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":[]}",
        "{\"time\":\"2026-01-01T00:00:00Z\",\"act\":\"removed\",\"user\":{}}", "{\"time\":\"2026-01-01T00:00:00Z\" \"act\":\"removed\"}",
    };
    char text[256];
    struct journal_entry entry;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        snprintf(text, sizeof(text), "%s", texts[i]);
        if (journal_line_parse(&entry, text, strlen(text)))
            fail_msg("taken for an entry: %s", texts[i]);
    }
    /* What a later version may add is passed over. */
    snprintf(text, sizeof(text), "{\"new\":\"x\",\"act\":\"restored\",\"size\":7,\"time\":\"2026-01-01T00:00:00Z\",\"uidl\":\"\\/\"}");
    assert_true(journal_line_parse(&entry, text, strlen(text)));
    assert_int_equal(entry.act, JOURNAL_RESTORED);
    assert_string_equal(entry.uidl, "/");
}

/* --- the file --------------------------------------------------------------------------------------------------- */

static void what_was_synced_is_read(void **state)
{
    (void)state;
    assert_string_equal(read_all(), "");
    struct journal *journal = journal_open(ledger_box_fd, 365 * DAY_S);
    sync_journal(journal);
    assert_int_equal(ledger_box_count("removals"), 0);
    struct journal_entry entry = entry_at(NOW_S, "a");
    journal_put(journal, &entry);
    entry.uidl = "b";
    journal_put(journal, &entry);
    sync_journal(journal);
    entry.uidl = "not-synced";
    journal_put(journal, &entry);
    journal_close(&journal);
    tell(NOW_S + 5, "c", 365 * DAY_S);
    assert_string_equal(read_all(), "a b c ");
    assert_int_equal(broken, 0);
    assert_string_equal(read_some(NOW_S + 1, SIZE_MAX), "c ");
    assert_string_equal(read_some(0, 2), "a b ");
    assert_int_equal(ledger_box_count("removals"), 1);
    assert_string_equal(last_name(), "removals-000001-1800000000.jsonl");
    struct stat facts;
    assert_int_equal(fstatat(ledger_box_fd, last_name(), &facts, 0), 0);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
    told[0] = '\0';
    assert_int_equal(journal_read(-1, 0, collect, NULL, &broken, NULL), RESTANTE_OK);
    assert_string_equal(told, "");
}

static void a_torn_line_costs_itself_alone(void **state)
{
    (void)state;
    char whole[2048], wanted[64];
    tell(NOW_S, "a", DAY_S);
    tell(NOW_S, "b", DAY_S);
    tell(NOW_S, "c", DAY_S);
    char name[256];
    snprintf(name, sizeof(name), "%s", last_name());
    size_t length = read_file(name, whole, sizeof(whole));
    for (size_t cut = 0; cut <= length; cut++) {
        size_t lines = 0;
        for (size_t i = 0; i < cut; i++)
            lines += whole[i] == '\n';
        bool is_torn = cut > 0 && whole[cut - 1] != '\n';
        /* What is whole but for its line feed counts once something follows. */
        size_t whole_lines = lines + (is_torn && whole[cut] == '\n');
        write_file(name, whole, cut);
        snprintf(wanted, sizeof(wanted), "%.*s", (int)(2 * lines), "a b c ");
        assert_string_equal(read_all(), wanted);
        assert_int_equal(broken, 0);
        tell(NOW_S, "d", DAY_S);
        snprintf(wanted, sizeof(wanted), "%.*sd ", (int)(2 * whole_lines), "a b c ");
        assert_string_equal(read_all(), wanted);
        assert_int_equal(broken, is_torn && whole_lines == lines);
    }
}

static void broken_lines_are_counted_and_passed_over(void **state)
{
    (void)state;
    static char text[200000];
    tell(NOW_S, "a", DAY_S);
    char name[256];
    snprintf(name, sizeof(name), "%s", last_name());
    size_t length = read_file(name, text, sizeof(text)), line = length;
    text[length++] = '\n';
    /* Longer than what is read at once, and behind that like an entry. */
    memset(text + length, 'x', 65536 - length);
    length = 65536;
    memcpy(text + length, text, line);
    length += line;
    memcpy(text + length, text, line);
    length += line;
    memcpy(text + length, "\0\0\0\n", 4);
    length += 4;
    memcpy(text + length, text, line);
    length += line;
    write_file(name, text, length);
    assert_string_equal(read_all(), "a a a ");
    assert_int_equal(broken, 3);
    /* The length of a line is no limit to those behind it; an endless unfinished one ends the file. */
    memset(text + length, 'y', 30000);
    write_file(name, text, length + 30000);
    assert_string_equal(read_all(), "a a a ");
    assert_int_equal(broken, 3);
}

static void put_numbered(struct journal *journal, unsigned first, unsigned count)
{
    char uidl[32], text[JOURNAL_MESSAGE_ID_MAX + 1];
    memset(text, 'm', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (unsigned i = first; i < first + count; i++) {
        snprintf(uidl, sizeof(uidl), "%u", i);
        struct journal_entry entry = entry_at(NOW_S + i, uidl);
        entry.message_id = text;
        journal_put(journal, &entry);
    }
}

static bool is_next_number(void *context, const struct journal_entry *entry)
{
    unsigned *next = context;
    if ((unsigned)strtoul(entry->uidl, NULL, 10) != *next || entry->when_s != NOW_S + *next)
        fail_msg("entry %s where %u should be", entry->uidl, *next);
    ++*next;
    return true;
}

static void a_long_file_is_followed_by_another(void **state)
{
    (void)state;
    struct journal *journal = journal_open(ledger_box_fd, 365 * DAY_S);
    for (unsigned i = 0; i < 10; i++) {
        put_numbered(journal, i * 1000, 1000); /* more than a megabyte */
        sync_journal(journal);
        if (i == 6) {
            journal_close(&journal);
            journal = journal_open(ledger_box_fd, 365 * DAY_S);
        }
    }
    journal_close(&journal);
    assert_int_equal(ledger_box_count("removals"), 3);
    unsigned next = 0;
    assert_int_equal(journal_read(ledger_box_fd, 0, is_next_number, &next, &broken, NULL), RESTANTE_OK);
    assert_int_equal(next, 10000);
    assert_int_equal(broken, 0);
    next = 9990;
    assert_int_equal(journal_read(ledger_box_fd, NOW_S + 9990, is_next_number, &next, &broken, NULL), RESTANTE_OK);
    assert_int_equal(next, 10000);
}

/* However young they are. */
static void there_are_never_many_files(void **state)
{
    (void)state;
    char name[64];
    for (int i = 1; i < 80; i++) {
        snprintf(name, sizeof(name), "removals-%06d-%d.jsonl", i, 1000 + i);
        write_file(name, "\n", 1);
    }
    tell(NOW_S, "a", INT64_MAX / 2);
    assert_int_equal(ledger_box_count("removals"), 64);
    assert_string_equal(read_all(), "a ");
    assert_int_equal(broken, 64);
    assert_int_equal(faccessat(ledger_box_fd, "removals-000015-1015.jsonl", F_OK, 0), -1);
    assert_int_equal(faccessat(ledger_box_fd, "removals-000016-1016.jsonl", F_OK, 0), 0);
}

static void old_entries_go(void **state)
{
    (void)state;
    char uidl[32];
    for (int month = 0; month < 24; month++) {
        snprintf(uidl, sizeof(uidl), "m%d", month);
        tell(NOW_S + month * 31 * DAY_S, uidl, 365 * DAY_S);
        snprintf(uidl, sizeof(uidl), "l%d", month); /* late, in the same file */
        tell(NOW_S + (month * 31 + 29) * DAY_S, uidl, 365 * DAY_S);
    }
    const char *first = read_all();
    /* Nothing that is younger than a year is gone, nothing older than a year and two months is there. */
    assert_memory_equal(first, "m12 l12 m13 ", 12);
    assert_non_null(strstr(first, "m23 l23 "));
    /* Kept for ever: none goes, and a wrong clock costs nothing. */
    tell(NOW_S + INT64_C(100) * 365 * DAY_S, "future", INT64_MAX);
    assert_non_null(strstr(read_all(), "m12 "));
    tell(NOW_S + 24 * 31 * DAY_S, "again", 365 * DAY_S);
    assert_non_null(strstr(read_all(), "m13 "));
    assert_non_null(strstr(read_all(), "future again "));
}

static void old_entries_go_without_new_ones(void **state)
{
    (void)state;
    struct restante_error error = {0};
    assert_int_equal(journal_drop_old(ledger_box_fd, 365 * DAY_S, NOW_S, &error), RESTANTE_OK);
    for (int month = 0; month < 6; month++)
        tell(NOW_S + month * 31 * DAY_S, "x", 365 * DAY_S);
    int64_t last_s = NOW_S + 5 * 31 * DAY_S;
    assert_int_equal(journal_drop_old(ledger_box_fd, 365 * DAY_S, last_s, &error), RESTANTE_OK);
    assert_int_equal(ledger_box_count("removals"), 6);
    assert_int_equal(journal_drop_old(ledger_box_fd, INT64_MAX, last_s * 2, &error), RESTANTE_OK);
    assert_int_equal(ledger_box_count("removals"), 6);
    assert_int_equal(journal_drop_old(ledger_box_fd, 70 * DAY_S, last_s, &error), RESTANTE_OK);
    assert_string_equal(read_all(), "x x x x "); /* up to 93 days old: nobody knows that the file's entry was its last */
    assert_int_equal(journal_drop_old(ledger_box_fd, 70 * DAY_S, last_s + 70 * DAY_S, &error), RESTANTE_OK);
    assert_string_equal(read_all(), "x x ");
    assert_int_equal(journal_drop_old(ledger_box_fd, 70 * DAY_S, last_s + 70 * DAY_S + 1, &error), RESTANTE_OK);
    assert_int_equal(ledger_box_count("removals"), 0);
    tell(NOW_S, "y", 365 * DAY_S);
    assert_int_equal(journal_drop_old(ledger_box_fd, 0, NOW_S, &error), RESTANTE_OK);
    assert_int_equal(ledger_box_count("removals"), 0);
    tell(NOW_S, "z", 365 * DAY_S); /* and begins anew */
    assert_string_equal(read_all(), "z ");
}

static void links_and_odd_files_are_refused(void **state)
{
    (void)state;
    struct restante_error error = {0};
    struct journal_entry entry = entry_at(NOW_S, "a");
    static const char name[] = "removals-000003-1800000000.jsonl";
    for (int kind = 0; kind < 3; kind++) {
        if (kind == 0)
            assert_int_equal(symlinkat("/tmp/elsewhere", ledger_box_fd, name), 0);
        else if (kind == 1)
            assert_int_equal(mkfifoat(ledger_box_fd, name, 0600), 0);
        else
            assert_int_equal(mkdirat(ledger_box_fd, name, 0700), 0);
        struct journal *journal = journal_open(ledger_box_fd, DAY_S);
        journal_put(journal, &entry);
        assert_int_not_equal(journal_sync(journal, &error), RESTANTE_OK);
        assert_non_null(strstr(error.log, name));
        journal_close(&journal);
        assert_int_not_equal(journal_read(ledger_box_fd, 0, collect, NULL, NULL, &error), RESTANTE_OK);
        assert_int_equal(unlinkat(ledger_box_fd, name, kind == 2 ? AT_REMOVEDIR : 0), 0);
    }
    /* Names that are not ours are nobody's business. */
    write_file("removals-1-5.jsonl", "x\n", 2);
    write_file("removals-000001-5.jsonl.bak", "x\n", 2);
    write_file("removals-000001--5.jsonl", "x\n", 2);
    write_file("removals-99999999999999999999-5.jsonl", "x\n", 2);
    tell(NOW_S, "a", DAY_S);
    assert_string_equal(read_all(), "a ");
    assert_int_equal(broken, 0);
}

/* As on a full disk: nothing of what failed stays, and it can go on. */
static void what_cannot_be_written_is_told_and_taken_back(void **state)
{
    (void)state;
    struct rlimit limit, before;
    char whole[4096], after[4096];
    struct restante_error error = {0};
    tell(NOW_S, "a", DAY_S);
    size_t length = read_file(last_name(), whole, sizeof(whole));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int turn = 0; turn < 2; turn++) {
        struct journal *journal = journal_open(ledger_box_fd, DAY_S);
        limit = before;
        limit.rlim_cur = length + 300;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        put_numbered(journal, 0, turn ? 5000 : 1); /* more than is held in memory, or less */
        enum restante_status status = journal_sync(journal, &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, RESTANTE_TEMPORARY);
        assert_non_null(strstr(error.log, "journal"));
        assert_int_equal(read_file(last_name(), after, sizeof(after)), length);
        struct journal_entry entry = entry_at(NOW_S, "later");
        journal_put(journal, &entry);
        sync_journal(journal);
        journal_close(&journal);
        assert_string_equal(read_all(), turn ? "a later later " : "a later ");
        length = read_file(last_name(), after, sizeof(after));
    }
    assert_memory_equal(whole, after, 10);
    ledger_box_empty("");
    struct journal *journal = journal_open(ledger_box_fd, DAY_S);
    limit.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put_numbered(journal, 0, 1);
    assert_int_equal(journal_sync(journal, &error), RESTANTE_TEMPORARY);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(ledger_box_count("removals"), 0);
    sync_journal(journal);
    journal_close(&journal);
    assert_string_equal(read_all(), "");
}

static void unsynced_entries_do_not_stay(void **state)
{
    (void)state;
    struct journal *journal = journal_open(ledger_box_fd, DAY_S);
    put_numbered(journal, 0, 3000);
    assert_int_equal(ledger_box_count("removals"), 1); /* a part is written already */
    journal_close(&journal);
    assert_int_equal(ledger_box_count("removals"), 0);
    tell(NOW_S, "a", DAY_S);
    journal = journal_open(ledger_box_fd, DAY_S);
    put_numbered(journal, 0, 3000);
    journal_close(&journal);
    assert_string_equal(read_all(), "a ");
    assert_int_equal(broken, 0);
}

#define JOURNAL_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_box_make, ledger_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_json_that_says_everything),
        cmocka_unit_test(every_octet_comes_back),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(what_is_no_entry_is_refused),
        JOURNAL_TEST(what_was_synced_is_read),
        JOURNAL_TEST(a_torn_line_costs_itself_alone),
        JOURNAL_TEST(broken_lines_are_counted_and_passed_over),
        JOURNAL_TEST(a_long_file_is_followed_by_another),
        JOURNAL_TEST(there_are_never_many_files),
        JOURNAL_TEST(old_entries_go),
        JOURNAL_TEST(old_entries_go_without_new_ones),
        JOURNAL_TEST(links_and_odd_files_are_refused),
        JOURNAL_TEST(what_cannot_be_written_is_told_and_taken_back),
        JOURNAL_TEST(unsynced_entries_do_not_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
