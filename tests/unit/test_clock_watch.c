/*
 * tests/unit/test_clock_watch.c - which clocks are believed, and what is written down of it.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/clock_watch.h"
#include "unit_log.h"
#include "util/clock.h"

#define DAY_S 86400
#define JUMP_S (30 * DAY_S)

/* --- the guard -------------------------------------------------------------------------------------------------- */

static void the_first_run_believes_its_clock(void **state)
{
    (void)state;
    struct clock_guard guard;
    int64_t now_s = clock_now_s();
    clock_guard_begin(&guard, CLOCK_GUARD_NEVER, now_s, JUMP_S);
    assert_true(clock_guard_is_sane(&guard, now_s));
    assert_true(clock_guard_is_sane(NULL, 0));
}

static void a_clock_is_believed_from_the_last_run_to_a_jump_ahead(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_s;
        bool is_sane;
    } cases[] = {{0, true},           {DAY_S, true},      {JUMP_S - 60, true},     {JUMP_S + 60, false},
                 {INT64_C(1) << 40, false}, {-600, true}, {-3500, true},           {-3700, false},
                 {-DAY_S, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct clock_guard guard;
        int64_t now_s = clock_now_s(), last_s = now_s - cases[i].ahead_s;
        clock_guard_begin(&guard, last_s, now_s, JUMP_S);
        if (clock_guard_is_sane(&guard, now_s) != cases[i].is_sane)
            fail_msg("%" PRId64 " s ahead", cases[i].ahead_s);
        if (cases[i].is_sane) {
            assert_true(guard.base_s == now_s); /* believed from now on */
        } else {
            /* As soon as it fits, it is believed. */
            assert_true(clock_guard_is_sane(&guard, last_s + 10));
            assert_int_equal(clock_guard_ahead_s(&guard, now_s), cases[i].ahead_s);
        }
    }
}

static void a_jump_while_running_is_noticed(void **state)
{
    (void)state;
    struct clock_guard guard;
    int64_t now_s = clock_now_s();
    clock_guard_begin(&guard, now_s - DAY_S, now_s, JUMP_S);
    assert_true(clock_guard_is_sane(&guard, now_s + DAY_S));
    assert_true(clock_guard_is_sane(&guard, now_s + JUMP_S - 60));
    assert_false(clock_guard_is_sane(&guard, now_s + JUMP_S + 60));
    assert_false(clock_guard_is_sane(&guard, now_s - 3700));
    /* A day and a half later by the boot clock: yesterday is not now. */
    guard.boot_s -= DAY_S * 3 / 2;
    assert_true(clock_guard_is_sane(&guard, now_s + DAY_S * 3 / 2));
    assert_false(clock_guard_is_sane(&guard, now_s + DAY_S));
    guard.is_unknown = true;
    assert_false(clock_guard_is_sane(&guard, now_s + DAY_S * 3 / 2));
}

/* --- the file --------------------------------------------------------------------------------------------------- */

static struct master master;
static struct conf conf;

