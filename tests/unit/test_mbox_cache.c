/*
 * What an open reads: nothing of an unchanged file, the end of one that has grown, all of any other. And what is no mbox.
 */
#include "mbox_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_disk.h"

#define MESSAGES 100
#define TEXT_OCTETS 3000
#define SMALL "From a\nSubject: small\n\nx\n\n"
#define CACHE_OCTETS (MESSAGES * 200UL) /* reading the cache itself */

static size_t put_many(const struct mbox_box *box)
{
    char *content = malloc(MESSAGES * (TEXT_OCTETS + 100));
    size_t used = 0;
    assert_non_null(content);
    for (int i = 0; i < MESSAGES; i++) {
        used += (size_t)sprintf(content + used, "From a\nSubject: %03d\n\n", i);
        memset(content + used, 'x', TEXT_OCTETS);
        used += TEXT_OCTETS;
        content[used++] = '\n';
        content[used++] = '\n';
    }
    mbox_box_put(box, content, used);
    free(content);
    return used;
}

/* Octets read by an open, its list the right one. */
static unsigned long octets_read(struct mbox_box *box, size_t count)
{
    mbox_box_close(box);
    kit_disk_arm(KIT_DISK_SOUND, 0, 0, 0);
    mbox_box_open(box);
    unsigned long octets = kit_disk_read_octets();
    assert_int_equal(mbox_count(box->maildrop), count);
    return octets;
}

static void an_unchanged_file_is_not_read(void **state)
{
    struct mbox_box *box = *state;
    size_t size = put_many(box);
    char uidl[RESTANTE_UIDL_MAX + 1];
    assert_true(octets_read(box, MESSAGES) >= size);
    snprintf(uidl, sizeof(uidl), "%s", mbox_box_uidl(box, MESSAGES - 1));
    assert_true(octets_read(box, MESSAGES) < CACHE_OCTETS);
    assert_string_equal(mbox_box_uidl(box, MESSAGES - 1), uidl);
}

static void of_a_grown_file_the_end_is_read(void **state)
{
    struct mbox_box *box = *state;
    size_t size = put_many(box);
    octets_read(box, MESSAGES);
    mbox_box_deliver(box, SMALL, strlen(SMALL), false);
    assert_true(octets_read(box, MESSAGES + 1) < CACHE_OCTETS + 4 * 4096 + 2 * TEXT_OCTETS);
    assert_string_equal(mbox_box_read(box, MESSAGES), "Subject: small\n\nx\n");
    assert_true(octets_read(box, MESSAGES + 1) < CACHE_OCTETS);
    /* What is behind the last message may be more of it. */
    mbox_box_deliver(box, "more\n", 5, false);
    assert_true(octets_read(box, MESSAGES + 1) < size);
    assert_string_equal(mbox_box_read(box, MESSAGES), "Subject: small\n\nx\n\nmore\n");
}

static void a_rewritten_file_is_read_again(void **state)
{
    struct mbox_box *box = *state;
    char begin = 'G';
    size_t size = put_many(box);
    octets_read(box, MESSAGES);
    put_many(box); /* the same size and content, another time */
    assert_true(octets_read(box, MESSAGES) >= size);
    int fd = open(box->path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, &begin, 1, TEXT_OCTETS + 22), 1); /* the second "From " */
    close(fd);
    assert_true(octets_read(box, MESSAGES - 1) >= size);
    mbox_box_put_text(box, SMALL);
    octets_read(box, 1);
    mbox_box_put_text(box, "");
    octets_read(box, 0);
    unlink(box->path);
    octets_read(box, 0);
}

static void after_our_removal_nothing_is_read(void **state)
{
    struct mbox_box *box = *state;
    char fates[MESSAGES + 1] = "";
    put_many(box);
    octets_read(box, MESSAGES);
    memset(fates, 'k', MESSAGES);
    fates[3] = fates[90] = 'd';
    assert_int_equal(mbox_box_commit(box, fates), RESTANTE_OK);
    assert_true(octets_read(box, MESSAGES - 2) < CACHE_OCTETS);
    assert_non_null(strstr(mbox_box_read(box, 3), "Subject: 004\n"));
    assert_non_null(strstr(mbox_box_read(box, 97), "Subject: 099\n"));
}

static void settings_and_damage_make_it_anew(void **state)
{
    struct mbox_box *box = *state;
    char *cache = NULL, octet;
    size_t size = put_many(box);
    assert_true(asprintf(&cache, "%s/cache-mbox", box->state) > 0);
    octets_read(box, MESSAGES);
    box->driver.quoting = MBOX_QUOTING_O;
    assert_true(octets_read(box, MESSAGES) >= size);
    for (off_t at = 0; at < 600; at += 7) {
        int fd = open(cache, O_RDWR | O_CLOEXEC);
        assert_int_equal(pread(fd, &octet, 1, at), 1);
        octet ^= 1;
        assert_int_equal(pwrite(fd, &octet, 1, at), 1);
        close(fd);
        assert_true(octets_read(box, MESSAGES) >= size);
    }
    assert_int_equal(truncate(cache, 100), 0);
    assert_true(octets_read(box, MESSAGES) >= size);
    /* One that promises more than the mailbox can hold costs no memory. */
    assert_int_equal(truncate(cache, (off_t)1 << 40), 0);
    assert_true(octets_read(box, MESSAGES) >= size);
    free(cache);
}

static void what_is_no_mbox_is_left_alone(void **state)
{
    static const char *const contents[] = {"hello\n", "\nFrom a\n\n", "from a\n\n", "\0From a\n"};
    struct mbox_box *box = *state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        mbox_box_put(box, contents[i], strlen(contents[i]) + 1);
        char *before = kit_files_describe(box->path);
        assert_int_equal(mbox_box_try_open(box), RESTANTE_PERMANENT);
        assert_non_null(strstr(box->error.log, "it is left alone"));
        char *after = kit_files_describe(box->path);
        assert_string_equal(before, after);
        free(before);
        free(after);
    }
}

static void odd_files_are_refused(void **state)
{
    struct mbox_box *box = *state;
    char other[512];
    snprintf(other, sizeof(other), "%s/other", box->folder);
    kit_files_write(other, SMALL, strlen(SMALL));
    assert_int_equal(symlink(other, box->path), 0);
    assert_int_equal(mbox_box_try_open(box), RESTANTE_PERMANENT);
    unlink(box->path);
    assert_int_equal(link(other, box->path), 0);
    assert_int_equal(mbox_box_try_open(box), RESTANTE_PERMANENT);
    assert_non_null(strstr(box->error.log, "hard links"));
    unlink(box->path);
    assert_int_equal(mkfifo(box->path, 0600), 0);
    assert_int_equal(mbox_box_try_open(box), RESTANTE_PERMANENT);
    unlink(box->path);
    assert_int_equal(mkdir(box->path, 0700), 0);
    assert_int_equal(mbox_box_try_open(box), RESTANTE_PERMANENT);
    rmdir(box->path);
    if (geteuid() == 0) {
        mbox_box_put_text(box, SMALL);
        assert_int_equal(chown(box->path, 1234, 1234), 0);
        assert_int_equal(mbox_box_try_open(box), RESTANTE_PERMANENT);
        assert_non_null(strstr(box->error.log, "belongs to uid 1234"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mbox_box_make, mbox_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unchanged_file_is_not_read),     TEST(of_a_grown_file_the_end_is_read),
        TEST(a_rewritten_file_is_read_again),    TEST(after_our_removal_nothing_is_read),
        TEST(settings_and_damage_make_it_anew),  TEST(what_is_no_mbox_is_left_alone),
        TEST(odd_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
