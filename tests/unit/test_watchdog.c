/* A call that does not come back ends the process, after it was said; one that does leaves nothing behind. */
#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/watchdog.h"

static int said[2];

static void tell(void)
{
    if (write(said[1], "stuck", 5) != 5)
        abort();
}

static void spin(double seconds)
{
    clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    while (clock() < end)
        ;
}

static void set_timer_us(long interval_us)
{
    const struct itimerval timer = {.it_interval = {.tv_usec = interval_us}, .it_value = {.tv_usec = interval_us}};
    setitimer(ITIMER_PROF, &timer, NULL);
}

/* The child's exit status; *heard is what it said. */
static int in_child(void (*body)(void), char heard[8])
{
    int status;
    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body();
        _exit(0);
    }
    close(said[1]);
    ssize_t length = read(said[0], heard, 7);
    heard[length > 0 ? length : 0] = '\0';
    close(said[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void never_comes_back(void)
{
    watchdog_begin(1, tell);
    spin(60);
}

/* The time counts from each beginning, not from the first one. */
static void comes_back_each_time(void)
{
    watchdog_begin(3, tell);
    set_timer_us(20000); /* quicker ticks than its own */
    watchdog_end();
    for (unsigned i = 0; i < 50; i++) {
        watchdog_begin(3, tell);
        spin(0.01);
        watchdog_end();
    }
}

static void is_stuck_after_many_that_were_not(void)
{
    comes_back_each_time();
    watchdog_begin(3, tell);
    set_timer_us(20000);
    spin(60);
}

/* Without anybody to watch the timer stops itself, and is started again for the next one. */
static void rests_meanwhile(void)
{
    struct itimerval timer;
    watchdog_begin(3, tell);
    watchdog_end();
    set_timer_us(20000);
    spin(0.2);
    getitimer(ITIMER_PROF, &timer);
    if (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0)
        _exit(1);
    watchdog_begin(3, tell);
    getitimer(ITIMER_PROF, &timer);
    if (timer.it_interval.tv_sec != WATCHDOG_TICK_S)
        _exit(2);
}

static void who_does_not_come_back_ends_the_process(void **state)
{
    char heard[8];
    (void)state;
    assert_int_equal(in_child(never_comes_back, heard), WATCHDOG_EXIT_STATUS);
    assert_string_equal(heard, "stuck");
    assert_int_equal(in_child(is_stuck_after_many_that_were_not, heard), WATCHDOG_EXIT_STATUS);
    assert_string_equal(heard, "stuck");
}

static void who_comes_back_goes_on(void **state)
{
    char heard[8];
    (void)state;
    assert_int_equal(in_child(comes_back_each_time, heard), 0);
    assert_string_equal(heard, "");
    assert_int_equal(in_child(rests_meanwhile, heard), 0);
    assert_string_equal(heard, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_not_come_back_ends_the_process),
        cmocka_unit_test(who_comes_back_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
