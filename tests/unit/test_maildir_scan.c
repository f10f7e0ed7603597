#include "maildir_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void order_is_number_then_base_name(void **state)
{
    struct box *box = *state;
    static const char *const wanted[] = {"letters", "9.z", "10.a", "10.b", "10.c", "200.x"};
    box_put(box, "cur/10.b:2,S", "b\n");
    box_put(box, "new/200.x", "x\n");
    box_put(box, "new/10.a", "a\n");
    box_put(box, "new/letters", "l\n");
    box_put(box, "cur/9.z:2,", "z\n");
    box_put(box, "cur/10.c", "c\n");
    for (int round = 0; round < 2; round++) {
        box_open(box);
        assert_int_equal(box_count(box), 6);
        for (size_t i = 0; i < 6; i++)
            assert_string_equal(box_uidl(box, i), wanted[i]);
        box_close(box);
        /* Moves and flags change neither order nor UIDL. */
        if (round == 0) {
            box_rename(box, "new/10.a", "cur/10.a:2,FS");
            box_rename(box, "cur/10.b:2,S", "cur/10.b:2,");
            box_rename(box, "new/letters", "cur/letters:2,T");
        }
    }
}

static void odd_entries_hide_nothing(void **state)
{
    struct box *box = *state;
    struct restante_message message;
    char long_name[300] = "new/3.";
    memset(long_name + 6, 'l', 253);
    long_name[4 + 255] = '\0';
    box_put(box, "new/1.good", "good\n");
    box_put(box, "new/.hidden", "x\n");
    box_put(box, "new/2.new\nline", "x\n");
    box_put(box, "cur/2.\x1b[31mred", "x\n");
    box_put(box, long_name, "long\n");
    assert_int_equal(symlink("/etc/passwd", box_file(box, "new/2.passwd")), 0);
    assert_int_equal(symlink("1.good", box_file(box, "new/2.link")), 0);
    assert_int_equal(mkdir(box_file(box, "new/2.folder"), 0700), 0);
    assert_int_equal(mkfifo(box_file(box, "cur/2.fifo:2,S"), 0600), 0);
    box_open(box);
    assert_int_equal(box_count(box), 2);
    assert_string_equal(box_uidl(box, 0), "1.good");
    assert_int_equal(maildir_stat(box->maildrop, 1, &message, NULL), RESTANTE_OK);
    assert_int_equal(strlen(message.uidl), 66);
    assert_string_equal(box_read(box, 1), "long\n");
    assert_int_equal(kit_host_logged(RESTANTE_WARN), 7);
    assert_non_null(strstr(kit_host_log_text(), "new/2.passwd: a symbolic link"));
    assert_non_null(strstr(kit_host_log_text(), "cur/2.fifo:2,S: a FIFO"));
}

static void many_odd_entries_are_few_log_lines(void **state)
{
    struct box *box = *state;
    char name[32];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "new/.%d", i);
        box_put(box, name, "");
    }
    box_open(box);
    assert_int_equal(box_count(box), 0);
    assert_int_equal(kit_host_logged(RESTANTE_WARN), 11);
    assert_non_null(strstr(kit_host_log_text(), "90 more"));
}

/* An entry that becomes a link or a FIFO after it was listed. */
static void what_is_opened_is_a_regular_file(void **state)
{
    struct box *box = *state;
    box_put(box, "new/1.a", "a\n");
    box_put(box, "new/2.b", "b\n");
    box_open(box);
    assert_int_equal(unlink(box_file(box, "new/1.a")), 0);
    assert_int_equal(unlink(box_file(box, "new/2.b")), 0);
    assert_int_equal(symlink("/etc/passwd", box_file(box, "new/1.a")), 0);
    assert_int_equal(mkfifo(box_file(box, "new/2.b"), 0600), 0);
    assert_null(box_read(box, 0));
    assert_null(box_read(box, 1));
}

