/* A policy for tests that waits at OPEN until a file is there: time to attach to its process. For a worker without
   confinement. */
#include <unistd.h>

#include <restante/policy.h>

static const struct restante_host *host;

static const struct restante_setting settings[] = {
    {.name = "file", .type = RESTANTE_SETTING_STRING, .is_required = true, .help = "what is waited for"},
};

static enum restante_status start(const struct restante_host *lent, const struct restante_policy_item *item,
                                  void **policy, struct restante_policy_terms *terms, struct restante_error *error)
{
    (void)error;
    host = lent;
    *policy = (void *)(uintptr_t)item->values[0].text;
    terms->wanted = RESTANTE_EVENT(OPEN);
    return RESTANTE_OK;
}

static enum restante_status judge(void *policy, const struct restante_facts *facts, struct restante_verdict *verdict,
                                  struct restante_error *error)
{
    (void)facts;
    (void)verdict;
    (void)error;
    host->log(RESTANTE_WARN, "at the gate"); /* restante expire shows no less */
    while (access(policy, F_OK) != 0)
        usleep(10000);
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
    .name = "gate",
    .summary = "waits for a file",
    .settings = settings,
    .settings_count = sizeof(settings) / sizeof(settings[0]),
    .operations = &operations,
};
