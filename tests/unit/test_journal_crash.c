/*
 * A journal that is stopped at each call that changes something, as by a kill, a loss of power or an error of the disk,
 * while it appends, begins another file and drops old ones. Afterwards every entry that was synced is there, once and
 * in its order, unless it was too old; of what was being synced a beginning, all when that was said to be done, and
 * nothing when it was said not to be.
 *
 * RESTANTE_CRASH_LAYOUTS and RESTANTE_CRASH_SEED in the environment: more of it, or that one again.
 */
#include "ledger_box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit_disk.h"
#include "ledger/journal.h"
#include "util/log.h"

#define LAYOUTS 60
#define DAY_S 86400
#define KEEP_S (12 * DAY_S) /* a file a day */
enum { ENTRIES_MAX = 512, NEW_MAX = 8, FILES_MAX = 24 };

struct layout {
    unsigned seed;
    int64_t when_s[ENTRIES_MAX]; /* of entry 0, 1, …; synced but for the last `new` */
    unsigned count, new;
    struct {
        char name[256], octets[65536];
        size_t length;
    } files[FILES_MAX];
    unsigned files_count;
};

static unsigned chance_state, chance_seed;
static unsigned points, whole, partly, none, begun, dropped;

static unsigned chance(unsigned below)
{
    chance_state = chance_state * 1664525u + 1013904223u;
    return (chance_state >> 8) % below;
}

/* --- sessions --------------------------------------------------------------------------------------------------- */

static void put_entry(struct journal *journal, const struct layout *layout, unsigned number)
{
    char uidl[16], id[64];
    snprintf(uidl, sizeof(uidl), "%u", number);
    snprintf(id, sizeof(id), "<%.*s\n@example>", (int)(number * 7 % 41), "a name that is longer or shorter for it, so");
    journal_put(journal, &(struct journal_entry){.when_s = layout->when_s[number], .act = number % JOURNAL_ACTS,
                                                 .user = "kim", .uidl = uidl, .octets = number, .message_id = id});
}

static enum restante_status put_new(struct journal *journal, const struct layout *layout)
{
    struct restante_error error = {0};
    for (unsigned i = layout->count - layout->new; i < layout->count; i++)
        put_entry(journal, layout, i);
    enum restante_status status = journal_sync(journal, &error);
    assert_true(status == RESTANTE_OK || error.log[0]);
    return status;
}

static void make_entries(struct layout *layout)
{
    int64_t last_s = layout->count ? layout->when_s[layout->count - 1] : INT64_C(1700000000);
    if (chance(2))
        last_s += chance(60 * 3600);
    layout->new = 1 + chance(NEW_MAX - 1);
    for (unsigned i = 0; i < layout->new; i++)
        layout->when_s[layout->count++] = last_s += chance(60);
}

static void save_files(struct layout *layout)
{
    DIR *listing = opendir(ledger_box_path);
    assert_non_null(listing);
    layout->files_count = 0;
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (entry->d_name[0] == '.')
            continue;
        assert_true(layout->files_count < FILES_MAX);
        int fd = openat(ledger_box_fd, entry->d_name, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        ssize_t length = read(fd, layout->files[layout->files_count].octets, sizeof(layout->files[0].octets));
        assert_true(length >= 0 && (size_t)length < sizeof(layout->files[0].octets));
        close(fd);
        snprintf(layout->files[layout->files_count].name, sizeof(layout->files[0].name), "%s", entry->d_name);
        layout->files[layout->files_count++].length = (size_t)length;
    }
    closedir(listing);
}

static void restore_files(const struct layout *layout)
{
    ledger_box_empty("");
    for (unsigned i = 0; i < layout->files_count; i++) {
        int fd = openat(ledger_box_fd, layout->files[i].name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, layout->files[i].octets, layout->files[i].length), layout->files[i].length);
        close(fd);
    }
}

