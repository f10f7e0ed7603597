/*
 * tests/rooms/probes/stuck_policy.c - a policy that does not come back from RETR, as a script could not in one call of a
 * library.
 */
#include <restante/policy.h>

static enum restante_status stuck_start(const struct restante_host *host, const struct restante_policy_item *item,
                                        void **policy, struct restante_policy_terms *terms,
                                        struct restante_error *error)
{
    static int started;
    (void)host;
    (void)item;
    (void)error;
    terms->wanted = RESTANTE_EVENT(RETR);
    *policy = &started;
    return RESTANTE_OK;
}

static enum restante_status stuck_judge(void *policy, const struct restante_facts *facts,
                                        struct restante_verdict *verdict, struct restante_error *error)
{
    volatile int goes_on = 1;
    (void)policy;
    (void)facts;
    (void)verdict;
    (void)error;
    while (goes_on)
        ;
    return RESTANTE_OK;
}

static void stuck_stop(void **policy)
{
    *policy = NULL;
}

static const struct restante_policy stuck_policy = {.start = stuck_start, .judge = stuck_judge, .stop = stuck_stop};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_policy),
    .kind = RESTANTE_KIND_POLICY,
    .name = "stuck",
    .summary = "does not come back",
    .operations = &stuck_policy,
};
