#include "maildir_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void retrieved_mail_moves_to_cur_as_seen(void **state)
{
    struct box *box = *state;
    box_put(box, "new/1.a", "a\n");
    box_put(box, "cur/2.b:2,FT", "b\n");
    box_put(box, "cur/3.c:1,x", "c\n");
    box_put(box, "new/4.d:2,S", "d\n");
    box_put(box, "new/5.e", "e\n");
    box_put(box, "new/6.f:1,x", "f\n");
    box_open(box);
    assert_int_equal(box_commit(box, "rrrrkr", NULL), RESTANTE_OK);
    assert_true(box_has(box, "cur/1.a:2,S"));
    assert_true(box_has(box, "cur/2.b:2,FST"));
    assert_true(box_has(box, "cur/3.c:1,x"));
    assert_true(box_has(box, "cur/4.d:2,S"));
    assert_true(box_has(box, "new/5.e"));
    assert_true(box_has(box, "new/6.f:1,x"));
}

static void mark_seen_can_be_off(void **state)
{
    struct box *box = *state;
    box->driver.marks_seen = false;
    box_put(box, "new/1.a", "a\n");
    box_open(box);
    assert_int_equal(box_commit(box, "r", NULL), RESTANTE_OK);
    assert_true(box_has(box, "new/1.a"));
}

static void marking_makes_cur_and_overwrites_nothing(void **state)
{
    struct box *box = *state;
    assert_int_equal(rmdir(box_file(box, "cur")), 0);
    box_put(box, "new/1.a", "a\n");
    box_put(box, "new/2.b", "b\n");
    box_open(box);
    assert_int_equal(mkdir(box_file(box, "cur"), 0700), 0);
    box_put(box, "cur/2.b:2,S", "another\n"); /* appears while we are open */
    assert_int_equal(box_commit(box, "rr", NULL), RESTANTE_OK);
    assert_true(box_has(box, "cur/1.a:2,S"));
    assert_true(box_has(box, "new/2.b"));
    box_close(box);
    box_open(box);
    assert_int_equal(box_count(box), 3);
    assert_string_equal(box_read(box, 1), "b\n");
    box_close(box);
    kit_files_remove_tree(box_file(box, "cur"));
    box_put(box, "new/9.z", "z\n");
    box_open(box);
    size_t last = box_count(box) - 1;
    char fates[8] = "kkkkkkk";
    fates[last] = 'r';
    fates[last + 1] = '\0';
    assert_int_equal(box_commit(box, fates, NULL), RESTANTE_OK);
    assert_true(box_has(box, "cur/9.z:2,S"));
}

static void renamed_mail_is_found_again(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "new/1.a", "a\n");
    box_put(box, "cur/2.b:2,", "b\n");
    box_put(box, "new/3.c", "c\n");
    box_put(box, "new/4.d", "d\n");
    box_open(box);
    box_rename(box, "new/1.a", "cur/1.a:2,S");
    box_rename(box, "cur/2.b:2,", "cur/2.b:2,RS");
    box_rename(box, "new/4.d", "cur/4.d:2,F");
    assert_string_equal(box_read(box, 0), "a\n");
    assert_string_equal(box_read(box, 1), "b\n");
    box_rename(box, "cur/2.b:2,RS", "cur/2.b:2,FRS");
    assert_int_equal(box_commit(box, "kdkr", removals), RESTANTE_OK);
    assert_int_equal(removals[1], RESTANTE_REMOVED);
    assert_false(box_has(box, "cur/2.b:2,FRS"));
    assert_true(box_has(box, "cur/1.a:2,S"));
    assert_true(box_has(box, "cur/4.d:2,FS"));
    assert_true(box_has(box, "new/3.c"));
}

/* As above with folders that were not there when the maildrop was opened. */
static void mail_moved_into_a_new_folder_is_found(void **state)
{
    struct box *box = *state;
    assert_int_equal(rmdir(box_file(box, "cur")), 0);
    box_put(box, "new/1.a", "a\n");
    box_open(box);
    assert_int_equal(mkdir(box_file(box, "cur"), 0700), 0);
    box_rename(box, "new/1.a", "cur/1.a:2,S");
    assert_int_equal(box_commit(box, "d", NULL), RESTANTE_OK);
    assert_false(box_has(box, "cur/1.a:2,S"));
}

/* Two files with our base name, neither under the name that was listed: the inode tells which is meant. */
static void the_right_one_of_two_is_found(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    for (int round = 0; round < 2; round++) {
        const char *ours = round ? "cur/1.a:2,F" : "cur/1.a:2,S", *other = round ? "cur/1.a:2,S" : "cur/1.a:2,F";
        box_put(box, "new/1.a", "ours\n");
        box_open(box);
        box_rename(box, "new/1.a", ours);
        box_put(box, other, "other\n");
        assert_string_equal(box_read(box, 0), "ours\n");
        assert_int_equal(box_commit(box, "d", removals), RESTANTE_OK);
        assert_int_equal(removals[0], RESTANTE_REMOVED);
        assert_false(box_has(box, ours));
        assert_true(box_has(box, other));
        box_close(box);
        assert_int_equal(unlink(box_file(box, other)), 0);
    }
}

