/*
 * util/clock_guard.c - may the wall clock be believed? Cannot fail.
 */
#include "util/clock_guard.h"

#include <stddef.h>

#include "util/clock.h"

int64_t clock_guard_ahead_s(const struct clock_guard *guard, int64_t now_s)
{
    return now_s - (guard->base_s + (clock_boot_s() - guard->boot_s));
}

bool clock_guard_is_sane(const struct clock_guard *guard, int64_t now_s)
{
    if (!guard)
        return true;
    int64_t ahead_s = clock_guard_ahead_s(guard, now_s);
    return !guard->is_unknown && ahead_s >= -CLOCK_GUARD_SLACK_S && ahead_s <= guard->jump_s;
}

void clock_guard_begin(struct clock_guard *guard, int64_t last_s, int64_t now_s, int64_t jump_s)
{
    *guard = (struct clock_guard){.base_s = last_s, .boot_s = clock_boot_s(), .jump_s = jump_s};
    if (last_s == CLOCK_GUARD_NEVER || clock_guard_is_sane(guard, now_s))
        guard->base_s = now_s;
}
