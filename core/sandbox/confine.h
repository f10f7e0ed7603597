/*
 * sandbox/confine.h - confinement: what a room gives up once it has loaded everything and before it reads an outside
 * byte: new privileges, system calls (seccomp), files and networks (Landlock), resources. docs/security.md shows the
 * same tables to people.
 *
 * In a build with sanitizers nothing of it is in force: they need what it takes away.
 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

#include "sandbox/landlock.h"
#include "util/faults.h"

enum { CONFINE_REPORT_MAX = 127 };

enum confine_kind {
    CONFINE_FRONTEND = 0,
    CONFINE_AUTH,
    CONFINE_AUTH_WORKER,
    CONFINE_NURSERY,
    CONFINE_WORKER, /* of a session */
    CONFINE_POLICY, /* looks at policy files: it reads, and nothing else */
    CONFINE_KIND_COUNT,
};

/* The setting `confinement`. */
enum confine_wish {
    CONFINE_TRY = 0, /* what this kernel has; what is missing is logged */
    CONFINE_REQUIRE, /* all of it, or the room does not start */
    CONFINE_OFF,
};

struct confine_plan {
    enum confine_kind kind;
    enum confine_wish wish;
    uint32_t needs;     /* enum restante_needs of the modules loaded */
    bool keeps_root;    /* an auth worker that runs as root */
    uint32_t minimum_uid; /* nursery: the smallest uid that it may become */
    uint64_t memory_octets; /* workers: RLIMIT_DATA; 0: none */
    uint32_t cpu_s;         /* policy room: RLIMIT_CPU; 0: none */
    const struct landlock_path *paths;
    size_t paths_count;
};

/* "try", "require" or "off". */
enum confine_wish confine_wish_of(const char *text);

/*
 * Confine this process for good, by its plan. False when that failed or when something is missing and required: then
 * `faults` says what. `report` says what is in force.
 */
bool confine(const struct confine_plan *plan, char report[CONFINE_REPORT_MAX + 1], struct faults *faults);

/*
 * In two parts, for workers: what costs time is made once by the nursery, before it confines itself (NULL: as above),
 * and put to use in each worker after it has become the mailbox owner, before it opens anything. `plan->paths` are
 * those that every worker may read.
 */
struct confine_prepared;
struct confine_prepared *confine_prepare(const struct confine_plan *plan, struct faults *faults);
enum restante_status confine_enter(const struct confine_prepared *prepared, const struct landlock_path *paths,
                                   size_t paths_count, struct restante_error *error);
void confine_forget(struct confine_prepared **prepared);

#endif
