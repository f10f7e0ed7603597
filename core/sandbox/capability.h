/*
 * sandbox/capability.h - the few capability calls the rooms need, straight to the kernel.
 */
#ifndef SANDBOX_CAPABILITY_H
#define SANDBOX_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#define CAPABILITY_SETGID (UINT64_C(1) << 6)
#define CAPABILITY_SETUID (UINT64_C(1) << 7)

/* The permitted set of this process. */
uint64_t capability_permitted(void);
/* Make permitted and effective exactly `set` (a subset of what is permitted), inheritable and ambient empty. */
bool capability_set(uint64_t set);
/* Cut the bounding set down to `set`, for good. Needs root. */
bool capability_limit(uint64_t set);

#endif
