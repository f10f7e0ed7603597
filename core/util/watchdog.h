/*
 * util/watchdog.h - the last resort against a call that does not come back: the process ends.
 *
 * It counts processor time of the process, so that a slow disk is none of its business. Watching costs nothing but two
 * writes to memory as long as a timer that was set before is still running. One for a process; not for threads.
 */
#ifndef UTIL_WATCHDOG_H
#define UTIL_WATCHDOG_H

#define WATCHDOG_TICK_S 2
#define WATCHDOG_EXIT_STATUS 70

/*
 * From here to watchdog_end the process may use between `ticks` - 1 and `ticks` times WATCHDOG_TICK_S of processor time.
 * Then `tell` is called, from a signal handler: to write one line of the log (util/log.h allocates nothing). The
 * process then exits with WATCHDOG_EXIT_STATUS.
 */
void watchdog_begin(unsigned ticks, void (*tell)(void));
void watchdog_end(void);

#endif
