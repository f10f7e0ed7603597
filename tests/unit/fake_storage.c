#include "fake_storage.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct fake_maildrop {
    struct fake_storage *storage;
    size_t shown[FAKE_MESSAGES_MAX]; /* index among all messages */
    size_t count;
    unsigned open_steps, commit_steps;
};

struct fake_reader {
    struct fake_storage *storage;
    const struct fake_message *message;
    size_t at;
    unsigned copy;
};

static void fake_note(struct fake_storage *storage, const char *call)
{
    size_t used = strlen(storage->calls);
    strncat(storage->calls, call, sizeof(storage->calls) - used - 1);
}

struct fake_message *fake_storage_add(struct fake_storage *storage, const char *uidl, const char *body,
                                      unsigned copies)
{
    struct fake_message *message = &storage->messages[storage->count++];
    uint64_t octets = strlen(body);
    for (const char *at = body; *at; at++)
        octets += *at == '\n';
    *message = (struct fake_message){.uidl = uidl, .body = body, .copies = copies, .octets = octets * copies};
    return message;
}

static enum restante_status fake_start(const struct restante_host *host, const struct restante_value *values,
                                       void **driver, struct restante_error *error)
{
    (void)host;
    (void)values;
    (void)driver;
    (void)error;
    return RESTANTE_OK;
}

static void fake_stop(void **driver)
{
    *driver = NULL;
}

static enum restante_status fake_open(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                                      struct restante_error *error)
{
    struct fake_storage *storage = driver;
    (void)request;
    if (storage->busy_opens > 0) {
        storage->busy_opens--;
        error->status = RESTANTE_IN_USE;
        return RESTANTE_IN_USE;
    }
    if (storage->open_status != RESTANTE_OK) {
        *error = (struct restante_error){.status = storage->open_status, .log = "the fake driver does not open"};
        return storage->open_status;
    }
    struct fake_maildrop *opened = *maildrop;
    if (!opened) {
        *maildrop = opened = calloc(1, sizeof(*opened));
        opened->storage = storage;
    }
    if (opened->open_steps++ < storage->open_steps)
        return RESTANTE_AGAIN;
    for (size_t i = 0; i < storage->count; i++)
        if (!storage->messages[i].is_gone)
            opened->shown[opened->count++] = i;
    fake_note(storage, "open,");
    return RESTANTE_OK;
}

static size_t fake_count(const void *maildrop)
{
    return ((const struct fake_maildrop *)maildrop)->count;
}

static enum restante_status fake_stat(const void *maildrop, size_t index, struct restante_message *message,
                                      struct restante_error *error)
{
    const struct fake_maildrop *opened = maildrop;
    const struct fake_message *from = &opened->storage->messages[opened->shown[index]];
    (void)error;
    strncpy(message->uidl, from->uidl, sizeof(message->uidl) - 1);
    message->octets = from->octets;
    message->delivered_s = from->delivered_s;
    return RESTANTE_OK;
}

static enum restante_status fake_read_open(void *maildrop, size_t index, void **reader, struct restante_error *error)
{
    struct fake_maildrop *opened = maildrop;
    struct fake_reader *made = calloc(1, sizeof(*made));
    (void)error;
    made->storage = opened->storage;
    made->message = &opened->storage->messages[opened->shown[index]];
    *reader = made;
    return RESTANTE_OK;
}

static enum restante_status fake_read(void *reader, void *buffer, size_t capacity, size_t *length,
                                      struct restante_error *error)
{
    struct fake_reader *from = reader;
    const char *body = from->message->body;
    size_t whole = strlen(body), given = 0;
    (void)error;
    if (from->message->kills_reader)
        raise(SIGKILL);
    while (given < capacity && from->copy < from->message->copies) {
        size_t part = whole - from->at < capacity - given ? whole - from->at : capacity - given;
        memcpy((char *)buffer + given, body + from->at, part);
        given += part;
        from->at += part;
        if (from->at == whole) {
            from->at = 0;
            from->copy++;
        }
    }
    from->storage->octets_read += given;
    *length = given;
    return RESTANTE_OK;
}

static void fake_read_close(void **reader)
{
    free(*reader);
    *reader = NULL;
}

static void fake_correct(void *maildrop, size_t index, uint64_t octets)
{
    struct fake_maildrop *opened = maildrop;
    opened->storage->corrected[index] = octets;
}

static enum restante_status fake_commit(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                        struct restante_error *error)
{
    struct fake_maildrop *opened = maildrop;
    struct fake_storage *storage = opened->storage;
    bool failed = false;
    if (opened->commit_steps++ < storage->commit_steps)
        return RESTANTE_AGAIN;
    fake_note(storage, "commit,");
    if (storage->at_commit)
        storage->at_commit(storage->context, false);
    for (size_t i = 0; i < opened->count; i++) {
        struct fake_message *message = &storage->messages[opened->shown[i]];
        storage->fates[i] = fates[i];
        if (fates[i] != RESTANTE_DELETE)
            continue;
        if (message->refuses_removal) {
            failed = true;
            continue;
        }
        message->is_gone = true;
        removals[i] = RESTANTE_REMOVED;
    }
    if (storage->at_commit)
        storage->at_commit(storage->context, true);
    if (!failed || storage->lies_about_removal)
        return RESTANTE_OK;
    *error = (struct restante_error){.status = RESTANTE_TEMPORARY, .log = "the fake driver keeps a message"};
    return RESTANTE_TEMPORARY;
}

static void fake_close(void **maildrop)
{
    struct fake_maildrop *opened = *maildrop;
    fake_note(opened->storage, "close,");
    if (opened->storage->at_close)
        opened->storage->at_close(opened->storage->context);
    free(opened);
    *maildrop = NULL;
}

const struct restante_storage fake_storage_operations = {
    .start = fake_start,
    .stop = fake_stop,
    .open = fake_open,
    .count = fake_count,
    .stat = fake_stat,
    .read_open = fake_read_open,
    .read = fake_read,
    .read_close = fake_read_close,
    .correct = fake_correct,
    .commit = fake_commit,
    .close = fake_close,
};
