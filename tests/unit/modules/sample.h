/*
 * tests/unit/modules/sample.h - a policy module that does nothing, with every field a macro, so that each test module
 * is this one with one thing wrong.
 */
#include <restante/policy.h>

#ifndef SAMPLE_MAGIC
#define SAMPLE_MAGIC RESTANTE_MODULE_MAGIC
#endif
#ifndef SAMPLE_MAJOR
#define SAMPLE_MAJOR RESTANTE_ABI_MAJOR
#endif
#ifndef SAMPLE_MINOR
#define SAMPLE_MINOR RESTANTE_ABI_MINOR
#endif
#ifndef SAMPLE_MODULE_SIZE
#define SAMPLE_MODULE_SIZE sizeof(struct restante_module)
#endif
#ifndef SAMPLE_OPERATIONS_SIZE
#define SAMPLE_OPERATIONS_SIZE sizeof(struct restante_policy)
#endif
#ifndef SAMPLE_HOST_SIZE
#define SAMPLE_HOST_SIZE sizeof(struct restante_host)
#endif
#ifndef SAMPLE_KIND
#define SAMPLE_KIND RESTANTE_KIND_POLICY
#endif
#ifndef SAMPLE_NAME
#define SAMPLE_NAME "sample"
#endif
#ifndef SAMPLE_SUMMARY
#define SAMPLE_SUMMARY "does nothing, for tests"
#endif
#ifndef SAMPLE_JUDGE
#define SAMPLE_JUDGE sample_judge
#endif
#ifndef SAMPLE_TAKES_KEYS
#define SAMPLE_TAKES_KEYS false
#endif
#ifndef SAMPLE_NEEDS
#define SAMPLE_NEEDS RESTANTE_NEEDS_NOTHING
#endif
#ifndef SAMPLE_SETTINGS
#define SAMPLE_SETTINGS                                                                                               \
    {.name = "flag", .type = RESTANTE_SETTING_BOOL, .default_text = "true", .help = "a flag"},                        \
    {.name = "wait", .type = RESTANTE_SETTING_DURATION, .default_text = "5s", .help = "a while"},                     \
    {.name = "words", .type = RESTANTE_SETTING_STRINGS, .help = "some words"},
#endif

static enum restante_status sample_start(const struct restante_host *host, const struct restante_policy_item *item,
                                         void **policy, struct restante_policy_terms *terms,
                                         struct restante_error *error)
{
    (void)item;
    (void)terms;
    *policy = NULL;
    host->log(RESTANTE_INFO, "started");
    return host->fail(error, RESTANTE_OK, 0, NULL, "%s", "nothing failed");
}

static enum restante_status sample_judge(void *policy, const struct restante_facts *facts,
                                         struct restante_verdict *verdict, struct restante_error *error)
{
    (void)policy;
    (void)facts;
    (void)verdict;
    (void)error;
    return RESTANTE_OK;
}

/* Keeps the compiler from calling it unused where a test module leaves it out. */
extern RESTANTE_EXPORT enum restante_status (*const sample_judge_kept)(void *, const struct restante_facts *,
                                                                       struct restante_verdict *,
                                                                       struct restante_error *);
enum restante_status (*const sample_judge_kept)(void *, const struct restante_facts *, struct restante_verdict *,
                                                struct restante_error *) = sample_judge;

static void sample_stop(void **policy)
{
    *policy = NULL;
}

static const struct restante_setting sample_settings[] = {SAMPLE_SETTINGS};

static const struct restante_policy sample_policy = {
    .takes_keys = SAMPLE_TAKES_KEYS, .start = sample_start, .judge = SAMPLE_JUDGE, .stop = sample_stop};

const struct restante_module restante_module = {
    .magic = SAMPLE_MAGIC,
    .abi_major = SAMPLE_MAJOR,
    .abi_minor = SAMPLE_MINOR,
    .module_size = SAMPLE_MODULE_SIZE,
    .operations_size = SAMPLE_OPERATIONS_SIZE,
    .host_size = SAMPLE_HOST_SIZE,
    .kind = SAMPLE_KIND,
    .name = SAMPLE_NAME,
    .summary = SAMPLE_SUMMARY,
    .settings = sample_settings,
    .settings_count = sizeof(sample_settings) / sizeof(sample_settings[0]),
    .needs = SAMPLE_NEEDS,
    .operations = &sample_policy,
};