static void links_lead_to_the_root_and_not_below(void **state)
{
    struct box *box = *state;
    struct restante_error error;
    char link_path[600];
    char *path = box->path;
    box_put(box, "new/1.a", "a\n");
    snprintf(link_path, sizeof(link_path), "%s/link", box->folder);
    assert_int_equal(symlink("Maildir", link_path), 0);
    box->path = link_path;
    box_open(box);
    assert_int_equal(box_count(box), 1);
    box_close(box);
    box->path = path;
    box_rename(box, "cur", "elsewhere");
    assert_int_equal(symlink("elsewhere", box_file(box, "cur")), 0);
    assert_int_equal(box_try_open(box, &error), RESTANTE_PERMANENT);
    assert_null(box->maildrop);
    assert_non_null(strstr(error.log, "/cur"));
}

static void missing_folders_are_empty_ones(void **state)
{
    struct box *box = *state;
    struct restante_error error;
    assert_int_equal(rmdir(box_file(box, "new")), 0);
    box_put(box, "cur/1.a:2,", "a\n");
    box_open(box);
    assert_int_equal(box_count(box), 1);
    box_close(box);
    kit_files_remove_tree(box->path);
    box_open(box);
    assert_int_equal(box_count(box), 0);
    box_close(box);
    assert_int_equal(symlink("nowhere", box->path), 0);
    assert_int_equal(box_try_open(box, &error), RESTANTE_TEMPORARY);
    assert_int_equal(unlink(box->path), 0);
    kit_files_write(box->path, "x", 1);
    assert_int_equal(box_try_open(box, &error), RESTANTE_PERMANENT);
}

static void sizes_in_names_are_believed_when_plausible(void **state)
{
    struct box *box = *state;
    box_put(box, "new/1.right,S=4,W=6", "a\nb\n");
    box_put(box, "new/2.plausible,S=4,W=7", "a\nb\n"); /* wrong, but could be right */
    box_put(box, "new/3.small,S=4,W=3", "a\nb\n");
    box_put(box, "new/4.large,S=4,W=9", "a\nb\n");
    box_put(box, "new/5.stale,S=5,W=6", "a\nb");
    box_put(box, "new/6.none,S=4", "a\nb\n");
    box_put(box, "new/7.twice,S=4,W=8", "a\nb\n");
    box_open(box);
    assert_int_equal(box_octets(box, 0), 6);
    assert_int_equal(box_octets(box, 1), 7);
    assert_int_equal(box_octets(box, 2), 6);
    assert_int_equal(box_octets(box, 3), 6);
    assert_int_equal(box_octets(box, 4), 6);
    assert_int_equal(box_octets(box, 5), 6);
    assert_int_equal(box_octets(box, 6), 8);
}

static int64_t delivered(const struct box *box, size_t index)
{
    struct restante_message message;
    assert_int_equal(maildir_stat(box->maildrop, index, &message, NULL), RESTANTE_OK);
    return message.delivered_s;
}

static void delivered_is_the_later_time_and_never_in_the_future(void **state)
{
    struct box *box = *state;
    struct timespec times[2] = {{.tv_sec = 1600000000}, {.tv_sec = 1600000000}};
    static const char *const names[] = {"new/1500000000.a", "new/1700000000.b", "new/99999999999.c",
                                        "new/99999999999999999999.d"};
    for (size_t i = 0; i < 4; i++) {
        box_put(box, names[i], "x\n");
        assert_int_equal(utimensat(AT_FDCWD, box_file(box, names[i]), times, 0), 0);
    }
    box_open(box);
    assert_true(delivered(box, 0) == 1600000000);
    assert_true(delivered(box, 1) == 1700000000);
    assert_true(delivered(box, 2) == 0);
    assert_true(delivered(box, 3) == 0);
}

/* Both shown, told apart, and neither ever takes the other's UIDL. */
static void two_files_with_one_base_name_are_two_messages(void **state)
{
    struct box *box = *state;
    struct timespec old[2] = {{.tv_sec = 1600000000}, {.tv_sec = 1600000000}};
    char second[RESTANTE_UIDL_MAX + 1];
    box_put(box, "cur/5.a:2,S", "first\n");
    assert_int_equal(utimensat(AT_FDCWD, box_file(box, "cur/5.a:2,S"), old, 0), 0);
    box_put(box, "new/5.a", "second\n");
    box_put(box, "cur/6.b:2,", "other\n");
    box->is_read_only = true;
    box_open(box);
    assert_int_equal(box_count(box), 3);
    assert_string_equal(box_uidl(box, 0), "5.a");
    assert_string_equal(box_read(box, 0), "first\n");
    assert_string_equal(box_read(box, 1), "second\n");
    snprintf(second, sizeof(second), "%s", box_uidl(box, 1));
    assert_string_not_equal(second, "5.a");
    box_close(box);
    assert_true(box_has(box, "new/5.a"));
    box->is_read_only = false;
    box_open(box);
    assert_string_equal(box_uidl(box, 1), second);
    assert_false(box_has(box, "new/5.a"));
    assert_int_equal(box_commit(box, "dkk", NULL), RESTANTE_OK);
    box_close(box);
    box_open(box);
    assert_int_equal(box_count(box), 2);
    assert_string_equal(box_uidl(box, 0), second);
    assert_string_equal(box_read(box, 0), "second\n");
}

