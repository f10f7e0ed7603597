/*
 * Which tables, which part of the file system and which limits each kind of room has. Fails closed: what this kernel
 * has must work, only what it lacks may be missing, and only where the administrator permits that.
 */
#include "sandbox/confine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "sandbox/filter.h"
#include "sandbox/filter_tables.h"
#include "sandbox/limits.h"
#include "sandbox/sandbox.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/log.h"

enum { CONFINE_TABLES_MAX = 6, CONFINE_PATHS_MAX = 64 };

struct confine_prepared {
    enum confine_wish wish;
    int landlock_abi; /* 0: not used */
    bool has_filter, has_minimum;
    struct filter filter;
    struct filter minimum; /* the nursery's second filter */
    struct landlock_plan landlock;
    struct landlock_path paths[CONFINE_PATHS_MAX]; /* the plan's own first */
    struct limits limits;
};

enum confine_wish confine_wish_of(const char *text)
{
    if (strcmp(text, "require") == 0)
        return CONFINE_REQUIRE;
    return strcmp(text, "off") == 0 ? CONFINE_OFF : CONFINE_TRY;
}

/* Programs and PAM modules call what they like: for them there is a list of what is denied instead. */
static bool is_open_ended(const struct confine_plan *plan)
{
    return plan->keeps_root || (plan->needs & RESTANTE_NEEDS_EXEC) != 0;
}

/* --- the three parts of a plan ------------------------------------------------------------------------------------ */

static size_t confine_tables(const struct confine_plan *plan, struct filter_table tables[CONFINE_TABLES_MAX])
{
    size_t count = 0;
    if (is_open_ended(plan)) {
        tables[count++] = filter_denied;
        return count;
    }
    tables[count++] = filter_common;
    switch (plan->kind) {
    case CONFINE_FRONTEND:
        tables[count++] = filter_frontend;
        tables[count++] = filter_no_files;
        break;
    case CONFINE_AUTH:
        tables[count++] = filter_auth;
        tables[count++] = filter_no_files;
        break;
    case CONFINE_AUTH_WORKER:
    case CONFINE_POLICY:
        tables[count++] = filter_auth_worker;
        break;
    case CONFINE_NURSERY:
        tables[count++] = filter_nursery;
        tables[count++] = filter_worker;
        break;
    default:
        tables[count++] = filter_worker;
        break;
    }
    if (plan->needs & RESTANTE_NEEDS_NETWORK)
        tables[count++] = filter_needs_network;
    else if (plan->kind != CONFINE_FRONTEND && plan->kind != CONFINE_AUTH)
        tables[count++] = filter_no_network;
    return count;
}

static enum restante_status confine_build_filters(struct confine_prepared *prepared, const struct confine_plan *plan,
                                                  struct restante_error *error)
{
    struct filter_table tables[CONFINE_TABLES_MAX];
    struct filter_row rows[FILTER_MINIMUM_ROWS];
    const struct filter_table minimum = {rows, FILTER_MINIMUM_ROWS};
    size_t count = confine_tables(plan, tables);
    enum filter_default otherwise = is_open_ended(plan) ? FILTER_PERMIT : FILTER_KILL;
    enum restante_status status = filter_build(&prepared->filter, otherwise, tables, count, error);
    prepared->has_filter = status == RESTANTE_OK;
    if (status != RESTANTE_OK || plan->kind != CONFINE_NURSERY)
        return status;
    filter_minimum(rows, plan->minimum_uid);
    status = filter_build(&prepared->minimum, FILTER_PERMIT, &minimum, 1, error);
    prepared->has_minimum = status == RESTANTE_OK;
    return status;
}

/* Where a program may be started the whole system can be read; to write there is only what discards it. */
static const struct landlock_path paths_for_programs[] = {{"/", LANDLOCK_EXECUTE}, {"/dev/null", LANDLOCK_CHANGE}};

