/*
 * session/maildrop_view.c - the messages that a client is shown, numbered as it numbers them. Runs in a worker.
 *
 * A client's numbering has no gaps: what it is not shown does not exist for it. Made once, before the login is
 * answered.
 */
#include <inttypes.h>

#include "session/maildrop_state.h"
#include "util/log.h"

size_t maildrop_index(const struct maildrop *maildrop, size_t visible)
{
    return maildrop->visible ? maildrop->visible[visible] : visible;
}

/* `visible` ascends. */
size_t maildrop_visible(const struct maildrop *maildrop, size_t index)
{
    size_t low = 0, high = maildrop->view.count;
    if (!maildrop->visible)
        return index;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maildrop->visible[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *maildrop_view_uidl(void *context, size_t visible)
{
    const struct maildrop *maildrop = context;
    return maildrop_uidl(maildrop, maildrop_index(maildrop, visible));
}

static uint64_t maildrop_view_octets(void *context, size_t visible)
{
    const struct maildrop *maildrop = context;
    return maildrop->octets[maildrop_index(maildrop, visible)];
}

/* The client gets a general sentence, or no end of a message: the log tells why. */
static enum restante_status maildrop_view_told(const struct maildrop *maildrop, enum restante_status status,
                                               const struct restante_error *error)
{
    if (status != RESTANTE_OK)
        log_warn("a message of user %s cannot be read: %s", maildrop->user, error->log);
    return status;
}

static enum restante_status maildrop_view_read_open(void *context, size_t visible, void **reader,
                                                    struct restante_error *error)
{
    struct maildrop *maildrop = context;
    size_t index = maildrop_index(maildrop, visible);
    enum restante_status status = maildrop->storage->read_open(maildrop->opened, index, reader, error);
    return maildrop_view_told(maildrop, status, error);
}

static enum restante_status maildrop_view_read(void *context, void *reader, void *buffer, size_t capacity,
                                               size_t *length, struct restante_error *error)
{
    const struct maildrop *maildrop = context;
    return maildrop_view_told(maildrop, maildrop->storage->read(reader, buffer, capacity, length, error), error);
}

static void maildrop_view_read_close(void *context, void **reader)
{
    const struct maildrop *maildrop = context;
    maildrop->storage->read_close(reader);
}

static void maildrop_view_retrieved(void *context, size_t visible, uint64_t octets)
{
    struct maildrop *maildrop = context;
    size_t index = maildrop_index(maildrop, visible);
    if (octets == maildrop->octets[index])
        return;
    log_debug("%s: message %s was listed with %" PRIu64 " octets and has %" PRIu64, maildrop->path,
              maildrop_uidl(maildrop, index), maildrop->octets[index], octets);
    if (!maildrop->is_read_only)
        maildrop->storage->correct(maildrop->opened, index, octets);
}

void maildrop_view_make(struct maildrop *maildrop, size_t count, uint64_t octets)
{
    maildrop->visible_octets = octets;
    maildrop->counts.left = count;
    maildrop->view = (struct transaction_maildrop){
        .context = maildrop,
        .count = count,
        .uidl = maildrop_view_uidl,
        .octets = maildrop_view_octets,
        .read_open = maildrop_view_read_open,
        .read = maildrop_view_read,
        .read_close = maildrop_view_read_close,
        .retrieved = maildrop_view_retrieved,
    };
}

const struct transaction_maildrop *maildrop_view(const struct maildrop *maildrop)
{
    return &maildrop->view;
}
