/*
 * A removal that is stopped at each call that changes something, as by a kill (what was written stays) or by a loss of
 * power (of what was not made durable any part may be gone), with mail delivered in between; then the recovery, stopped
 * likewise; then an undisturbed login. Afterwards a reader that knows nothing of the driver must find either every
 * message or all but those that were marked, octet by octet, what was delivered behind them, and the same UIDLs.
 *
 * RESTANTE_CRASH_LAYOUTS and RESTANTE_CRASH_SEED in the environment: more of it, or that one again.
 */
#include "mbox_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_disk.h"

#define LAYOUTS 70
#define RECOVERIES_MAX 3
#define MESSAGES_MAX 7
#define OLD_S 1000000000 /* when the mailbox was last written */

struct layout {
    unsigned seed;
    char octets[8192];
    size_t length, count;
    char fates[MESSAGES_MAX + 1];
    bool ends_blank;
    size_t window_octets;
    bool has_dotlock, delivers_first, delivers_always;
    struct plain_mbox plain; /* of what is to be found afterwards, the marked ones too */
    bool was_there[PLAIN_MAX]; /* when it was listed */
    char uidls[MESSAGES_MAX][RESTANTE_UIDL_MAX + 1];
    unsigned delivered;
};

static unsigned chance_state;
static unsigned runs, removals_done, removals_not_done, recoveries, times_kept;

static unsigned chance(unsigned below)
{
    chance_state = chance_state * 1664525u + 1013904223u;
    return (chance_state >> 8) % below;
}

/* --- a mailbox -------------------------------------------------------------------------------------------------- */

static void layout_add(struct layout *layout, const char *text, size_t length)
{
    assert_true(layout->length + length < sizeof(layout->octets));
    memcpy(layout->octets + layout->length, text, length);
    layout->length += length;
}

static void layout_add_message(struct layout *layout, unsigned number)
{
    static const char *const pieces[] = {"\n", "\r\n", "\n\n", ">From x\n", "From y\n", "a", "bb\n", "From ", "\r",
                                         "a line of some length, as lines in mail are\n", "\nStatus: RO\n"};
    char head[64];
    int length = snprintf(head, sizeof(head), "From a\nSubject: %u\n%s", number, chance(5) ? "\n" : "");
    if (number > 0 && chance(9) == 0) /* as small as can be: its number is all of it */
        length = snprintf(head, sizeof(head), "From %u", number);
    layout_add(layout, head, (size_t)length);
    for (unsigned i = chance(2) ? chance(4) : chance(20); length > 10 && i > 0; i--) {
        const char *piece = pieces[chance(sizeof(pieces) / sizeof(pieces[0]))];
        layout_add(layout, piece, strlen(piece));
        if (chance(10) == 0)
            layout_add(layout, "\0", 1);
    }
}

static void layout_make(struct layout *layout, unsigned seed)
{
    static const size_t windows[] = {16, 64, 100, 333, 4096};
    memset(layout, 0, sizeof(*layout));
    layout->seed = chance_state = seed;
    unsigned wanted = 1 + chance(MESSAGES_MAX - 2);
    for (unsigned i = 0; i < wanted; i++) {
        layout_add_message(layout, i);
        bool is_last = i + 1 == wanted;
        if (is_last && chance(3) == 0)
            break;
        if (layout->octets[layout->length - 1] != '\n')
            layout_add(layout, "\n", 1);
        if (is_last && chance(3) == 0)
            break;
        layout_add(layout, chance(6) ? "\n" : "\r\n", chance(6) ? 1 : 2);
        if (layout->octets[layout->length - 1] != '\n')
            layout_add(layout, "\n", 1);
    }
    layout->window_octets = windows[chance(sizeof(windows) / sizeof(windows[0]))];
    layout->has_dotlock = chance(2);
    layout->delivers_first = chance(3) == 0;
    layout->delivers_always = chance(2);
}

/* Among what the reader finds in `path` are messages that must be unlike each other, or nothing could be told. */
static bool layout_measure(struct layout *layout, const char *path)
{
    plain_read(path, &layout->plain);
    layout->count = layout->plain.count;
    const struct plain_message *last = &layout->plain.messages[layout->count - 1];
    layout->ends_blank = last->offset + last->length < layout->length;
    bool is_good = layout->count <= MESSAGES_MAX;
    for (size_t i = 0; i < layout->count && is_good; i++)
        for (size_t j = 0; j < i; j++)
            is_good = is_good && (layout->plain.messages[i].length != layout->plain.messages[j].length ||
                                  memcmp(layout->octets + layout->plain.messages[i].offset,
                                         layout->octets + layout->plain.messages[j].offset,
                                         layout->plain.messages[i].length) != 0);
    plain_free(&layout->plain);
    bool removes = false;
    for (size_t i = 0; i < layout->count && is_good; i++) {
        layout->fates[i] = chance(2) ? 'd' : 'k';
        removes = removes || layout->fates[i] == 'd';
    }
    return is_good && removes;
}