static void make_layout(struct layout *layout, unsigned seed)
{
    memset(layout, 0, sizeof(*layout));
    layout->seed = seed;
    chance_state = seed * 1000003u;
    ledger_box_empty("");
    for (unsigned sessions = chance(4) == 0 ? 0 : chance(40); sessions > 0; sessions--) {
        struct journal *journal = journal_open(ledger_box_fd, KEEP_S);
        make_entries(layout);
        assert_int_equal(put_new(journal, layout), RESTANTE_OK);
        journal_close(&journal);
    }
    save_files(layout);
    make_entries(layout);
}

/* --- what is found ---------------------------------------------------------------------------------------------- */

struct found {
    unsigned numbers[ENTRIES_MAX], count;
};

static bool collect(void *context, const struct journal_entry *entry)
{
    struct found *found = context;
    assert_true(found->count < ENTRIES_MAX);
    found->numbers[found->count++] = (unsigned)strtoul(entry->uidl, NULL, 10);
    return true;
}

static void fail_at(const struct layout *layout, unsigned at, const struct found *found, const char *what)
{
    fprintf(stderr, "%u entries, %u new; found:", layout->count, layout->new);
    for (unsigned i = 0; i < found->count; i++)
        fprintf(stderr, " %u", found->numbers[i]);
    fail_msg("seed %u, call %u: %s", layout->seed, at, what);
}

/* The old ones, in their order, of which only those that are too old may be missing; how many there are. */
static unsigned account_old(const struct layout *layout, unsigned at, const struct found *found)
{
    unsigned old = layout->count - layout->new, i = 0;
    int64_t now_s = layout->when_s[layout->count - 1];
    for (unsigned number = 0; number < old; number++) {
        if (i < found->count && found->numbers[i] == number)
            i++;
        else if (layout->when_s[number] >= now_s - KEEP_S)
            fail_at(layout, at, found, "one that was synced is gone, and was not too old");
    }
    return i;
}

enum account_how { ACCOUNT_BEGINNING = 0, ACCOUNT_PARTS, ACCOUNT_TWICE };

/*
 * How many of the new ones are there behind the old ones: the first, or ACCOUNT_PARTS: any, in their order.
 * ACCOUNT_TWICE: the first, which could not be taken back, and then all.
 */
static unsigned account(const struct layout *layout, unsigned at, enum account_how how)
{
    struct found found = {.count = 0};
    struct restante_error error = {0};
    if (journal_read(ledger_box_fd, 0, collect, &found, NULL, &error) != RESTANTE_OK)
        fail_msg("seed %u, call %u: %s", layout->seed, at, error.log);
    unsigned first = account_old(layout, at, &found), next = layout->count - layout->new, there = 0;
    for (unsigned i = first; i < found.count; i++) {
        unsigned number = found.numbers[i];
        if (how == ACCOUNT_TWICE && number == layout->count - layout->new) {
            next = number;
            there = 0;
        }
        if (number >= layout->count || (how == ACCOUNT_PARTS ? number < next : number != next))
            fail_at(layout, at, &found, "there is something that was not written");
        next = number + 1;
        there++;
    }
    return there;
}

/* --- a run ------------------------------------------------------------------------------------------------------ */

/* The same program tries again: all of it is there, and once. */
static void try_again(struct journal **journal, const struct layout *layout, unsigned at, enum account_how how)
{
    assert_int_equal(put_new(*journal, layout), RESTANTE_OK);
    journal_close(journal);
    if (account(layout, at, how) != layout->new)
        fail_msg("seed %u, call %u: the second try", layout->seed, at);
}

/* Another session: its entry is the last. An entry that lacked but its line feed may have become one. */
static void try_next(const struct layout *layout, unsigned at, unsigned there)
{
    static struct layout next;
    struct restante_error error = {0};
    struct journal *journal = journal_open(ledger_box_fd, KEEP_S);
    next = *layout;
    next.when_s[next.count] = next.when_s[next.count - 1];
    put_entry(journal, &next, next.count);
    next.count++;
    next.new++;
    assert_int_equal(journal_sync(journal, &error), RESTANTE_OK);
    journal_close(&journal);
    unsigned now = account(&next, at, ACCOUNT_PARTS);
    if (now != there + 1 && now != there + 2)
        fail_msg("seed %u, call %u: the next session", layout->seed, at);
}

