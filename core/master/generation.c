#include "master/generation.h"

#include <stdlib.h>
#include <string.h>

#include "conf/evaluate.h"
#include "master/listeners.h"
#include "master/slot.h"
#include "master/tls_files.h"
#include "util/alloc.h"

struct generation *generation_open(struct master *master)
{
    struct generation *generation = alloc_zeroed(sizeof(*generation));
    generation->master = master;
    generation->number = ++master->last_generation;
    generation->announcement = (struct restante_announcement){.expire_days = RESTANTE_NO_ANNOUNCEMENT,
                                                              .login_delay_s = RESTANTE_NO_ANNOUNCEMENT};
    generation->log_target = (struct log_target){.fd = -1};
    generation->next = master->generations;
    master->generations = master->starting = generation;
    bool needs_tls = master->mode != ROOM_MAINTAIN && master->mode != ROOM_TRY;
    if (!master->has_file)
        conf_evaluate_defaults(&generation->conf);
    else if (conf_evaluate_file(master->file, &generation->conf, &generation->faults) && needs_tls)
        tls_files_open(generation);
    return generation;
}

static void generation_unlink(struct generation *generation)
{
    struct master *master = generation->master;
    struct generation **at = &master->generations;
    while (*at != generation)
        at = &(*at)->next;
    *at = generation->next;
    if (master->starting == generation)
        master->starting = NULL;
    if (master->running == generation)
        master->running = NULL;
}

void generation_close(struct generation *generation)
{
    generation_unlink(generation);
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *slot = generation->slots[i];
        slot_empty(slot);
        if (slot->restart)
            event_free(slot->restart);
        free(slot);
    }
    free(generation->slots);
    if (generation->overdue)
        event_free(generation->overdue);
    listeners_close(generation);
    tls_files_close(generation);
    log_sink_forget(&generation->log_target);
    conf_free(&generation->conf);
    faults_free(&generation->faults);
    free(generation->modules);
    free(generation->module_settings);
    free(generation);
}

struct master_slot *generation_add_slot(struct generation *generation, enum room_kind kind, uint32_t entry)
{
    struct master_slot *slot = alloc_zeroed(sizeof(*slot));
    *slot = (struct master_slot){.generation = generation, .kind = kind, .entry = entry};
    generation->slots = alloc_resize(generation->slots, generation->slots_count + 1, sizeof(*generation->slots));
    generation->slots[generation->slots_count++] = slot;
    return slot;
}

bool generation_has_rooms(const struct generation *generation, bool (*matches)(enum room_kind kind))
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->pid > 0 && (!matches || matches(generation->slots[i]->kind)))
            return true;
    }
    return false;
}

bool generation_is_settled(const struct generation *generation)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        const struct master_slot *slot = generation->slots[i];
        if (slot->pid > 0 && slot->state == SLOT_STARTING)
            return false;
    }
    return true;
}

bool generation_is_accepting(const struct generation *generation)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->is_accepting)
            return true;
    }
    return false;
}

bool generation_is_ready(const struct generation *generation)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->state != SLOT_READY)
            return false;
    }
    return generation->slots_count > 0;
}
