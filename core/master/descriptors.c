#include "master/descriptors.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "util/log.h"

enum {
    DESCRIPTORS_OWN = 64, /* of a frontend without connections, with room to spare: listeners, channels, the log */
    DESCRIPTORS_PER_CONNECTION = 2, /* over TLS: the client's socket and the relay's */
};

void descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

uint64_t descriptors_fit(uint64_t open_files, uint64_t frontends)
{
    if (open_files <= DESCRIPTORS_OWN)
        return 0;
    uint64_t each = (open_files - DESCRIPTORS_OWN) / DESCRIPTORS_PER_CONNECTION;
    return each > UINT64_MAX / frontends ? UINT64_MAX : each * frontends;
}

void descriptors_check(const struct generation *generation)
{
    uint64_t wanted = (uint64_t)conf_integer(&generation->conf, "limits.connections"), frontends = 0;
    struct rlimit limit;
    for (size_t i = 0; i < generation->slots_count; i++)
        frontends += generation->slots[i]->kind == ROOM_FRONTEND;
    if (frontends == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    uint64_t fit = descriptors_fit(limit.rlim_cur, frontends);
    if (fit < wanted)
        log_warn("limits.connections is %" PRIu64 ", but each of %" PRIu64 " frontends may open %" PRIu64
                 " files, which is enough for %" PRIu64 " connections over TLS in all: raise the limit of open files "
                 "(LimitNOFILE= of the service), or lower limits.connections",
                 wanted, frontends, (uint64_t)limit.rlim_cur, fit);
}