/* False: the session has fewer calls than `at`. */
static bool run(const struct layout *layout, enum kit_disk_fault fault, unsigned at, int errno_value)
{
    bool is_error = fault == KIT_DISK_ERROR || fault == KIT_DISK_ERRORS;
    restore_files(layout);
    struct journal *journal = journal_open(ledger_box_fd, KEEP_S);
    kit_disk_arm(fault, at, errno_value, chance_seed * 7919 + layout->seed * 31 + at);
    enum restante_status status = put_new(journal, layout);
    bool has_struck = kit_disk_has_struck();
    (void)unlinkat(ledger_box_fd, "no-such-file", 0); /* one more: it may also happen right behind */
    if (!is_error)
        journal_close(&journal);
    kit_disk_disarm();
    unsigned there = account(layout, at, fault == KIT_DISK_POWER ? ACCOUNT_PARTS : ACCOUNT_BEGINNING);
    if (status == RESTANTE_OK && there != layout->new)
        fail_msg("seed %u, call %u: it was said to be done", layout->seed, at);
    if (status != RESTANTE_OK && fault == KIT_DISK_ERROR && there > 0)
        fail_msg("seed %u, call %u: it was said not to be done", layout->seed, at);
    points++;
    *(there == layout->new ? &whole : there > 0 ? &partly : &none) += 1;
    begun += ledger_box_count("removals") > (int)layout->files_count;
    dropped += ledger_box_count("removals") < (int)layout->files_count;
    if (is_error && status != RESTANTE_OK)
        try_again(&journal, layout, at, fault == KIT_DISK_ERRORS ? ACCOUNT_TWICE : ACCOUNT_BEGINNING);
    else
        try_next(layout, at, there);
    journal_close(&journal);
    return has_struck;
}

static unsigned number_from(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void every_point(enum kit_disk_fault fault, int errno_value)
{
    static struct layout layout;
    unsigned first = number_from("RESTANTE_CRASH_SEED", 1), count = number_from("RESTANTE_CRASH_LAYOUTS", LAYOUTS);
    points = whole = partly = none = begun = dropped = 0;
    for (unsigned seed = first; seed < first + count; seed++) {
        make_layout(&layout, seed);
        for (unsigned at = 1; run(&layout, fault, at, errno_value); at++)
            ;
    }
    print_message("%u points; a file more: %u, less: %u; whole: %u, a part: %u, nothing: %u\n", points, begun, dropped,
                  whole, partly, none);
    if (count == LAYOUTS) /* otherwise it has proved nothing */
        assert_true(points > 200 && begun > 20 && whole > 50 && none > 20);
    assert_true(partly > 0 || fault == KIT_DISK_ERROR);
}

static void killed(void **state)
{
    (void)state;
    every_point(KIT_DISK_KILL, 0);
}

static void power_lost(void **state)
{
    (void)state;
    for (chance_seed = 0; chance_seed < 3; chance_seed++) /* for what is lost */
        every_point(KIT_DISK_POWER, 0);
}

static void one_call_fails(void **state)
{
    (void)state;
    every_point(KIT_DISK_ERROR, EIO);
}

static void disk_is_full(void **state)
{
    (void)state;
    every_point(KIT_DISK_ERRORS, ENOSPC);
}

#define CRASH_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_box_make, ledger_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CRASH_TEST(killed),
        CRASH_TEST(power_lost),
        CRASH_TEST(one_call_fails),
        CRASH_TEST(disk_is_full),
    };
    kit_disk_lose_tails();
    log_set_level((enum restante_level)(RESTANTE_ERROR + 1));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
