/* What others do to a Maildir while it is open: no message is taken for another, and no part of one for the whole. */
#include "maildir_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read in chunks of `capacity`; after the first one `change` is made. The last status; `total` is what was given. */
static enum restante_status read_while(struct box *box, size_t capacity, void (*change)(const struct box *),
                                       size_t *total, struct restante_error *error)
{
    char buffer[64];
    void *reader = NULL;
    size_t length = 1;
    *total = 0;
    enum restante_status status = maildir_read_open(box->maildrop, 0, &reader, error);
    assert_int_equal(status, RESTANTE_OK);
    for (size_t i = 0; status == RESTANTE_OK && length > 0; i++) {
        status = maildir_read(reader, buffer, capacity, &length, error);
        if (status == RESTANTE_OK)
            *total += length;
        if (i == 0)
            change(box);
    }
    maildir_read_close(&reader);
    return status;
}

static void shorten(const struct box *box)
{
    assert_int_equal(truncate(box_file(box, "new/1.a"), 8), 0);
}

static void lengthen(const struct box *box)
{
    int fd = open(box_file(box, "new/1.a"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "more\n", 5), 5);
    close(fd);
}

static void take_away(const struct box *box)
{
    assert_int_equal(unlink(box_file(box, "new/1.a")), 0);
}

static void replace(const struct box *box)
{
    box_put(box, "new/other", "the mail of another\n");
    box_rename(box, "new/other", "new/1.a");
}

static void a_file_that_shrinks_while_it_is_read_has_no_end(void **state)
{
    struct restante_error error = {0};
    size_t total;
    box_put(*state, "new/1.a", "0123456789012345\n");
    box_open(*state);
    assert_int_equal(read_while(*state, 8, shorten, &total, &error), RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, "became shorter"));
    assert_int_equal(total, 8);
}

static void a_file_that_grows_while_it_is_read_has_no_end(void **state)
{
    struct restante_error error = {0};
    size_t total;
    box_put(*state, "new/1.a", "0123456789012345\n");
    box_open(*state);
    assert_int_equal(read_while(*state, 8, lengthen, &total, &error), RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, "became longer"));
    assert_true(total <= 17);
    /* Also at the very end, when all of the old octets have been given. */
    assert_int_equal(read_while(*state, 22, lengthen, &total, &error), RESTANTE_TEMPORARY);
}

static void a_file_that_goes_while_it_is_read_is_read_to_its_end(void **state)
{
    struct restante_error error = {0};
    size_t total;
    box_put(*state, "new/1.a", "0123456789012345\n");
    box_open(*state);
    assert_int_equal(read_while(*state, 8, take_away, &total, &error), RESTANTE_OK);
    assert_int_equal(total, 17);
    assert_null(box_read(*state, 0));
}

static void a_file_put_in_its_place_is_not_the_message(void **state)
{
    struct restante_error error = {0};
    size_t total;
    uint8_t removals[64];
    box_put(*state, "new/1.a", "0123456789012345\n");
    box_open(*state);
    assert_int_equal(read_while(*state, 8, replace, &total, &error), RESTANTE_OK);
    assert_int_equal(total, 17);
    box_commit(*state, "d", removals);
    assert_true(box_has(*state, "new/1.a"));
}

/* The folder that was opened is the one that is served and changed, whatever stands under its name now. */
static void folders_are_not_looked_up_again(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "new/1.a", "mine\n");
    box_put(box, "new/2.b", "mine too\n");
    box_open(box);
    box_rename(box, "new", "away");
    assert_int_equal(mkdir(box_file(box, "foreign"), 0700), 0);
    box_put(box, "foreign/1.a", "not mine\n");
    box_put(box, "foreign/2.b", "not mine\n");
    assert_int_equal(symlink("foreign", box_file(box, "new")), 0);
    assert_string_equal(box_read(box, 0), "mine\n");
    assert_int_equal(box_commit(box, "dk", removals), RESTANTE_OK);
    assert_false(box_has(box, "away/1.a"));
    assert_true(box_has(box, "away/2.b"));
    assert_true(box_has(box, "foreign/1.a"));
    assert_true(box_has(box, "foreign/2.b"));
}

static void a_name_that_becomes_a_link_or_fifo_is_not_followed(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "new/1.a", "one\n");
    box_put(box, "new/2.b", "two\n");
    box_put(box, "secret", "secret\n");
    box_open(box);
    assert_int_equal(unlink(box_file(box, "new/1.a")), 0);
    assert_int_equal(symlink("../secret", box_file(box, "new/1.a")), 0);
    assert_int_equal(unlink(box_file(box, "new/2.b")), 0);
    assert_int_equal(mkfifo(box_file(box, "new/2.b"), 0600), 0);
    assert_null(box_read(box, 0));
    assert_null(box_read(box, 1));
    box_commit(box, "dd", removals);
    assert_true(box_has(box, "secret"));
}

/* Another name of the same file outside of the Maildir is somebody's own business; DELE takes ours. */
static void a_hard_link_elsewhere_stays(void **state)
{
    struct box *box = *state;
    uint8_t removals[64];
    box_put(box, "kept", "one\n");
    box_link(box, "kept", "new/1.a");
    box_open(box);
    assert_string_equal(box_read(box, 0), "one\n");
    assert_int_equal(box_commit(box, "d", removals), RESTANTE_OK);
    assert_false(box_has(box, "new/1.a"));
    assert_true(box_has(box, "kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_shrinks_while_it_is_read_has_no_end, box_make, box_drop),
        cmocka_unit_test_setup_teardown(a_file_that_grows_while_it_is_read_has_no_end, box_make, box_drop),
        cmocka_unit_test_setup_teardown(a_file_that_goes_while_it_is_read_is_read_to_its_end, box_make, box_drop),
        cmocka_unit_test_setup_teardown(a_file_put_in_its_place_is_not_the_message, box_make, box_drop),
        cmocka_unit_test_setup_teardown(folders_are_not_looked_up_again, box_make, box_drop),
        cmocka_unit_test_setup_teardown(a_name_that_becomes_a_link_or_fifo_is_not_followed, box_make, box_drop),
        cmocka_unit_test_setup_teardown(a_hard_link_elsewhere_stays, box_make, box_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
