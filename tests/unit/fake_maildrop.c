#include "fake_maildrop.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"

struct fake_reader {
    struct fake_maildrop *fake;
    size_t index, at;
};

static const char *fake_uidl(void *context, size_t index)
{
    const struct fake_maildrop *fake = context;
    return fake->messages[index].uidl;
}

static uint64_t fake_octets(void *context, size_t index)
{
    const struct fake_maildrop *fake = context;
    return fake->messages[index].octets;
}

static enum restante_status fake_read_open(void *context, size_t index, void **reader, struct restante_error *error)
{
    struct fake_maildrop *fake = context;
    if (fake->fail_open == index + 1)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "message %zu", index + 1);
    struct fake_reader *opened = alloc_zeroed(sizeof(*opened));
    opened->fake = fake;
    opened->index = index;
    fake->readers++;
    *reader = opened;
    return RESTANTE_OK;
}

static enum restante_status fake_read(void *context, void *reader, void *buffer, size_t capacity, size_t *length,
                                      struct restante_error *error)
{
    struct fake_maildrop *fake = context;
    struct fake_reader *opened = reader;
    const struct fake_message *message = &fake->messages[opened->index];
    bool fails = fake->fail_read == opened->index + 1;
    size_t end = fails ? fake->fail_after : message->length;
    size_t given = end - opened->at;
    fake->reads++;
    if (fails && given == 0)
        return error_set(error, RESTANTE_TEMPORARY, 0, "The disk is tired", "message %zu", opened->index + 1);
    if (fake->chunk > 0 && given > fake->chunk)
        given = fake->chunk;
    *length = given < capacity ? given : capacity;
    if (*length > 0)
        memcpy(buffer, message->stored + opened->at, *length);
    opened->at += *length;
    if (fake->lies)
        *length = capacity + 1;
    return RESTANTE_OK;
}

static void fake_read_close(void *context, void **reader)
{
    struct fake_maildrop *fake = context;
    fake->readers--;
    free(*reader);
    *reader = NULL;
}

static void fake_retrieved(void *context, size_t index, uint64_t octets)
{
    struct fake_maildrop *fake = context;
    fake->retrieved[index] += octets;
}

struct transaction_maildrop fake_maildrop(struct fake_maildrop *fake)
{
    return (struct transaction_maildrop){
        .context = fake,
        .count = fake->count,
        .uidl = fake_uidl,
        .octets = fake_octets,
        .read_open = fake_read_open,
        .read = fake_read,
        .read_close = fake_read_close,
        .retrieved = fake_retrieved,
    };
}
