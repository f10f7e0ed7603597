/*
 * util/watchdog.c - see watchdog.h.
 *
 * WHY the timer is not stopped at the end: that would be two system calls for each of many short calls. It fires at most
 * once after the last of them, finds nobody to watch and stops itself.
 */
#include "util/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static struct {
    volatile sig_atomic_t is_watching;
    volatile sig_atomic_t is_running; /* the timer */
    volatile sig_atomic_t ticks_left;
    void (*volatile tell)(void);
} watchdog;

static void watchdog_set_timer(long interval_s)
{
    const struct itimerval timer = {.it_interval = {.tv_sec = interval_s}, .it_value = {.tv_sec = interval_s}};
    setitimer(ITIMER_PROF, &timer, NULL);
}

static void watchdog_on_tick(int number)
{
    int saved = errno;
    (void)number;
    if (!watchdog.is_watching) {
        watchdog.is_running = 0;
        watchdog_set_timer(0);
    } else if (--watchdog.ticks_left <= 0) {
        watchdog.tell();
        _exit(WATCHDOG_EXIT_STATUS);
    }
    errno = saved;
}

static void watchdog_start(void)
{
    struct sigaction action = {.sa_handler = watchdog_on_tick, .sa_flags = SA_RESTART};
    sigset_t ours;
    sigemptyset(&action.sa_mask);
    sigemptyset(&ours);
    sigaddset(&ours, SIGPROF);
    if (sigaction(SIGPROF, &action, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &ours, NULL) != 0)
        abort();
    watchdog.is_running = 1;
    watchdog_set_timer(WATCHDOG_TICK_S);
}

void watchdog_begin(unsigned ticks, void (*tell)(void))
{
    watchdog.tell = tell;
    watchdog.ticks_left = (sig_atomic_t)ticks;
    watchdog.is_watching = 1;
    if (!watchdog.is_running)
        watchdog_start();
}

void watchdog_end(void)
{
    watchdog.is_watching = 0;
}
