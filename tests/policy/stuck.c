/* A policy for tests that never comes back from judging a RETR of whoever is called "stuck". */
#include <string.h>

#include <restante/policy.h>

static enum restante_status start(const struct restante_host *host, const struct restante_policy_item *item,
                                  void **policy, struct restante_policy_terms *terms, struct restante_error *error)
{
    static char something;
    (void)host;
    (void)item;
    (void)error;
    *policy = &something;
    terms->wanted = RESTANTE_EVENT(RETR);
    return RESTANTE_OK;
}

static enum restante_status judge(void *policy, const struct restante_facts *facts, struct restante_verdict *verdict,
                                  struct restante_error *error)
{
    static volatile unsigned turns;
    (void)policy;
    (void)verdict;
    (void)error;
    while (strcmp(facts->session->user, "stuck") == 0)
        turns++;
    return RESTANTE_OK;
}

static void stop(void **policy)
{
    *policy = NULL;
}

static const struct restante_policy operations = {.start = start, .judge = judge, .stop = stop};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_policy),
    .kind = RESTANTE_KIND_POLICY,
    .name = "stuck",
    .summary = "never comes back from some users",
    .operations = &operations,
};