/* --- deliveries ------------------------------------------------------------------------------------------------- */

static size_t delivered_text(unsigned number, char text[128])
{
    return (size_t)snprintf(text, 128, "From d\nSubject: delivered %u\n\n%.*s\n\n", number, (int)(number * 7 % 41),
                            "a text that is longer or shorter for it");
}

/* A deliverer that trusts the file to end with a blank line may do so where it did. */
static void deliver(const struct mbox_box *box, struct layout *layout)
{
    char text[128];
    size_t length = delivered_text(layout->delivered++, text);
    mbox_box_deliver(box, text, length, !layout->ends_blank || chance(2));
}

/* --- accounting ------------------------------------------------------------------------------------------------- */

/* A last line without its end gets one when mail is delivered behind it. */
static bool is_same_message(const char *found, size_t found_length, const char *wanted, size_t wanted_length)
{
    if (found_length > wanted_length && wanted_length > 0 && wanted[wanted_length - 1] != '\n')
        return found_length == wanted_length + 1 && found[wanted_length] == '\n' &&
               memcmp(found, wanted, wanted_length) == 0;
    return found_length == wanted_length && memcmp(found, wanted, found_length) == 0;
}

static void show(const struct layout *layout, const struct plain_mbox *found, const char *what)
{
    fprintf(stderr, "seed %u, fates %s, window %zu: %s\n--- before:\n", layout->seed, layout->fates,
            layout->window_octets, what);
    fwrite(layout->octets, 1, layout->length, stderr);
    fprintf(stderr, "\n--- found (%u delivered):\n", layout->delivered);
    fwrite(found->octets, 1, found->length, stderr);
    fprintf(stderr, "\n---\n");
    fail_msg("seed %u: %s", layout->seed, what);
}

/* *is_removed: the marked ones are gone. */
static void account(struct mbox_box *box, struct layout *layout, const struct plain_mbox *before, bool *is_removed)
{
    struct plain_mbox found;
    char text[128];
    size_t kept = 0, at = 0;
    plain_read(box->path, &found);
    for (size_t i = 0; i < layout->count; i++)
        kept += layout->fates[i] == 'k';
    *is_removed = found.count == kept + layout->delivered;
    if (!*is_removed && found.count != layout->count + layout->delivered)
        show(layout, &found, "there are more or fewer messages");
    if (mbox_count(box->maildrop) != found.count)
        show(layout, &found, "the driver lists another number of messages");
    for (size_t i = 0; i < layout->count; i++) {
        if (*is_removed && layout->fates[i] == 'd')
            continue;
        if (!is_same_message(found.octets + found.messages[at].offset, found.messages[at].length,
                             layout->octets + before->messages[i].offset, before->messages[i].length))
            show(layout, &found, "a message is not what it was");
        if (strcmp(mbox_box_uidl(box, at), layout->uidls[i]) != 0)
            show(layout, &found, "a message has another UIDL");
        at++;
    }
    for (unsigned i = 0; i < layout->delivered; i++, at++) {
        size_t length = delivered_text(i, text) - 1;
        if (!is_same_message(found.octets + found.messages[at].offset, found.messages[at].length, text, length))
            show(layout, &found, "a delivered message is not what it was");
    }
    plain_free(&found);
}

/* --- one run ---------------------------------------------------------------------------------------------------- */

static void run_prepare(struct mbox_box *box, struct layout *layout)
{
    (void)unlink(box->path);
    (void)unlinkat(box->state_fd, "cache-mbox", 0);
    const struct timespec times[2] = {{.tv_sec = OLD_S}, {.tv_sec = OLD_S}};
    mbox_box_put(box, layout->octets, layout->length);
    assert_int_equal(chmod(box->path, 0640), 0);
    assert_int_equal(utimensat(AT_FDCWD, box->path, times, 0), 0);
    layout->delivered = 0;
    box->driver.window_octets = layout->window_octets;
    box->driver.locks_count = layout->has_dotlock ? 2 : 1;
    box->driver.locks[1] = MBOX_LOCK_DOTLOCK;
    kit_host_ahead_s = chance(2) ? 60 : 0; /* the file's times prove that it is the same, or do not */
    mbox_box_open(box);
    assert_int_equal(mbox_count(box->maildrop), layout->count);
    for (size_t i = 0; i < layout->count; i++)
        snprintf(layout->uidls[i], sizeof(layout->uidls[i]), "%s", mbox_box_uidl(box, i));
    if (layout->delivers_first)
        deliver(box, layout);
}