/* Never remove a file that the client has not seen. */
static void another_file_under_the_name_stays(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "new/1.a", "a\n");
    box_put(box, "new/2.b", "b\n");
    box_open(box);
    box_put(box, "tmp", "somebody else's\n");
    box_rename(box, "tmp", "new/1.a");
    assert_int_equal(box_commit(box, "dd", removals), RESTANTE_TEMPORARY);
    assert_int_equal(removals[0], RESTANTE_NOT_REMOVED);
    assert_int_equal(removals[1], RESTANTE_REMOVED);
    assert_true(box_has(box, "new/1.a"));
    assert_false(box_has(box, "new/2.b"));
}

static void what_is_gone_already_is_removed(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "new/1.a", "a\n");
    box_put(box, "maildirsize", "0S\n2 1\n");
    box_open(box);
    assert_int_equal(unlink(box_file(box, "new/1.a")), 0);
    assert_int_equal(box_commit(box, "d", removals), RESTANTE_OK);
    assert_int_equal(removals[0], RESTANTE_REMOVED);
    char line[64] = "";
    int fd = open(box_file(box, "maildirsize"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, line, sizeof(line)), 7); /* whoever removed it told the quota */
    close(fd);
}

static void the_quota_learns_of_removals(void **state)
{
    struct box *box = *state;
    char content[128] = "";
    box_put(box, "new/1.a,S=1000", "short\n");
    box_put(box, "cur/2.b:2,S", "12345\n");
    box_put(box, "cur/3.c:2,S", "kept\n");
    box_put(box, "maildirsize", "100000S\n1012 3\n");
    box_open(box);
    assert_int_equal(box_commit(box, "ddk", NULL), RESTANTE_OK);
    int fd = open(box_file(box, "maildirsize"), O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, content, sizeof(content) - 1) > 0);
    close(fd);
    assert_string_equal(content, "100000S\n1012 3\n-1006 -2\n");
}

static void a_quota_that_is_a_link_is_left_alone(void **state)
{
    struct box *box = *state;
    struct stat facts;
    char target[600];
    snprintf(target, sizeof(target), "%s/target", box->folder);
    kit_files_write(target, "x", 1);
    assert_int_equal(symlink(target, box_file(box, "maildirsize")), 0);
    box_put(box, "new/1.a", "a\n");
    box_open(box);
    assert_int_equal(box_commit(box, "d", NULL), RESTANTE_OK);
    assert_int_equal(stat(target, &facts), 0);
    assert_int_equal(facts.st_size, 1);
    assert_int_equal(kit_host_logged(RESTANTE_WARN), 1);
}

static void a_removal_that_fails_is_told(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    if (geteuid() != 0)
        skip();
    box_put(box, "new/1.a", "a\n");
    box_put(box, "cur/2.b:2,", "b\n");
    assert_int_equal(chmod(box->folder, 0755) | chmod(box->path, 0755) | chmod(box_file(box, "new"), 0755) |
                         chmod(box_file(box, "cur"), 0777) | chmod(box_file(box, "new/1.a"), 0644) |
                         chmod(box_file(box, "cur/2.b:2,"), 0644),
                     0);
    box_open(box);
    assert_int_equal(seteuid(65534), 0);
    enum restante_status status = box_commit(box, "dd", removals);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, RESTANTE_TEMPORARY);
    assert_int_equal(removals[0], RESTANTE_NOT_REMOVED);
    assert_int_equal(removals[1], RESTANTE_REMOVED);
    assert_true(box_has(box, "new/1.a"));
}

struct text {
    const char *left;
};

static enum restante_status text_next(void *context, void *buffer, size_t capacity, size_t *length,
                                      struct restante_error *error)
{
    struct text *text = context;
    (void)error;
    *length = strlen(text->left) < capacity ? strlen(text->left) : capacity;
    memcpy(buffer, text->left, *length);
    text->left += *length;
    return RESTANTE_OK;
}

static void delivery_makes_the_maildir_and_names_sizes(void **state)
{
    struct box *box = *state;
    struct text text = {"a\nb\n"};
    struct restante_message message;
    char uidl[RESTANTE_UIDL_MAX + 1];
    struct stat facts;
    kit_files_remove_tree(box->path);
    box_open(box);
    assert_int_equal(maildir_append(box->maildrop, text_next, &text, 1600000000, uidl, NULL), RESTANTE_OK);
    assert_int_equal(box_count(box), 0);
    box_close(box);
    box_open(box);
    assert_int_equal(box_count(box), 1);
    assert_int_equal(maildir_stat(box->maildrop, 0, &message, NULL), RESTANTE_OK);
    assert_string_equal(message.uidl, uidl);
    assert_non_null(strstr(uidl, ",S=4,W=6"));
    assert_true(message.delivered_s == 1600000000);
    assert_int_equal(stat(box_file(box, "tmp"), &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0700);
    assert_int_equal(rmdir(box_file(box, "tmp")), 0); /* nothing left in it */
}

#define BOX_TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(retrieved_mail_moves_to_cur_as_seen),
        BOX_TEST(mark_seen_can_be_off),
        BOX_TEST(marking_makes_cur_and_overwrites_nothing),
        BOX_TEST(renamed_mail_is_found_again),
        BOX_TEST(mail_moved_into_a_new_folder_is_found),
        BOX_TEST(the_right_one_of_two_is_found),
        BOX_TEST(another_file_under_the_name_stays),
        BOX_TEST(what_is_gone_already_is_removed),
        BOX_TEST(the_quota_learns_of_removals),
        BOX_TEST(a_quota_that_is_a_link_is_left_alone),
        BOX_TEST(a_removal_that_fails_is_told),
        BOX_TEST(delivery_makes_the_maildir_and_names_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
