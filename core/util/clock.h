/*
 * util/clock.h - the two clocks.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>

int64_t clock_now_s(void);        /* wall clock, seconds since 1970 */
int64_t clock_now_ms(void);       /* wall clock, milliseconds since 1970 */
int64_t clock_monotonic_ms(void); /* never goes back; for deadlines and durations */

#endif
