#include "master/workers.h"

#include <signal.h>

#include "master/slot.h"
#include "master/supervise.h"
#include "util/log.h"

size_t workers_wanted(const struct generation *generation, uint32_t entry)
{
    if (generation->master->mode != ROOM_SERVE)
        return 1;
    return (size_t)conf_integer(&generation->conf, "auth.%u.workers", entry);
}

static size_t workers_allowed(const struct generation *generation, uint32_t entry)
{
    return (size_t)conf_integer(&generation->conf, "auth.%u.workers_max", entry);
}

static bool is_worker_of(const struct master_slot *slot, uint32_t entry)
{
    return slot->kind == ROOM_AUTH_WORKER && slot->entry == entry;
}

/* Places that are filled, or will be when a pause is over. */
static size_t workers_count(const struct generation *generation, uint32_t entry)
{
    size_t count = 0;
    for (size_t i = 0; i < generation->slots_count; i++) {
        const struct master_slot *slot = generation->slots[i];
        if (is_worker_of(slot, entry) && !slot->is_spare)
            count++;
    }
    return count;
}

static struct master_slot *workers_find_spare(const struct generation *generation, uint32_t entry)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *slot = generation->slots[i];
        if (is_worker_of(slot, entry) && slot->is_spare)
            return slot;
    }
    return NULL;
}

static struct master_slot *workers_find(const struct generation *generation, uint32_t room_id)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *slot = generation->slots[i];
        if (slot->kind == ROOM_AUTH_WORKER && slot->pid > 0 && slot->room_id == room_id)
            return slot;
    }
    return NULL;
}

void workers_add(struct generation *generation, uint32_t entry)
{
    if (entry < 1 || entry > conf_list_count(&generation->conf, "auth") ||
        workers_count(generation, entry) >= workers_allowed(generation, entry))
        return;
    struct master_slot *slot = workers_find_spare(generation, entry);
    if (!slot)
        slot = generation_add_slot(generation, ROOM_AUTH_WORKER, entry);
    slot->is_spare = false;
    supervise_fill(slot);
}

void workers_dismiss(struct generation *generation, uint32_t room_id)
{
    struct master_slot *slot = workers_find(generation, room_id);
    if (!slot || slot->is_dismissed)
        return;
    slot->is_dismissed = true;
    slot_drain(slot, DRAIN_RELOAD, 0);
}

void workers_replace(struct generation *generation, uint32_t room_id)
{
    struct master_slot *slot = workers_find(generation, room_id);
    if (!slot)
        return;
    log_warn("%s[%ld] has not answered in time and is replaced", slot_room_name(slot->kind), (long)slot->pid);
    kill(slot->pid, SIGKILL);
}

bool workers_is_spare(const struct master_slot *slot)
{
    return workers_count(slot->generation, slot->entry) > workers_wanted(slot->generation, slot->entry);
}
