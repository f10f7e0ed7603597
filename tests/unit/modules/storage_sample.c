/* A storage module with every operation but append, which may be missing. */
#include <restante/storage.h>

static enum restante_status storage_start(const struct restante_host *host, const struct restante_value *values,
                                          void **driver, struct restante_error *error)
{
    (void)host;
    (void)values;
    (void)error;
    *driver = NULL;
    return RESTANTE_OK;
}

static void storage_stop(void **driver)
{
    *driver = NULL;
}

static enum restante_status storage_open(void *driver, const struct restante_maildrop_request *request,
                                         void **maildrop, struct restante_error *error)
{
    (void)driver;
    (void)request;
    (void)error;
    *maildrop = NULL;
    return RESTANTE_TEMPORARY;
}

static size_t storage_count(const void *maildrop)
{
    (void)maildrop;
    return 0;
}

static enum restante_status storage_stat(const void *maildrop, size_t index, struct restante_message *message,
                                         struct restante_error *error)
{
    (void)maildrop;
    (void)index;
    (void)message;
    (void)error;
    return RESTANTE_TEMPORARY;
}

static enum restante_status storage_read_open(void *maildrop, size_t index, void **reader,
                                              struct restante_error *error)
{
    (void)maildrop;
    (void)index;
    (void)reader;
    (void)error;
    return RESTANTE_TEMPORARY;
}

static enum restante_status storage_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                         struct restante_error *error)
{
    (void)reader;
    (void)buffer;
    (void)capacity;
    (void)length;
    (void)error;
    return RESTANTE_TEMPORARY;
}

static void storage_correct(void *maildrop, size_t index, uint64_t octets)
{
    (void)maildrop;
    (void)index;
    (void)octets;
}

static enum restante_status storage_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                           struct restante_error *error)
{
    (void)maildrop;
    (void)fates;
    (void)removals;
    (void)error;
    return RESTANTE_TEMPORARY;
}

static const struct restante_storage storage_operations = {
    .start = storage_start,
    .stop = storage_stop,
    .open = storage_open,
    .count = storage_count,
    .stat = storage_stat,
    .read_open = storage_read_open,
    .read = storage_read,
    .read_close = storage_stop,
    .correct = storage_correct,
    .commit = storage_commit,
    .close = storage_stop,
};

const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_storage),
    .kind = RESTANTE_KIND_STORAGE,
    .name = "storage_sample",
    .summary = "has no mail, for tests",
    .operations = &storage_operations,
};