/* How names become addresses, and whom TLS trusts. */
static const struct landlock_path paths_for_network[] = {
    {"/etc", LANDLOCK_READ},
    {"/run/systemd/resolve", LANDLOCK_READ},
    {"/usr/lib/ssl", LANDLOCK_READ},
    {"/usr/share/ca-certificates", LANDLOCK_READ},
    {"/usr/local/share/ca-certificates", LANDLOCK_READ},
};

static void confine_add_paths(struct confine_prepared *prepared, const struct landlock_path *paths, size_t count)
{
    for (size_t i = 0; i < count && prepared->landlock.paths_count < CONFINE_PATHS_MAX; i++)
        prepared->paths[prepared->landlock.paths_count++] = paths[i];
}

static void confine_plan_files(struct confine_prepared *prepared, const struct confine_plan *plan)
{
    struct landlock_plan *landlock = &prepared->landlock;
    bool has_programs = (plan->needs & RESTANTE_NEEDS_EXEC) != 0;
    *landlock = (struct landlock_plan){.files = LANDLOCK_FILES_NONE,
                                       .paths = prepared->paths,
                                       .can_connect = (plan->needs & RESTANTE_NEEDS_NETWORK) != 0};
    if (plan->keeps_root || (plan->kind == CONFINE_NURSERY && has_programs))
        landlock->files = LANDLOCK_FILES_NO_DEVICES;
    else if (plan->kind == CONFINE_NURSERY)
        landlock->files = LANDLOCK_FILES_NO_EXEC;
    if (landlock->files != LANDLOCK_FILES_NONE)
        return;
    if (has_programs)
        confine_add_paths(prepared, paths_for_programs, sizeof(paths_for_programs) / sizeof(paths_for_programs[0]));
    if (landlock->can_connect)
        confine_add_paths(prepared, paths_for_network, sizeof(paths_for_network) / sizeof(paths_for_network[0]));
    confine_add_paths(prepared, plan->paths, plan->paths_count);
}

static void confine_plan_limits(struct confine_prepared *prepared, const struct confine_plan *plan)
{
    prepared->limits = (struct limits){
        .can_fork = plan->kind == CONFINE_NURSERY || is_open_ended(plan),
        .can_write_files = plan->kind == CONFINE_NURSERY || plan->kind == CONFINE_WORKER || is_open_ended(plan),
        .memory_octets = plan->memory_octets,
        .cpu_s = plan->cpu_s,
    };
}

/* --- what is missing ---------------------------------------------------------------------------------------------- */

static void confine_lacks(const struct confine_plan *plan, struct faults *faults, const char *sentence)
{
    if (plan->wish == CONFINE_REQUIRE)
        faults_add(faults, "confinement = \"require\": %s", sentence);
    else if (plan->kind != CONFINE_WORKER) /* its nursery has said it */
        log_warn("confinement: %s", sentence);
}

static void confine_probe(struct confine_prepared *prepared, const struct confine_plan *plan, struct faults *faults)
{
    char text[160];
    int abi = landlock_abi();
    prepared->has_filter = filter_is_available();
    prepared->landlock_abi = abi >= LANDLOCK_ABI_MIN ? abi : 0;
    if (!prepared->has_filter)
        confine_lacks(plan, faults, "this kernel has no seccomp filters that end a process: system calls are not "
                                    "restricted");
    if (abi == 0) {
        confine_lacks(plan, faults, "this kernel has no Landlock, or it is not enabled (the kernel's parameter lsm=): "
                                    "files are protected by their owners and modes alone");
    } else if (abi < LANDLOCK_ABI_SCOPES) {
        snprintf(text, sizeof(text), "this kernel's Landlock is version %d: it cannot restrict %s", abi,
                 abi < LANDLOCK_ABI_MIN       ? "files without breaking the moving of mail, and is not used"
                 : abi < LANDLOCK_ABI_NETWORK ? "TCP, signals and abstract Unix sockets"
                                              : "signals and abstract Unix sockets");
        confine_lacks(plan, faults, text);
    }
}

/* --- the parts together ------------------------------------------------------------------------------------------- */