static int open_folder(void **state)
{
    (void)state;
    static char path[] = "/tmp/test_clock_watch.XXXXXX";
    snprintf(path, sizeof(path), "/tmp/test_clock_watch.XXXXXX");
    if (!mkdtemp(path))
        return -1;
    master = (struct master){.state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    snprintf(master.state_root, sizeof(master.state_root), "%s", path);
    conf = (struct conf){0};
    conf_add(&conf, "clock_jump", CONF_INTEGER, INT64_C(1000) * JUMP_S, NULL, 1);
    unit_log_begin();
    return master.state_fd < 0 ? -1 : 0;
}

static int close_folder(void **state)
{
    (void)state;
    unit_log_end();
    conf_free(&conf);
    (void)unlinkat(master.state_fd, "clock", 0);
    close(master.state_fd);
    return rmdir(master.state_root);
}

static void write_clock(const char *text)
{
    (void)unlinkat(master.state_fd, "clock", 0);
    int fd = openat(master.state_fd, "clock", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void write_last(int64_t last_s)
{
    char text[64];
    snprintf(text, sizeof(text), "restante-clock 1 %" PRId64 "\n", last_s);
    write_clock(text);
}

static int64_t read_last(void)
{
    char text[64] = "";
    int fd = openat(master.state_fd, "clock", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, text, sizeof(text) - 1);
    close(fd);
    assert_true(got > 18);
    assert_memory_equal(text, "restante-clock 1 ", 17);
    return strtoll(text + 17, NULL, 10);
}

static bool looks_sane(void) /* told each time that it is not */
{
    clock_watch_look(&master, &conf);
    return clock_guard_is_sane(&master.clock_guard, clock_now_s());
}

static bool is_now(int64_t when_s)
{
    int64_t apart_s = clock_now_s() - when_s;
    return apart_s >= 0 && apart_s < 60;
}

static void runs_are_written_down(void **state)
{
    (void)state;
    assert_true(looks_sane());
    assert_int_equal(read_last(), -1); /* looking leaves no trace */
    clock_watch_touch(&master);
    assert_true(is_now(read_last()));
    struct stat facts;
    assert_int_equal(fstatat(master.state_fd, "clock", &facts, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
    write_last(clock_now_s() - 29 * DAY_S);
    assert_true(looks_sane());
    clock_watch_touch(&master);
    assert_true(is_now(read_last()));
    assert_int_equal(unit_log_end(), 0);
    unit_log_begin();
}

static void a_clock_out_of_its_mind_is_said_so(void **state)
{
    (void)state;
    int64_t last_s = clock_now_s() - 31 * DAY_S;
    write_last(last_s);
    assert_false(looks_sane());
    clock_watch_touch(&master);
    assert_int_equal(read_last(), last_s); /* what is known stays */
    unit_log_end();
    assert_true(unit_log_has("event=clock"));
    assert_true(unit_log_has("the clock is 31d ahead of the last run; policies remove nothing."));
    assert_true(unit_log_has("restante expire --all --force"));
    unit_log_begin();
    write_last(clock_now_s() + 2 * DAY_S);
    assert_false(looks_sane());
    unit_log_end();
    assert_true(unit_log_has("behind the last run"));
    unit_log_begin();
    write_last(clock_now_s());
    assert_true(looks_sane());
    unit_log_end();
    assert_true(unit_log_has("policies may remove mail"));
    unit_log_begin();
}

static void what_is_not_understood_stops(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\n", "restante-clock 1 \n", "restante-clock 1 5", "restante-clock 1 05\n", "restante-clock 1 5\n\n",
        "restante-clock 2 5\n", "restante-clock 1 -5\n", "restante-clock 1 253402300800\n",
        "restante-clock 1 99999999999999999999\n", "restante-clock 1 5 \n",
        "restante-clock 1 5\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_clock(texts[i]);
        if (looks_sane() || !master.clock_guard.is_unknown)
            fail_msg("believed: %s", texts[i]);
    }
    unit_log_end();
    assert_true(unit_log_has("does not say when the last run was"));
    unit_log_begin();
    (void)unlinkat(master.state_fd, "clock", 0);
    assert_int_equal(symlinkat("/etc/passwd", master.state_fd, "clock"), 0);
    assert_false(looks_sane());
    /* Approved, it is replaced, and what it led to is left alone. */
    assert_int_equal(clock_watch_approve(&master, NULL), RESTANTE_OK);
    assert_true(is_now(read_last()));
    assert_true(looks_sane());
}

/* Without waiting for it. */
static void let_an_hour_pass(void)
{
    event_active(master.clock_timer, EV_TIMEOUT, 0);
    assert_true(event_base_loop(master.base, EVLOOP_NONBLOCK) >= 0);
}

static void every_hour_is_written_down(void **state)
{
    (void)state;
    master.base = event_base_new();
    assert_true(looks_sane());
    clock_watch_start(&master);
    assert_true(is_now(read_last()));
    write_last(1000);
    let_an_hour_pass();
    assert_true(is_now(read_last()));
    /* The clock jumps, by what the boot clock says, and comes back. */
    write_last(1000);
    master.clock_guard.base_s += 2 * DAY_S;
    let_an_hour_pass();
    assert_int_equal(read_last(), 1000);
    unit_log_end();
    assert_true(unit_log_has("event=clock"));
    unit_log_begin();
    /* Each hour where there are policies, once where there are none. */
    let_an_hour_pass();
    assert_int_equal(unit_log_end(), 0);
    unit_log_begin();
    master.has_policies = true;
    let_an_hour_pass();
    unit_log_end();
    assert_true(unit_log_has("event=clock"));
    unit_log_begin();
    master.clock_guard.base_s -= 2 * DAY_S;
    let_an_hour_pass();
    assert_true(is_now(read_last()));
    unit_log_end();
    assert_true(unit_log_has("policies may remove mail"));
    unit_log_begin();
    clock_watch_close(&master);
    event_base_free(master.base);
}

static void approval_ends_it(void **state)
{
    (void)state;
    static const int64_t aparts_s[] = {-40 * DAY_S, 40 * DAY_S};
    for (size_t i = 0; i < 2; i++) {
        write_last(clock_now_s() + aparts_s[i]);
        assert_false(looks_sane());
        assert_int_equal(clock_watch_approve(&master, NULL), RESTANTE_OK);
        assert_true(clock_guard_is_sane(&master.clock_guard, clock_now_s()));
        assert_false(clock_guard_is_sane(&master.clock_guard, clock_now_s() + 31 * DAY_S));
        assert_true(is_now(read_last()));
        assert_true(looks_sane());
    }
}

static void a_folder_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    struct restante_error error = {0};
    assert_true(looks_sane());
    assert_int_equal(mkdirat(master.state_fd, "clock", 0700), 0); /* also against root */
    clock_watch_touch(&master);
    unit_log_end();
    assert_true(unit_log_has("cannot write down"));
    unit_log_begin();
    assert_int_equal(clock_watch_approve(&master, &error), RESTANTE_TEMPORARY);
    assert_int_equal(unlinkat(master.state_fd, "clock", AT_REMOVEDIR), 0);
    DIR *listing = opendir(master.state_root);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        assert_true(entry->d_name[0] == '.');
    closedir(listing);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_run_believes_its_clock),
        cmocka_unit_test(a_clock_is_believed_from_the_last_run_to_a_jump_ahead),
        cmocka_unit_test(a_jump_while_running_is_noticed),
        FILE_TEST(runs_are_written_down),
        FILE_TEST(a_clock_out_of_its_mind_is_said_so),
        FILE_TEST(what_is_not_understood_stops),
        FILE_TEST(every_hour_is_written_down),
        FILE_TEST(approval_ends_it),
        FILE_TEST(a_folder_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
