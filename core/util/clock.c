#include "util/clock.h"

#include <time.h>

static int64_t clock_read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now_s(void)
{
    return clock_now_ms() / 1000;
}

int64_t clock_now_ms(void)
{
    return clock_read_ms(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

int64_t clock_boot_s(void)
{
    return clock_read_ms(CLOCK_BOOTTIME) / 1000;
}

struct timeval clock_timeval(int64_t duration_ms)
{
    return (struct timeval){.tv_sec = duration_ms / 1000, .tv_usec = (suseconds_t)(duration_ms % 1000) * 1000};
}
