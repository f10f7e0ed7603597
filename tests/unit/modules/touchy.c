/* A policy that fails to start with the words it is given, or calls itself what it is told to. */
#include <stdio.h>
#include <stdlib.h>

#include <restante/policy.h>

enum { TOUCHY_FAILURE, TOUCHY_CALLED, TOUCHY_EXPIRE, TOUCHY_FILE, TOUCHY_SETTINGS };

static const struct restante_setting touchy_settings[TOUCHY_SETTINGS] = {
    [TOUCHY_FAILURE] = {.name = "failure", .type = RESTANTE_SETTING_STRING, .help = "why it does not start"},
    [TOUCHY_CALLED] = {.name = "called", .type = RESTANTE_SETTING_STRING, .help = "its own name"},
    [TOUCHY_EXPIRE] = {.name = "expire", .type = RESTANTE_SETTING_INTEGER, .default_text = "-1", .help = "announced"},
    [TOUCHY_FILE] = {.name = "file", .type = RESTANTE_SETTING_PATH, .help = "what it reads"},
};

static enum restante_status touchy_start(const struct restante_host *host, const struct restante_policy_item *item,
                                         void **policy, struct restante_policy_terms *terms,
                                         struct restante_error *error)
{
    *policy = NULL;
    if (item->values[TOUCHY_FAILURE].is_set)
        return host->fail(error, RESTANTE_INVALID, 0, NULL, "%s", item->values[TOUCHY_FAILURE].text);
    terms->wanted = RESTANTE_EVENT(LOGIN);
    terms->announcement.expire_days = (int32_t)item->values[TOUCHY_EXPIRE].integer;
    if (item->values[TOUCHY_CALLED].is_set)
        snprintf(terms->name, sizeof(terms->name), "%s", item->values[TOUCHY_CALLED].text);
    *policy = malloc(1); /* valgrind and ASan see when it is not stopped */
    return RESTANTE_OK;
}

static enum restante_status touchy_judge(void *policy, const struct restante_facts *facts,
                                         struct restante_verdict *verdict, struct restante_error *error)
{
    (void)policy;
    (void)facts;
    (void)verdict;
    (void)error;
    return RESTANTE_OK;
}

static void touchy_stop(void **policy)
{
    free(*policy);
    *policy = NULL;
}

static const struct restante_policy touchy_policy = {
    .start = touchy_start, .judge = touchy_judge, .stop = touchy_stop};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_policy),
    .kind = RESTANTE_KIND_POLICY,
    .name = "touchy",
    .summary = "for tests",
    .settings = touchy_settings,
    .settings_count = TOUCHY_SETTINGS,
    .operations = &touchy_policy,
};
