#include "sandbox/limits.h"

#include <errno.h>
#include <sys/resource.h>

#include "util/error.h"

/* Never above what there is: only root could raise a limit. */
static bool limit_to(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return false;
    if (limit.rlim_max < value)
        value = limit.rlim_max;
    limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limit) == 0;
}

enum restante_status limits_set(const struct limits *limits, struct restante_error *error)
{
    bool is_set = limit_to(RLIMIT_CORE, 0);
    if (!limits->can_fork)
        is_set = is_set && limit_to(RLIMIT_NPROC, 0);
    if (!limits->can_write_files)
        is_set = is_set && limit_to(RLIMIT_FSIZE, 0);
    if (limits->memory_octets > 0)
        is_set = is_set && limit_to(RLIMIT_DATA, (rlim_t)limits->memory_octets);
    if (limits->cpu_s > 0)
        is_set = is_set && limit_to(RLIMIT_CPU, limits->cpu_s);
    if (is_set)
        return RESTANTE_OK;
    return error_set(error, RESTANTE_PERMANENT, errno, NULL, "cannot set the process's limits");
}