static void identical_copies_are_told_apart(void **state)
{
    struct box *box = *state;
    struct timespec old[2] = {{.tv_sec = 1600000000}, {.tv_sec = 1600000000}};
    static const char *const names[] = {"cur/5.a b:2,S", "cur/5.a b:2,", "new/5.a b"};
    char uidls[3][RESTANTE_UIDL_MAX + 1];
    for (size_t i = 0; i < 3; i++) {
        box_put(box, names[i], "same\n");
        assert_int_equal(utimensat(AT_FDCWD, box_file(box, names[i]), old, 0), 0);
    }
    for (int round = 0; round < 3; round++) {
        box_open(box);
        assert_int_equal(box_count(box), 3);
        for (size_t i = 0; i < 3; i++) {
            if (round == 0)
                snprintf(uidls[i], sizeof(uidls[i]), "%s", box_uidl(box, i));
            assert_string_equal(box_uidl(box, i), uidls[i]);
            assert_string_equal(box_read(box, i), "same\n");
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(uidls[i], uidls[j]);
        }
        box_close(box);
    }
}

/* Left by a program that died between link and unlink: one message, and deleting it deletes it. */
static void one_file_with_two_names_is_one_message(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "new/5.a", "a\n");
    box_link(box, "new/5.a", "cur/5.a:2,S");
    box_open(box);
    assert_int_equal(box_count(box), 1);
    assert_string_equal(box_uidl(box, 0), "5.a");
    assert_int_equal(box_commit(box, "d", removals), RESTANTE_OK);
    assert_int_equal(removals[0], RESTANTE_REMOVED);
    assert_false(box_has(box, "new/5.a"));
    assert_false(box_has(box, "cur/5.a:2,S"));
}

static void unreadable_files_are_skipped(void **state)
{
    struct box *box = *state;
    if (geteuid() == 0 && seteuid(65534) != 0)
        skip();
    if (geteuid() != 65534)
        skip();
    assert_int_equal(seteuid(0), 0);
    box_put(box, "new/1.a,S=2,W=3", "a\n");
    box_put(box, "new/2.b,S=2,W=3", "b\n");
    assert_int_equal(chmod(box->folder, 0755) | chmod(box->path, 0755) | chmod(box_file(box, "new"), 0755) |
                         chmod(box_file(box, "cur"), 0755) | chmod(box_file(box, "new/2.b,S=2,W=3"), 0644),
                     0);
    assert_int_equal(seteuid(65534), 0);
    box_open(box);
    size_t count = box_count(box);
    box_close(box);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(count, 1);
    assert_non_null(strstr(kit_host_log_text(), "new/1.a,S=2,W=3: Permission denied"));
}

#define BOX_TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(order_is_number_then_base_name),
        BOX_TEST(odd_entries_hide_nothing),
        BOX_TEST(many_odd_entries_are_few_log_lines),
        BOX_TEST(what_is_opened_is_a_regular_file),
        BOX_TEST(links_lead_to_the_root_and_not_below),
        BOX_TEST(missing_folders_are_empty_ones),
        BOX_TEST(sizes_in_names_are_believed_when_plausible),
        BOX_TEST(delivered_is_the_later_time_and_never_in_the_future),
        BOX_TEST(two_files_with_one_base_name_are_two_messages),
        BOX_TEST(identical_copies_are_told_apart),
        BOX_TEST(one_file_with_two_names_is_one_message),
        BOX_TEST(unreadable_files_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
