/*
 * util/clock.h - the two clocks, and durations as timers take them.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

int64_t clock_now_s(void);        /* wall clock, seconds since 1970 */
int64_t clock_now_ms(void);       /* wall clock, milliseconds since 1970 */
int64_t clock_monotonic_ms(void); /* never goes back; for deadlines and durations */
int64_t clock_boot_s(void);       /* likewise, and goes on while the machine sleeps */
/* A duration that is not negative, for a timer. */
struct timeval clock_timeval(int64_t duration_ms);

#endif
