/*
 * session/maildrop_list.c - what the storage driver lists. Runs in a worker, as the mailbox owner.
 *
 * TRUST: a driver reads hostile mail. What it says about messages is checked once, when the maildrop is listed, and
 * kept: a session's numbers, sizes and unique-ids never change (RFC 1939 section 7 and 8).
 */
#include <string.h>

#include "ledger/ledger_line.h"
#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/error.h"

enum { MAILDROP_FACTS_PER_STEP = 8192 };

const char *maildrop_uidl(const struct maildrop *maildrop, size_t index)
{
    return buf_head(&maildrop->arena) + maildrop->names[index];
}

static enum restante_status maildrop_list_open(struct maildrop *maildrop, struct restante_error *error)
{
    maildrop->request = (struct restante_maildrop_request){
        .path = maildrop->path,
        .user = maildrop->user,
        .state_fd = maildrop->state_fd,
        .ledger = maildrop->ledger,
        .is_read_only = maildrop->is_read_only,
    };
    enum restante_status status =
        maildrop->storage->open(maildrop->driver, &maildrop->request, &maildrop->opened, error);
    if (status != RESTANTE_OK)
        return status;
    size_t count = maildrop->storage->count(maildrop->opened);
    if (count >= UINT32_MAX)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "%s: the %s driver lists %zu messages, which is too many",
                         maildrop->path, maildrop->driver_name, count);
    maildrop->is_open = true;
    maildrop->count = count;
    maildrop->names = alloc_array(count + 1, sizeof(*maildrop->names));
    maildrop->octets = alloc_array(count + 1, sizeof(*maildrop->octets));
    return RESTANTE_AGAIN;
}

static enum restante_status maildrop_list_learn(struct maildrop *maildrop, size_t index, struct restante_error *error)
{
    struct restante_message message = {0};
    enum restante_status status = maildrop->storage->stat(maildrop->opened, index, &message, error);
    if (status != RESTANTE_OK)
        return status;
    message.uidl[RESTANTE_UIDL_MAX] = '\0';
    if (!ledger_line_is_uidl(message.uidl))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s: the %s driver gave message %zu a unique-id that RFC 1939 does not allow: %s",
                         maildrop->path, maildrop->driver_name, index + 1, message.uidl);
    maildrop->octets[index] = message.octets;
    maildrop->total_octets += message.octets;
    maildrop->names[index] = buf_length(&maildrop->arena);
    buf_append(&maildrop->arena, message.uidl, strlen(message.uidl) + 1);
    return RESTANTE_OK;
}

enum restante_status maildrop_list(struct maildrop *maildrop, struct restante_error *error)
{
    if (!maildrop->is_open)
        return maildrop_list_open(maildrop, error);
    for (unsigned i = 0; i < MAILDROP_FACTS_PER_STEP && maildrop->known < maildrop->count; i++) {
        enum restante_status status = maildrop_list_learn(maildrop, maildrop->known, error);
        if (status != RESTANTE_OK)
            return status == RESTANTE_AGAIN ? RESTANTE_TEMPORARY : status;
        maildrop->known++;
    }
    if (maildrop->known < maildrop->count)
        return RESTANTE_AGAIN;
    return RESTANTE_OK;
}

size_t maildrop_listed(const struct maildrop *maildrop)
{
    return maildrop->known;
}

const char *maildrop_listed_uidl(const struct maildrop *maildrop, size_t index)
{
    return index < maildrop->known ? maildrop_uidl(maildrop, index) : "";
}

uint64_t maildrop_listed_octets(const struct maildrop *maildrop, size_t index)
{
    return maildrop->octets[index];
}
