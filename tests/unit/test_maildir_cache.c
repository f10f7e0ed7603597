#include "maildir_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Counts what the kernel saw being opened below the Maildir. */
struct watch {
    int fd;
    unsigned files_opened, folders_listed;
};

static void watch_begin(struct watch *watch, const struct box *box)
{
    *watch = (struct watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    assert_true(inotify_add_watch(watch->fd, box_file(box, "new"), IN_OPEN | IN_ACCESS) >= 0);
    assert_true(inotify_add_watch(watch->fd, box_file(box, "cur"), IN_OPEN | IN_ACCESS) >= 0);
}

static void watch_end(struct watch *watch)
{
    char events[16384] __attribute__((aligned(8)));
    ssize_t length;
    while ((length = read(watch->fd, events, sizeof(events))) > 0) {
        for (char *at = events; at < events + length;) {
            const struct inotify_event *event = (const void *)at;
            bool is_folder = event->mask & IN_ISDIR;
            watch->files_opened += !is_folder && event->mask & IN_OPEN;
            watch->folders_listed += is_folder && event->mask & IN_ACCESS;
            at += sizeof(*event) + event->len;
        }
    }
    close(watch->fd);
}

static struct watch watched_open(struct box *box)
{
    struct watch watch;
    watch_begin(&watch, box);
    box_open(box);
    watch_end(&watch);
    return watch;
}

static void put_three(struct box *box)
{
    box_put(box, "new/1.a", "a\n");
    box_put(box, "cur/2.b:2,S", "b\nb\n");
    box_put(box, "new/3 c", "c\nc\nc\n");
}

static void check_three(struct box *box)
{
    assert_int_equal(box_count(box), 3);
    assert_string_equal(box_uidl(box, 0), "1.a");
    assert_int_equal(box_octets(box, 0), 3);
    assert_string_equal(box_uidl(box, 1), "2.b");
    assert_int_equal(box_octets(box, 1), 6);
    assert_int_equal(strlen(box_uidl(box, 2)), 66);
    assert_int_equal(box_octets(box, 2), 9);
    assert_string_equal(box_read(box, 2), "c\nc\nc\n");
}

static void an_unchanged_maildrop_opens_without_reading(void **state)
{
    struct box *box = *state;
    put_three(box);
    struct watch watch = watched_open(box);
    assert_int_equal(watch.files_opened, 3); /* the watch sees what it should */
    assert_true(watch.folders_listed > 0);
    check_three(box);
    box_close(box);
    watch = watched_open(box); /* too soon for the times to prove anything */
    assert_int_equal(watch.files_opened, 0);
    assert_true(watch.folders_listed > 0);
    check_three(box);
    box_close(box);
    kit_host_ahead_s = 10;
    watch = watched_open(box); /* now they do, for next time */
    assert_int_equal(watch.files_opened, 0);
    box_close(box);
    watch = watched_open(box);
    assert_int_equal(watch.files_opened, 0);
    assert_int_equal(watch.folders_listed, 0);
    check_three(box);
}

static void only_new_mail_is_read(void **state)
{
    struct box *box = *state;
    put_three(box);
    box_open(box);
    box_close(box);
    kit_host_ahead_s = 10;
    box_open(box);
    box_close(box);
    box_put(box, "new/4.d", "d\n");
    box_rename(box, "new/1.a", "cur/1.a:2,FS");
    struct watch watch = watched_open(box);
    assert_int_equal(watch.files_opened, 1);
    assert_int_equal(box_count(box), 4);
    assert_int_equal(box_octets(box, 0), 3);
    assert_string_equal(box_read(box, 0), "a\n");
    assert_int_equal(box_octets(box, 3), 3);
    box_close(box);
    assert_int_equal(unlink(box_file(box, "cur/2.b:2,S")), 0);
    watch = watched_open(box);
    assert_int_equal(watch.files_opened, 0);
    assert_int_equal(box_count(box), 3);
}

/* Same name, other file: what the cache knew of it is worth nothing. */
static void a_replaced_file_is_measured_again(void **state)
{
    struct box *box = *state;
    put_three(box);
    box_open(box);
    box_close(box);
    box_put(box, "tmp", "longer than before\n");
    box_rename(box, "tmp", "new/1.a");
    box_open(box);
    assert_int_equal(box_octets(box, 0), 20);
    assert_string_equal(box_read(box, 0), "longer than before\n");
}

static void corrections_are_kept_for_next_time(void **state)
{
    struct box *box = *state;
    box_put(box, "new/1.a,S=4,W=4", "a\nb\n");
    kit_host_ahead_s = 10;
    box_open(box);
    assert_int_equal(box_octets(box, 0), 4);
    maildir_correct(box->maildrop, 0, 6);
    maildir_correct(box->maildrop, 7, 6);
    assert_int_equal(box_octets(box, 0), 4);
    box_close(box);
    box_open(box);
    assert_int_equal(box_octets(box, 0), 6);
    box_close(box);
    box_put(box, "new/2.b", "b\n"); /* and through a changed folder */
    box_open(box);
    assert_int_equal(box_octets(box, 0), 6);
}

static void cache_path(const struct box *box, char *path, size_t capacity)
{
    snprintf(path, capacity, "%s/state/cache-maildir", box->folder);
}

/* Any byte wrong, any length short: not used, made again. */
static void a_damaged_cache_is_made_again(void **state)
{
    struct box *box = *state;
    char path[600], saved[4096];
    put_three(box);
    kit_host_ahead_s = 10;
    box_open(box);
    box_close(box);
    cache_path(box, path, sizeof(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, saved, sizeof(saved));
    close(fd);
    assert_true(length > 200 && length < 4096);
    for (ssize_t i = 0; i < length; i++) {
        saved[i] ^= 0x41;
        kit_files_write(path, saved, (size_t)length);
        saved[i] ^= 0x41;
        struct watch watch = watched_open(box);
        assert_int_equal(watch.files_opened, 3);
        check_three(box);
        box_close(box);
    }
    for (ssize_t i = 0; i < length; i += 7) {
        kit_files_write(path, saved, (size_t)i);
        struct watch watch = watched_open(box);
        assert_int_equal(watch.files_opened, 3);
        check_three(box);
        box_close(box);
    }
    kit_files_write(path, saved, (size_t)length); /* whole again: used again */
    struct watch watch = watched_open(box);
    assert_int_equal(watch.files_opened, 0);
}

static void another_maildrops_cache_is_not_used(void **state)
{
    struct box *box = *state;
    char other[600];
    char *path = box->path;
    put_three(box);
    kit_host_ahead_s = 10;
    box_open(box);
    box_close(box);
    snprintf(other, sizeof(other), "%s/Other", box->folder);
    assert_int_equal(rename(path, other), 0);
    box->path = other;
    struct watch watch = watched_open(box);
    assert_int_equal(watch.files_opened, 3);
    check_three(box);
    box_close(box);
    box->path = path;
}

/* TRUST: the owner can write any cache with a right checksum: offsets and lengths must still stay inside. */
static void a_forged_cache_stays_in_its_bounds(void **state)
{
    struct box *box = *state;
    char path[600], saved[4096];
    put_three(box);
    kit_host_ahead_s = 10;
    box_open(box);
    box_close(box);
    cache_path(box, path, sizeof(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, saved, sizeof(saved));
    close(fd);
    for (ssize_t i = 8; i < length; i++) {
        char forged[4096];
        memcpy(forged, saved, (size_t)length);
        forged[i] = (char)(forged[i] ^ 0xFF);
        uint64_t sum = kit_host.checksum(forged + 8, (size_t)length - 8);
        memcpy(forged, &sum, sizeof(sum));
        char *exact = malloc((size_t)length); /* so that sanitizers see every step outside */
        memcpy(exact, forged, (size_t)length);
        kit_files_write(path, exact, (size_t)length);
        free(exact);
        struct restante_error error;
        if (box_try_open(box, &error) != RESTANTE_OK)
            continue;
        for (size_t j = 0; j < box_count(box); j++) {
            assert_true(strlen(box_uidl(box, j)) <= RESTANTE_UIDL_MAX);
            (void)box_read(box, j);
        }
        box_close(box);
    }
}

#define BOX_TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(an_unchanged_maildrop_opens_without_reading),
        BOX_TEST(only_new_mail_is_read),
        BOX_TEST(a_replaced_file_is_measured_again),
        BOX_TEST(corrections_are_kept_for_next_time),
        BOX_TEST(a_damaged_cache_is_made_again),
        BOX_TEST(another_maildrops_cache_is_not_used),
        BOX_TEST(a_forged_cache_stays_in_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
