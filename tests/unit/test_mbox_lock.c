/*
 * Delivery locks against another process that holds or wants them.
 */
#include "mbox_box.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ONE "From a\nSubject: one\n\n1\n\n"
#define TWO "From a\nSubject: two\n\n2\n\n"

struct other {
    pid_t pid;
    int go; /* closed: it ends */
};

static bool take(const char *path, enum mbox_lock lock)
{
    char name[512];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd;
    switch (lock) {
    case MBOX_LOCK_FCNTL:
        return (fd = open(path, O_RDWR)) >= 0 && fcntl(fd, F_SETLK, &whole) == 0;
    case MBOX_LOCK_FLOCK:
        return (fd = open(path, O_RDWR)) >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    case MBOX_LOCK_DOTLOCK:
        snprintf(name, sizeof(name), "%s.lock", path);
        return open(name, O_RDWR | O_CREAT | O_EXCL, 0600) >= 0;
    }
    return false;
}

/* Another process that holds this lock, as deliverers take it, until other_end; the dotlock's file stays. */
static struct other other_begin(const struct mbox_box *box, enum mbox_lock lock)
{
    int go[2], ready[2];
    char octet = 'y';
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(ready), 0);
    struct other other = {.pid = fork(), .go = go[1]};
    if (other.pid == 0) {
        close(go[1]);
        octet = take(box->path, lock) ? 'y' : 'n';
        if (write(ready[1], &octet, 1) == 1 && read(go[0], &octet, 1) < 0)
            _exit(1);
        _exit(0);
    }
    close(go[0]);
    assert_int_equal(read(ready[0], &octet, 1), 1);
    close(ready[0]);
    close(ready[1]);
    if (octet != 'y')
        other.pid = -other.pid;
    return other;
}

/* Did it get its lock? */
static bool other_end(struct other *other)
{
    pid_t pid = other->pid < 0 ? -other->pid : other->pid;
    close(other->go);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return other->pid > 0;
}

static bool other_can_take(const struct mbox_box *box, enum mbox_lock lock)
{
    struct other other = other_begin(box, lock);
    bool could = other_end(&other);
    if (could && lock == MBOX_LOCK_DOTLOCK) {
        char name[512];
        snprintf(name, sizeof(name), "%s.lock", box->path);
        unlink(name);
    }
    return could;
}

static void use(struct mbox_box *box, enum mbox_lock first, enum mbox_lock second)
{
    box->driver.locks[0] = first;
    box->driver.locks[1] = second;
    box->driver.locks_count = first == second ? 1 : 2;
}

static void remove_dotlock(const struct mbox_box *box)
{
    char name[512];
    snprintf(name, sizeof(name), "%s.lock", box->path);
    assert_int_equal(unlink(name), 0);
}

static void each_kind_is_respected_and_waiting_is_bounded(void **state)
{
    struct mbox_box *box = *state;
    for (enum mbox_lock lock = MBOX_LOCK_FCNTL; lock <= MBOX_LOCK_DOTLOCK; lock++) {
        mbox_box_put_text(box, ONE TWO);
        use(box, lock, lock);
        struct other other = other_begin(box, lock);
        kit_host_tick_ms = 0;
        for (int i = 0; i < 5; i++)
            assert_int_equal(mbox_box_try_open(box), RESTANTE_WAIT);
        kit_host_tick_ms = 400; /* lock_timeout is a second of this clock */
        unsigned waited = 0;
        enum restante_status status;
        while ((status = mbox_box_try_open(box)) == RESTANTE_WAIT)
            assert_true(++waited < 10);
        assert_int_equal(status, RESTANTE_IN_USE);
        assert_string_equal(box->error.client, "another program is using this mailbox");
        assert_null(box->maildrop);
        assert_true(other_end(&other));
        if (lock == MBOX_LOCK_DOTLOCK) {
            kit_host_tick_ms = 0;
            assert_int_equal(mbox_box_try_open(box), RESTANTE_WAIT); /* its maker is gone, but it is none of ours */
            remove_dotlock(box);
        }
        kit_host_tick_ms = 0;
        mbox_box_open(box);
        assert_true(other_can_take(box, lock)); /* held for the scan alone */
        /* The commit waits likewise, and then deletes. */
        other = other_begin(box, lock);
        assert_int_equal(mbox_box_commit(box, "dk"), RESTANTE_WAIT);
        assert_int_equal(mbox_box_commit(box, "dk"), RESTANTE_WAIT);
        assert_true(other_end(&other));
        if (lock == MBOX_LOCK_DOTLOCK)
            remove_dotlock(box);
        assert_int_equal(mbox_box_commit(box, "dk"), RESTANTE_OK);
        assert_true(other_can_take(box, lock));
        mbox_box_close(box);
    }
}

static void a_commit_gives_up_too(void **state)
{
    struct mbox_box *box = *state;
    mbox_box_put_text(box, ONE TWO);
    mbox_box_open(box);
    struct other other = other_begin(box, MBOX_LOCK_FCNTL);
    kit_host_tick_ms = 400;
    enum restante_status status;
    while ((status = mbox_box_commit(box, "dk")) == RESTANTE_WAIT)
        ;
    assert_int_equal(status, RESTANTE_IN_USE);
    mbox_box_close(box);
    other_end(&other);
    mbox_box_open(box);
    assert_int_equal(mbox_count(box->maildrop), 2);
}

