/*
 * sandbox/limits.h - resource limits that a process sets for itself, for good.
 */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include <restante/module.h>

struct limits {
    bool can_fork;
    bool can_write_files;
    uint64_t memory_octets; /* of data; 0: as it is */
    uint32_t cpu_s;         /* seconds of computing, then it is ended; 0: as it is */
};

/* Core dumps are always off. */
enum restante_status limits_set(const struct limits *limits, struct restante_error *error);

#endif