#ifdef RESTANTE_SANITIZED
static bool confine_is_possible(const struct confine_plan *plan, struct faults *faults)
{
    if (plan->wish != CONFINE_OFF)
        confine_lacks(plan, faults, "this program was built with sanitizers and cannot be confined");
    return false;
}
#else
static bool confine_is_possible(const struct confine_plan *plan, struct faults *faults)
{
    (void)faults;
    return plan->wish != CONFINE_OFF;
}
#endif

struct confine_prepared *confine_prepare(const struct confine_plan *plan, struct faults *faults)
{
    struct restante_error error = {0};
    size_t before = faults->count;
    struct confine_prepared *prepared = alloc_zeroed(sizeof(*prepared));
    prepared->wish = plan->wish;
    confine_plan_limits(prepared, plan);
    confine_plan_files(prepared, plan);
    if (!confine_is_possible(plan, faults)) {
        prepared->wish = CONFINE_OFF;
    } else {
        confine_probe(prepared, plan, faults);
        if (prepared->has_filter && confine_build_filters(prepared, plan, &error) != RESTANTE_OK)
            faults_add(faults, "confinement: %s", error.log);
    }
    if (faults->count > before)
        confine_forget(&prepared);
    return prepared;
}

void confine_forget(struct confine_prepared **prepared)
{
    if (!*prepared)
        return;
    filter_free(&(*prepared)->filter);
    filter_free(&(*prepared)->minimum);
    free(*prepared);
    *prepared = NULL;
}

static enum restante_status confine_filter(const struct confine_prepared *prepared, struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    /* The narrower one first: the other no longer lets a filter be loaded, except in the nursery. */
    if (prepared->has_minimum)
        status = filter_load(&prepared->minimum, error);
    if (status == RESTANTE_OK && prepared->has_filter)
        status = filter_load(&prepared->filter, error);
    return status;
}

enum restante_status confine_enter(const struct confine_prepared *prepared, const struct landlock_path *paths,
                                   size_t paths_count, struct restante_error *error)
{
    struct landlock_path all[CONFINE_PATHS_MAX];
    struct landlock_plan landlock = prepared->landlock;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error_set(error, RESTANTE_PERMANENT, errno, NULL, "cannot set no_new_privs");
    sandbox_hide();
    if (prepared->wish == CONFINE_OFF)
        return RESTANTE_OK;
    enum restante_status status = limits_set(&prepared->limits, error);
    if (landlock.paths_count + paths_count > CONFINE_PATHS_MAX)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "more than %d paths are needed", CONFINE_PATHS_MAX);
    memcpy(all, landlock.paths, landlock.paths_count * sizeof(*all));
    if (paths_count > 0)
        memcpy(all + landlock.paths_count, paths, paths_count * sizeof(*all));
    landlock.paths = all;
    landlock.paths_count += paths_count;
    if (status == RESTANTE_OK && prepared->landlock_abi > 0)
        status = landlock_restrict(&landlock, error);
    return status == RESTANTE_OK ? confine_filter(prepared, error) : status;
}

static void confine_report(const struct confine_prepared *prepared, char report[CONFINE_REPORT_MAX + 1])
{
    char landlock[32] = "no Landlock";
    if (prepared->landlock_abi > 0)
        snprintf(landlock, sizeof(landlock), "Landlock %d", prepared->landlock_abi);
    if (prepared->wish == CONFINE_OFF)
        snprintf(report, CONFINE_REPORT_MAX + 1, "no_new_privs, nothing else");
    else
        snprintf(report, CONFINE_REPORT_MAX + 1, "no_new_privs, limits, %s, %s",
                 prepared->has_filter ? "seccomp" : "no seccomp", landlock);
}

bool confine(const struct confine_plan *plan, char report[CONFINE_REPORT_MAX + 1], struct faults *faults)
{
    struct restante_error error = {0};
    report[0] = '\0';
    struct confine_prepared *prepared = confine_prepare(plan, faults);
    if (!prepared)
        return false;
    confine_report(prepared, report);
    enum restante_status status = confine_enter(prepared, NULL, 0, &error);
    confine_forget(&prepared);
    if (status != RESTANTE_OK)
        faults_add(faults, "confinement: %s", error.log);
    return status == RESTANTE_OK;
}
