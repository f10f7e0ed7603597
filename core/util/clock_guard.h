/*
 * util/clock_guard.h - may this machine's wall clock be believed where its being wrong would remove mail?
 *
 * A guard knows one time of the wall clock that is believed and the boot clock's at the same moment; the boot clock
 * cannot be set. The wall clock is out of its mind when it is behind what the two say, or ahead of it by more than a
 * server is ever off for. It is judged anew whenever asked: a clock that was wrong when the machine started and has
 * been set right since is believed again.
 */
#ifndef UTIL_CLOCK_GUARD_H
#define UTIL_CLOCK_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_GUARD_SLACK_S 3600  /* the last run is known to the hour */
#define CLOCK_GUARD_NEVER INT64_C(-1)

struct clock_guard {
    int64_t base_s; /* of the wall clock, when … */
    int64_t boot_s; /* … the boot clock said this */
    int64_t jump_s; /* how far ahead it may be */
    bool is_unknown; /* nothing can be believed: what was known of the last run is damaged */
};

/*
 * `last_s`: when the wall clock was last believed; CLOCK_GUARD_NEVER: there was no run before this one. The clock is
 * believed from now on if it fits that, and else has to fit it later.
 */
void clock_guard_begin(struct clock_guard *guard, int64_t last_s, int64_t now_s, int64_t jump_s);
/* NULL: nobody guards. */
bool clock_guard_is_sane(const struct clock_guard *guard, int64_t now_s);
/* How far `now_s` is ahead of what it ought to be at least; negative: behind. */
int64_t clock_guard_ahead_s(const struct clock_guard *guard, int64_t now_s);

#endif
