/*
 * sandbox/capability.h - the few capability calls the rooms need, straight to the kernel.
 */
#ifndef SANDBOX_CAPABILITY_H
#define SANDBOX_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#define CAPABILITY_CHOWN (UINT64_C(1) << 0)
#define CAPABILITY_DAC_OVERRIDE (UINT64_C(1) << 1)
#define CAPABILITY_DAC_READ_SEARCH (UINT64_C(1) << 2)
#define CAPABILITY_FOWNER (UINT64_C(1) << 3)
#define CAPABILITY_KILL (UINT64_C(1) << 5)
#define CAPABILITY_SETGID (UINT64_C(1) << 6)
#define CAPABILITY_SETUID (UINT64_C(1) << 7)
#define CAPABILITY_SETPCAP (UINT64_C(1) << 8)
#define CAPABILITY_NET_BIND_SERVICE (UINT64_C(1) << 10)
#define CAPABILITY_SYS_CHROOT (UINT64_C(1) << 18)
#define CAPABILITY_AUDIT_WRITE (UINT64_C(1) << 29)

/* The permitted set of this process. */
uint64_t capability_permitted(void);
/* Make permitted and effective exactly `set` (a subset of what is permitted), inheritable and ambient empty. */
bool capability_set(uint64_t set);
/* Cut the bounding set down to `set`, for good. Needs root. */
bool capability_limit(uint64_t set);

#endif