/* Undisturbed: now everything must be right, and the same the next time. */
static void run_finish(struct mbox_box *box, struct layout *layout, const struct plain_mbox *before, bool was_ok)
{
    struct stat facts;
    bool is_removed, is_removed_again;
    mbox_box_open(box);
    account(box, layout, before, &is_removed);
    assert_false(mbox_box_has(box, "state/journal-mbox"));
    assert_false(mbox_box_has(box, "box.lock"));
    if (strstr(kit_host_log_text(), "cannot be followed"))
        fail_msg("seed %u: %s", layout->seed, kit_host_log_text());
    if (was_ok && !is_removed)
        fail_msg("seed %u: it was said to be done, and is not", layout->seed);
    assert_int_equal(stat(box->path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0640);
    /* Where the last call before the crash was not the cut itself, a recovery keeps the time too. */
    times_kept += !was_ok && is_removed && layout->delivered == 0 && facts.st_mtim.tv_sec == OLD_S;
    mbox_box_open(box);
    account(box, layout, before, &is_removed_again);
    assert_int_equal(is_removed, is_removed_again);
    mbox_box_close(box);
    removals_done += is_removed;
    removals_not_done += !is_removed;
    runs++;
}

/* False: the commit has fewer calls than `at`. */
static bool run(struct mbox_box *box, struct layout *layout, const struct plain_mbox *before,
                enum kit_disk_fault fault, unsigned at, int errno_value)
{
    kit_host_forget_log();
    run_prepare(box, layout);
    kit_disk_arm(fault, at, errno_value, chance(1u << 20));
    enum restante_status status = mbox_box_commit(box, layout->fates);
    mbox_box_close(box);
    bool has_struck = kit_disk_has_struck();
    kit_disk_disarm();
    for (unsigned i = chance(RECOVERIES_MAX + 1); i > 0; i--) {
        if (layout->delivers_always || chance(3) == 0)
            deliver(box, layout);
        recoveries += mbox_box_has(box, "state/journal-mbox");
        kit_disk_arm(fault, 1 + chance(chance(2) ? 8 : 60), errno_value, chance(1u << 20));
        (void)mbox_box_try_open(box);
        mbox_box_close(box);
        kit_disk_disarm();
    }
    if (layout->delivers_always || chance(3) == 0)
        deliver(box, layout);
    run_finish(box, layout, before, status == RESTANTE_OK);
    return has_struck;
}

static unsigned number_from(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void every_point(struct mbox_box *box, enum kit_disk_fault fault, int errno_value)
{
    static struct layout layout;
    unsigned first = number_from("RESTANTE_CRASH_SEED", 1), count = number_from("RESTANTE_CRASH_LAYOUTS", LAYOUTS);
    runs = removals_done = removals_not_done = recoveries = times_kept = 0;
    for (unsigned seed = first; seed < first + count; seed++) {
        struct plain_mbox before;
        layout_make(&layout, seed * 1000003u);
        layout.seed = seed;
        (void)unlink(box->path);
        mbox_box_put(box, layout.octets, layout.length);
        if (!layout_measure(&layout, box->path))
            continue;
        plain_read(box->path, &before);
        for (unsigned at = 1; run(box, &layout, &before, fault, at, errno_value); at++)
            ;
        plain_free(&before);
    }
    print_message("%u points, %u recoveries; removed: %u, not removed: %u\n", runs, recoveries, removals_done,
                  removals_not_done);
    if (count == LAYOUTS) /* otherwise it has proved nothing */
        assert_true(runs > 1000 && recoveries > 300 && removals_done > 200 && removals_not_done > 200);
    assert_true(fault != KIT_DISK_KILL || times_kept > 20);
}

static void killed(void **state)
{
    every_point(*state, KIT_DISK_KILL, 0);
}

static void power_lost(void **state)
{
    every_point(*state, KIT_DISK_POWER, 0);
}

static void one_call_fails(void **state)
{
    every_point(*state, KIT_DISK_ERROR, EIO);
}

static void disk_is_full(void **state)
{
    every_point(*state, KIT_DISK_ERRORS, ENOSPC);
}

static void disk_fails_for_good(void **state)
{
    every_point(*state, KIT_DISK_ERRORS, EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed, mbox_box_make, mbox_box_drop),
        cmocka_unit_test_setup_teardown(power_lost, mbox_box_make, mbox_box_drop),
        cmocka_unit_test_setup_teardown(one_call_fails, mbox_box_make, mbox_box_drop),
        cmocka_unit_test_setup_teardown(disk_is_full, mbox_box_make, mbox_box_drop),
        cmocka_unit_test_setup_teardown(disk_fails_for_good, mbox_box_make, mbox_box_drop),
    };
    if (access("/dev/shm", W_OK) == 0) /* in memory: thousands of small files */
        (void)setenv("TMPDIR", "/dev/shm", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
