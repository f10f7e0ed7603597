#include "master/ticket_keys.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "master/generation.h"
#include "master/slot.h"
#include "util/log.h"

enum { TICKET_KEYS_ROTATE_S = 3600 };

void ticket_keys_open(struct master *master, struct faults *faults)
{
    if (getrandom(&master->ticket_keys, sizeof(master->ticket_keys), 0) != (ssize_t)sizeof(master->ticket_keys))
        faults_add(faults, "no random octets for session ticket keys: %s", strerror(errno));
}

void ticket_keys_rotate(struct master *master)
{
    struct message_ticket_keys next;
    memcpy(next.keys[1], master->ticket_keys.keys[0], sizeof(next.keys[1]));
    if (getrandom(next.keys[0], sizeof(next.keys[0]), 0) != (ssize_t)sizeof(next.keys[0])) {
        log_error("no random octets for session ticket keys, the old ones stay: %s", strerror(errno));
        return;
    }
    master->ticket_keys = next;
    explicit_bzero(&next, sizeof(next));
    for (struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->slots_count; i++) {
            if (generation->slots[i]->kind == ROOM_FRONTEND)
                slot_send_ticket_keys(generation->slots[i]);
        }
    }
}

static void on_rotate(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    ticket_keys_rotate(context);
}

void ticket_keys_start(struct master *master)
{
    const struct timeval hour = {.tv_sec = TICKET_KEYS_ROTATE_S};
    master->ticket_timer = event_new(master->base, -1, EV_PERSIST, on_rotate, master);
    event_add(master->ticket_timer, &hour);
}

void ticket_keys_close(struct master *master)
{
    if (master->ticket_timer)
        event_free(master->ticket_timer);
    master->ticket_timer = NULL;
    explicit_bzero(&master->ticket_keys, sizeof(master->ticket_keys));
}
