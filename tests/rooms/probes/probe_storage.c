/* A storage driver that tries what the file "try" in its maildrop says, and tells the log how that went. */
#include <restante/storage.h>

#include "tries.h"

static const struct restante_host *host;

static enum restante_status probe_start(const struct restante_host *lent, const struct restante_value *values,
                                        void **driver, struct restante_error *error)
{
    (void)values;
    (void)error;
    host = lent;
    *driver = &host;
    return RESTANTE_OK;
}

static void probe_stop(void **driver)
{
    *driver = NULL;
}

static enum restante_status probe_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                                       struct restante_error *error)
{
    char path[4096], text[1024] = "";
    (void)driver;
    *maildrop = NULL;
    snprintf(path, sizeof(path), "%s/try", request->path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
        return host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "%s: cannot read it", path);
    close(fd);
    host->log(RESTANTE_INFO, "trying %s in %d.", text, (int)getpid());
    host->log(RESTANTE_INFO, "tried %s: %d.", text, tries_run(text));
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

/* Nothing of it is ever called: no maildrop opens. */
static size_t probe_count(const void *maildrop)
{
    (void)maildrop;
    return 0;
}

static enum restante_status probe_stat(const void *maildrop, size_t index, struct restante_message *message,
                                       struct restante_error *error)
{
    (void)maildrop;
    (void)index;
    (void)message;
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

static enum restante_status probe_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error)
{
    (void)maildrop;
    (void)index;
    (void)reader;
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

static enum restante_status probe_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                       struct restante_error *error)
{
    (void)reader;
    (void)buffer;
    (void)capacity;
    (void)length;
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

static void probe_read_close(void **reader)
{
    *reader = NULL;
}

static void probe_correct(void *maildrop, size_t index, uint64_t octets)
{
    (void)maildrop;
    (void)index;
    (void)octets;
}

static enum restante_status probe_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                         struct restante_error *error)
{
    (void)maildrop;
    (void)fates;
    (void)removals;
    return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "only a probe");
}

static void probe_close(void **maildrop)
{
    *maildrop = NULL;
}

static const struct restante_storage operations = {
    .start = probe_start,
    .stop = probe_stop,
    .open = probe_open,
    .count = probe_count,
    .stat = probe_stat,
    .read_open = probe_read_open,
    .read = probe_read,
    .read_close = probe_read_close,
    .correct = probe_correct,
    .commit = probe_commit,
    .close = probe_close,
};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_storage),
    .kind = RESTANTE_KIND_STORAGE,
    .name = "probe",
    .summary = "tries what it must not be able to do",
    .operations = &operations,
};
