/*
 * sandbox/filter.h - system call filters: from a table's rows to a program, and the program into the kernel. The
 * tables of the rooms are in filter_tables.h and in one file for each.
 */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <linux/filter.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

enum { FILTER_CHECKS_MAX = 2 };

enum filter_compare {
    FILTER_MASKED = 0, /* (argument & mask) == value */
    FILTER_BELOW,      /* argument < value, all 64 bits of it */
    FILTER_ABOVE,      /* argument > value */
};

struct filter_check {
    enum filter_compare compare;
    unsigned argument; /* from 0 */
    uint64_t mask, value;
};

/* A call that is permitted, or refused with an errno, when all of its checks hold. Rows of one call are alternatives. */
struct filter_row {
    int call; /* SCMP_SYS(…): libseccomp's number, below 0 where this machine has no such call */
    int refusal; /* errno; 0: permitted */
    unsigned checks_count;
    struct filter_check checks[FILTER_CHECKS_MAX];
};

struct filter_table {
    const struct filter_row *rows;
    size_t count;
};

#define FILTER_EXACTLY UINT64_MAX
#define FILTER_CALL(name) {.call = SCMP_SYS(name)}
#define FILTER_REFUSED(name, why) {.call = SCMP_SYS(name), .refusal = (why)}
#define FILTER_BITS(name, number, bits, wanted)                                                                       \
    {.call = SCMP_SYS(name),                                                                                          \
     .checks_count = 1,                                                                                               \
     .checks = {{.argument = (number), .mask = (bits), .value = (uint64_t)(wanted)}}}
#define FILTER_REFUSED_BITS(name, number, bits, wanted, why)                                                          \
    {.call = SCMP_SYS(name),                                                                                          \
     .refusal = (why),                                                                                                \
     .checks_count = 1,                                                                                               \
     .checks = {{.argument = (number), .mask = (bits), .value = (uint64_t)(wanted)}}}
/* Argument `number`, counted from 0, is exactly `wanted`. */
#define FILTER_ONLY(name, number, wanted) FILTER_BITS(name, number, FILTER_EXACTLY, wanted)
#define FILTER_ONLY_BOTH(name, number, wanted, other, other_wanted)                                                   \
    {.call = SCMP_SYS(name),                                                                                          \
     .checks_count = 2,                                                                                               \
     .checks = {{.argument = (number), .mask = FILTER_EXACTLY, .value = (uint64_t)(wanted)},                          \
                {.argument = (other), .mask = FILTER_EXACTLY, .value = (uint64_t)(other_wanted)}}}
#define FILTER_TABLE(rows_of) {(rows_of), sizeof(rows_of) / sizeof((rows_of)[0])}

/* Stands in a row for the id of the process that will load the filter: a worker's is not known when it is made. */
#define FILTER_OWN_PID UINT64_C(0x7eadface)

/* What happens to a call that no row names. */
enum filter_default {
    FILTER_KILL,   /* the process ends */
    FILTER_PERMIT, /* for filters that only take something away */
};

/* A program for the kernel, not loaded yet. */
struct filter {
    struct sock_filter *code;
    unsigned short count;
};

enum restante_status filter_build(struct filter *filter, enum filter_default otherwise,
                                  const struct filter_table *tables, size_t tables_count, struct restante_error *error);
/* Load it into this process, for good. Filters add up: what any of them refuses is refused. Needs no_new_privs. */
enum restante_status filter_load(const struct filter *filter, struct restante_error *error);
void filter_free(struct filter *filter);
/* Can this kernel end a process for a forbidden call? */
bool filter_is_available(void);

#endif
