/*
 * session/maildrop_facts.c - what policies are told about a maildrop: from the driver, the ledger and, where they see
 * the client's numbering, from the engine. Runs in a worker. Costs nothing before a policy looks.
 */
#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/error.h"

/* --- mail ------------------------------------------------------------------------------------------------------ */

static enum restante_status maildrop_mail_open(void *context, size_t index, void **reader,
                                               struct restante_error *error)
{
    struct maildrop *maildrop = context;
    return maildrop->storage->read_open(maildrop->opened, index, reader, error);
}

static enum restante_status maildrop_mail_read(void *context, void *reader, void *buffer, size_t capacity,
                                               size_t *length, struct restante_error *error)
{
    const struct maildrop *maildrop = context;
    return maildrop->storage->read(reader, buffer, capacity, length, error);
}

static void maildrop_mail_close(void *context, void **reader)
{
    const struct maildrop *maildrop = context;
    maildrop->storage->read_close(reader);
}

struct policy_mail maildrop_facts_mail(struct maildrop *maildrop)
{
    return (struct policy_mail){.context = maildrop,
                                .read_open = maildrop_mail_open,
                                .read = maildrop_mail_read,
                                .read_close = maildrop_mail_close};
}

/* One value at a time: a policy may ask for a field of every message. */
static enum restante_status maildrop_facts_header(const struct restante_message_facts *message, const char *name,
                                                  const char **value, struct restante_error *error)
{
    const struct maildrop_numbering *numbering = message->host_data;
    struct maildrop *maildrop = numbering->maildrop;
    size_t count = numbering->is_shown ? maildrop->view.count : maildrop->count;
    *value = NULL;
    if (message->number < 1 || message->number > count)
        return error_set(error, RESTANTE_INVALID, 0, NULL, "there is no message %zu", message->number);
    size_t index = message->number - 1;
    if (numbering->is_shown)
        index = maildrop_index(maildrop, index);
    if (!maildrop->header)
        maildrop->header = alloc_zeroed(POLICY_HEADER_VALUE_MAX + 1);
    struct policy_mail mail = maildrop_facts_mail(maildrop);
    enum restante_status status = policy_header_find(&mail, index, name, maildrop->header, error);
    if (status == RESTANTE_OK)
        *value = maildrop->header;
    return status == RESTANTE_END ? RESTANTE_OK : status;
}

/* --- messages -------------------------------------------------------------------------------------------------- */

static void maildrop_facts_fill(const struct maildrop *maildrop, size_t index, struct restante_message_facts *message)
{
    struct restante_message listed = {0};
    struct restante_error error = {0};
    const struct ledger_entry *entry = ledger_find(maildrop->ledger, maildrop_uidl(maildrop, index));
    const struct ledger_marks *marks = ledger_marks(maildrop->ledger, entry);
    message->uidl = maildrop_uidl(maildrop, index);
    message->octets = maildrop->octets[index];
    /* As a message whose time is not known: rules keep it. */
    if (maildrop->storage->stat(maildrop->opened, index, &listed, &error) == RESTANTE_OK)
        message->delivered_s = listed.delivered_s;
    if (entry) {
        message->first_seen_s = entry->first_seen_s;
        message->first_retrieved_s = entry->first_retrieved_s;
        message->retrieved_count = entry->retrieved_count;
    }
    message->hidden_since_s = marks->hidden_s;
    message->set_aside_until_s = marks->set_aside_until_s;
    message->header = maildrop_facts_header;
}

static bool maildrop_facts_message(const struct restante_maildrop_facts *facts, size_t number,
                                   struct restante_message_facts *message)
{
    struct maildrop_numbering *numbering = facts->host_data;
    const struct maildrop *maildrop = numbering->maildrop;
    if (number < 1 || number > facts->count)
        return false;
    *message = (struct restante_message_facts){.number = number, .host_data = numbering};
    if (!numbering->is_shown) {
        maildrop_facts_fill(maildrop, number - 1, message);
        return true;
    }
    const struct maildrop_client *client = &maildrop->client;
    maildrop_facts_fill(maildrop, maildrop_index(maildrop, number - 1), message);
    message->is_deleted = client->fates && client->fates[number - 1] == RESTANTE_DELETE;
    message->is_retrieved = client->retrieved && client->retrieved[number - 1];
    return true;
}

void maildrop_facts_all(struct maildrop *maildrop, struct restante_maildrop_facts *facts)
{
    *facts = (struct restante_maildrop_facts){.count = maildrop->count,
                                              .octets = maildrop->total_octets,
                                              .message = maildrop_facts_message,
                                              .host_data = &maildrop->all};
}

void maildrop_facts(struct maildrop *maildrop, const struct maildrop_client *client,
                    struct restante_maildrop_facts *facts)
{
    maildrop->client = client ? *client : (struct maildrop_client){0};
    *facts = (struct restante_maildrop_facts){.count = maildrop->view.count,
                                              .octets = maildrop->visible_octets,
                                              .message = maildrop_facts_message,
                                              .host_data = &maildrop->shown};
}
