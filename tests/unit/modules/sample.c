/*
 * A storage or policy module that does nothing, built many times: each time with one thing wrong, named by a macro.
 */
#include <restante/policy.h>
#include <restante/storage.h>

static enum restante_status sample_start(const struct restante_host *host, const struct restante_value *values,
                                         void **driver, struct restante_error *error)
{
    (void)values;
    (void)error;
#ifdef SAMPLE_UNRESOLVED
    extern void restante_function_that_does_not_exist(void);
    restante_function_that_does_not_exist();
#endif
    *driver = (void *)(uintptr_t)host;
    return RESTANTE_OK;
}

static void sample_stop(void **driver)
{
    *driver = NULL;
}

#ifdef SAMPLE_POLICY

static enum restante_status policy_start(const struct restante_host *host, const struct restante_value *values,
                                         void **policy, uint32_t *wanted, uint32_t *wanted_after,
                                         struct restante_announcement *announcement, struct restante_error *error)
{
    *wanted = RESTANTE_EVENT(DELE);
    *wanted_after = 0;
    *announcement = (struct restante_announcement){.expire_days = -1, .login_delay_s = -1};
    return sample_start(host, values, policy, error);
}

static enum restante_status policy_judge(void *policy, const struct restante_facts *facts,
                                         struct restante_verdict *verdict, struct restante_error *error)
{
    (void)policy;
    (void)facts;
    (void)error;
    verdict->decision = RESTANTE_REFUSE;
    return RESTANTE_OK;
}

static const struct restante_policy operations = {
    .start = policy_start, .judge = policy_judge, .stop = sample_stop};
#define OPERATIONS_TYPE struct restante_policy
#define KIND RESTANTE_KIND_POLICY

#else

static enum restante_status sample_open(void *driver, const struct restante_maildrop_request *request,
                                        void **maildrop, struct restante_error *error)
{
    (void)request;
    (void)error;
    *maildrop = driver;
    return RESTANTE_OK;
}

static size_t sample_count(const void *maildrop)
{
    (void)maildrop;
    return 0;
}

static enum restante_status sample_stat(const void *maildrop, size_t index, struct restante_message *message,
                                        struct restante_error *error)
{
    (void)maildrop;
    (void)index;
    (void)message;
    (void)error;
    return RESTANTE_INVALID;
}

static enum restante_status sample_read_open(void *maildrop, size_t index, void **reader,
                                             struct restante_error *error)
{
    (void)maildrop;
    (void)index;
    (void)error;
    *reader = NULL;
    return RESTANTE_INVALID;
}

static enum restante_status sample_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                        struct restante_error *error)
{
    (void)reader;
    (void)buffer;
    (void)capacity;
    (void)error;
    *length = 0;
    return RESTANTE_OK;
}

__attribute__((unused)) static void sample_correct(void *maildrop, size_t index, uint64_t octets)
{
    (void)maildrop;
    (void)index;
    (void)octets;
}

static enum restante_status sample_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                          struct restante_error *error)
{
    (void)maildrop;
    (void)fates;
    (void)removals;
    (void)error;
    return RESTANTE_OK;
}

__attribute__((unused)) static const struct restante_storage operations = {
    .start = sample_start,
    .stop = sample_stop,
    .open = sample_open,
    .count = sample_count,
    .stat = sample_stat,
    .read_open = sample_read_open,
    .read = sample_read,
    .read_close = sample_stop,
#ifndef SAMPLE_OPERATION
    .correct = sample_correct,
#endif
    .commit = sample_commit,
    .close = sample_stop,
};
#define OPERATIONS_TYPE struct restante_storage
#define KIND RESTANTE_KIND_STORAGE

#endif

static const struct restante_setting settings[] = {
#ifdef SAMPLE_SETTING
    {.name = "shape", .type = RESTANTE_SETTING_CHOICE, .help = "a choice without choices"},
#else
    {.name = "shape", .type = RESTANTE_SETTING_STRING, .help = "nothing"},
#endif
};

#ifdef SAMPLE_SYMBOL
#define EXPORTED another_symbol
extern RESTANTE_EXPORT const struct restante_module another_symbol;
#else
#define EXPORTED restante_module
#endif

RESTANTE_EXPORT const struct restante_module EXPORTED = {
#ifdef SAMPLE_MAGIC
    .magic = 7,
#else
    .magic = RESTANTE_MODULE_MAGIC,
#endif
#ifdef SAMPLE_MAJOR
    .abi_major = RESTANTE_ABI_MAJOR + 1,
#else
    .abi_major = RESTANTE_ABI_MAJOR,
#endif
#ifdef SAMPLE_MINOR
    .abi_minor = RESTANTE_ABI_MINOR + 1,
#else
    .abi_minor = RESTANTE_ABI_MINOR,
#endif
#ifdef SAMPLE_MODULE_SIZE
    .module_size = 8,
#else
    .module_size = sizeof(struct restante_module),
#endif
#ifdef SAMPLE_OPERATIONS_SIZE
    .operations_size = sizeof(OPERATIONS_TYPE) + 8,
#else
    .operations_size = sizeof(OPERATIONS_TYPE),
#endif
#ifdef SAMPLE_HOST_SIZE
    .host_size = 16,
#else
    .host_size = sizeof(struct restante_host),
#endif
#ifdef SAMPLE_KIND
    .kind = RESTANTE_KIND_AUTH,
#else
    .kind = KIND,
#endif
#ifdef SAMPLE_NAME
    .name = "other",
#else
    .name = "sample",
#endif
    .summary = "does nothing",
    .settings = settings,
    .settings_count = 1,
#ifndef SAMPLE_NO_OPERATIONS
    .operations = &operations,
#endif
};