/* While one is waited for, those before it are free. */
static void orders(void **state)
{
    struct mbox_box *box = *state;
    for (enum mbox_lock first = MBOX_LOCK_FCNTL; first <= MBOX_LOCK_DOTLOCK; first++)
        for (enum mbox_lock second = MBOX_LOCK_FCNTL; second <= MBOX_LOCK_DOTLOCK; second++) {
            if (first == second)
                continue;
            mbox_box_put_text(box, ONE);
            use(box, first, second);
            struct other other = other_begin(box, second);
            assert_int_equal(mbox_box_try_open(box), RESTANTE_WAIT);
            assert_true(other_can_take(box, first));
            assert_true(other_end(&other));
            if (second == MBOX_LOCK_DOTLOCK)
                remove_dotlock(box);
            mbox_box_open(box);
            mbox_box_close(box);
        }
}

/* While a step of ours is under way nobody else has the lock. */
static void held_while_it_works(void **state)
{
    struct mbox_box *box = *state;
    const struct restante_maildrop_request request = {.path = box->path, .user = "kim", .state_fd = box->state_fd};
    for (enum mbox_lock lock = MBOX_LOCK_FCNTL; lock <= MBOX_LOCK_DOTLOCK; lock++) {
        mbox_box_put_text(box, ONE TWO);
        use(box, lock, lock);
        kit_host_tick_ms = 100; /* one piece of work a step */
        assert_int_equal(mbox_open(&box->driver, &request, &box->maildrop, &box->error), RESTANTE_AGAIN);
        assert_int_equal(mbox_open(&box->driver, &request, &box->maildrop, &box->error), RESTANTE_AGAIN);
        assert_false(other_can_take(box, lock));
        kit_host_tick_ms = 0;
        assert_int_equal(mbox_box_try_open(box), RESTANTE_OK);
        assert_true(other_can_take(box, lock));
        mbox_box_close(box);
    }
}

/* --- dotlocks of ours ------------------------------------------------------------------------------------------- */

/* A process of ours that ends in the middle of a scan, or lives on. */
static struct other ours_begin(struct mbox_box *box)
{
    int go[2], ready[2];
    char octet = 'y';
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(ready), 0);
    struct other other = {.pid = fork(), .go = go[1]};
    if (other.pid == 0) {
        const struct restante_maildrop_request request = {.path = box->path, .user = "kim", .state_fd = -1};
        close(go[1]);
        kit_host_tick_ms = 100;
        for (int i = 0; i < 2; i++)
            (void)mbox_open(&box->driver, &request, &box->maildrop, &box->error);
        if (write(ready[1], &octet, 1) == 1 && read(go[0], &octet, 1) < 0)
            _exit(1);
        _exit(0);
    }
    close(go[0]);
    assert_int_equal(read(ready[0], &octet, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return other;
}

static void a_dotlock_of_ours_is_broken_when_its_maker_is_gone(void **state)
{
    struct mbox_box *box = *state;
    mbox_box_put_text(box, ONE);
    use(box, MBOX_LOCK_DOTLOCK, MBOX_LOCK_DOTLOCK);
    struct other other = ours_begin(box);
    assert_true(mbox_box_has(box, "box.lock"));
    for (int i = 0; i < 5; i++)
        assert_int_equal(mbox_box_try_open(box), RESTANTE_WAIT); /* it lives */
    assert_true(mbox_box_has(box, "box.lock"));
    other_end(&other);
    assert_true(mbox_box_has(box, "box.lock"));
    mbox_box_open(box);
    assert_non_null(strstr(kit_host_log_text(), "had left behind"));
    assert_false(mbox_box_has(box, "box.lock"));
}

static void an_unfinished_one_is_no_hindrance(void **state)
{
    static const char *const contents[] = {"", "0\nres", "0\nrestante\n"};
    struct mbox_box *box = *state;
    char name[512];
    snprintf(name, sizeof(name), "%s.lock.restante", box->path);
    mbox_box_put_text(box, ONE);
    use(box, MBOX_LOCK_DOTLOCK, MBOX_LOCK_DOTLOCK);
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        kit_files_write(name, contents[i], strlen(contents[i]));
        mbox_box_open(box);
        mbox_box_close(box);
        assert_false(mbox_box_has(box, "box.lock.restante"));
    }
    /* What is not ours is not touched. */
    kit_files_write(name, "precious\n", 9);
    assert_int_equal(mbox_box_try_open(box), RESTANTE_WAIT);
    assert_true(mbox_box_has(box, "box.lock.restante"));
    mbox_box_close(box);
    unlink(name);
    assert_int_equal(link(box->path, name), 0);
    assert_int_not_equal(mbox_box_try_open(box), RESTANTE_OK);
    mbox_box_close(box);
    unlink(name);
    mbox_box_open(box);
    assert_string_equal(mbox_box_read(box, 0), "Subject: one\n\n1\n");
}

static void a_folder_that_cannot_be_written(void **state)
{
    struct mbox_box *box = *state;
    if (geteuid() != 0)
        skip();
    mbox_box_put_text(box, ONE);
    assert_int_equal(chown(box->path, 1234, 1234), 0);
    assert_int_equal(chmod(box->folder, 0755), 0);
    use(box, MBOX_LOCK_FCNTL, MBOX_LOCK_DOTLOCK);
    assert_int_equal(seteuid(1234), 0);
    enum restante_status status = mbox_box_try_open(box);
    use(box, MBOX_LOCK_FCNTL, MBOX_LOCK_FCNTL);
    enum restante_status without = mbox_box_try_open(box);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, RESTANTE_TEMPORARY);
    assert_non_null(strstr(box->error.log, "leave \"dotlock\" out of locks"));
    assert_int_equal(without, RESTANTE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mbox_box_make, mbox_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_is_respected_and_waiting_is_bounded),
        TEST(a_commit_gives_up_too),
        TEST(orders),
        TEST(held_while_it_works),
        TEST(a_dotlock_of_ours_is_broken_when_its_maker_is_gone),
        TEST(an_unfinished_one_is_no_hindrance),
        TEST(a_folder_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
