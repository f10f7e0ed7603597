#include "master/reports.h"

#include <string.h>

#include "master/policy_trial.h"
#include "master/reload.h"
#include "master/slot.h"
#include "master/state_root.h"
#include "master/status.h"
#include "master/tls_watch.h"
#include "master/supervise.h"
#include "master/workers.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/str.h"

enum { REPORTS_MAX = 4096 }; /* of modules and of their settings: a room must not fill the master's memory */

static void reports_ready(struct master_slot *slot, const struct message_ready *ready)
{
    str_copy(slot->confinement, sizeof(slot->confinement), ready->confinement);
    slot->state = SLOT_READY;
    slot->was_ready = true;
    slot->failures = 0;
    supervise_ready(slot);
}

/* A room knows lines of the configuration ("line 12: …") but not the file: only the master does. */
static void reports_fault(struct master_slot *slot, const char *sentence)
{
    const char *file = "", *separator = "";
    if (strncmp(sentence, "line ", 5) == 0) {
        file = slot->generation->master->file;
        separator = ":";
        sentence += 5;
    }
    slot->has_faults = true;
    if (slot->generation->state != GENERATION_STARTING)
        log_error("%s: %s%s%s", slot_room_name(slot->kind), file, separator, sentence);
    else
        faults_add(&slot->generation->faults, "%s%s%s", file, separator, sentence);
}

static void reports_module(struct generation *generation, const struct message_module *module)
{
    if (generation->modules_count >= REPORTS_MAX)
        return;
    generation->modules = alloc_resize(generation->modules, generation->modules_count + 1, sizeof(*generation->modules));
    generation->modules[generation->modules_count++] = *module;
}

/* Several workers of one entry report the same rows: once is enough. */
static void reports_module_setting(struct generation *generation, const struct message_module_setting *setting)
{
    for (size_t i = 0; i < generation->module_settings_count; i++) {
        if (strcmp(generation->module_settings[i].setting_path, setting->setting_path) == 0)
            return;
    }
    if (generation->module_settings_count >= REPORTS_MAX)
        return;
    generation->module_settings = alloc_resize(generation->module_settings, generation->module_settings_count + 1,
                                               sizeof(*generation->module_settings));
    generation->module_settings[generation->module_settings_count++] = *setting;
}

static void reports_state_dir(struct master_slot *slot, const struct message_state_dir *request)
{
    struct message_state_dir_made answer;
    struct frame_out frame = {0};
    state_root_make(slot->generation->master, request, &answer);
    if (!answer.is_made)
        log_error("%s", answer.log);
    message_put_state_dir_made(&frame, &answer);
    channel_send(slot->control, &frame, -1);
    frame_free(&frame);
}

/* A nursery that takes another's place may have found other scripts: the frontends that serve already hear of it. */
static void reports_announcement(const struct master_slot *nursery, const struct restante_announcement *announcement)
{
    struct generation *generation = nursery->generation;
    generation->announcement = *announcement;
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->state == SLOT_READY && generation->state != GENERATION_STARTING)
            slot_announce(generation->slots[i]);
    }
}

/* To the newest generation that has one: its dispatcher is the successor of all others. */
static void reports_memory(const struct master_slot *from, const void *data, size_t length)
{
    const struct master *master = from->generation->master;
    const struct generation *newest = master->starting ? master->starting : master->running;
    for (size_t i = 0; newest && i < newest->slots_count; i++) {
        if (newest->slots[i]->kind == ROOM_AUTH && newest != from->generation)
            slot_send_memory(newest->slots[i], data, length);
    }
}

/* Frames that come from auth alone: of its two kinds of rooms only the dispatcher has a say. */
static bool reports_dispatcher(struct master_slot *slot, struct frame_in *frame)
{
    struct generation *generation = slot->generation;
    uint32_t number;
    const void *data;
    size_t length;
    if (slot->kind != ROOM_AUTH || slot->state != SLOT_READY)
        return false;
    if (frame->type == FRAME_MEMORY) {
        if (!message_get_memory(frame, &data, &length))
            return false;
        reports_memory(slot, data, length);
        return true;
    }
    if (!message_get_worker(frame, &number))
        return false;
    if (generation->master->is_stopping || generation->state != GENERATION_RUNNING)
        return true; /* no room is worth starting or ending any more */
    if (frame->type == FRAME_WORKER_WANTED)
        workers_add(generation, number);
    else if (frame->type == FRAME_WORKER_UNWANTED)
        workers_dismiss(generation, number);
    else
        workers_replace(generation, number);
    return true;
}

/* Frames that carry fields, read whole before anything is done. */
union reports_message {
    struct message_ready ready;
    struct message_module module;
    struct message_status status;
    struct message_module_setting setting;
    struct message_state_dir state_dir;
    struct message_tls_pair_tried tls_pair_tried;
    struct restante_announcement announcement;
    struct message_policy_report policy_report;
    char sentence[MESSAGE_TEXT_MAX + 1];
};

static bool reports_handle(struct master_slot *slot, struct frame_in *frame)
{
    static union reports_message message;
    switch (frame->type) {
    case FRAME_READY:
        if (!message_get_ready(frame, &message.ready) || slot->state != SLOT_STARTING)
            return false;
        reports_ready(slot, &message.ready);
        return true;
    case FRAME_FAULT:
        if (!message_get_fault(frame, message.sentence))
            return false;
        reports_fault(slot, message.sentence);
        return true;
    case FRAME_MODULE:
        if (!message_get_module(frame, &message.module))
            return false;
        reports_module(slot->generation, &message.module);
        return true;
    case FRAME_MODULE_SETTING:
        if (!message_get_module_setting(frame, &message.setting))
            return false;
        reports_module_setting(slot->generation, &message.setting);
        return true;
    case FRAME_ANNOUNCEMENT:
        if (!message_get_announcement(frame, &message.announcement) || slot->state != SLOT_STARTING)
            return false;
        reports_announcement(slot, &message.announcement);
        return true;
    case FRAME_TLS_PAIR_TRIED:
        return message_get_tls_pair_tried(frame, &message.tls_pair_tried) &&
               tls_watch_tried(slot, &message.tls_pair_tried);
    case FRAME_STATUS:
        if (!message_get_status(frame, &message.status))
            return false;
        status_take(slot, &message.status);
        return true;
    case FRAME_POLICY_REPORT:
        if (!message_get_policy_report(frame, &message.policy_report))
            return false;
        policy_trial_take(slot, &message.policy_report);
        return true;
    case FRAME_RETIRED:
        if (!frame_end(frame))
            return false;
        slot->is_accepting = false;
        reload_look_again(slot->generation->master);
        return true;
    case FRAME_WORKER_WANTED:
    case FRAME_WORKER_UNWANTED:
    case FRAME_WORKER_STUCK:
    case FRAME_MEMORY:
        return reports_dispatcher(slot, frame);
    case FRAME_STATE_DIR:
        if (slot->state != SLOT_READY || !message_get_state_dir(frame, &message.state_dir))
            return false;
        reports_state_dir(slot, &message.state_dir);
        return true;
    case FRAME_FOUND:
    case FRAME_LISTED:
    case FRAME_TASK_ROWS:
    case FRAME_TASK_DONE:
        return slot->state == SLOT_READY && slot->generation->master->maintenance &&
               slot->generation->master->maintenance->frame(slot, frame);
    default:
        return false;
    }
}

void reports_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct master_slot *slot = context;
    if (!reports_handle(slot, frame)) {
        log_error("%s sent a malformed frame (%s) and is ended", slot_room_name(slot->kind),
                  protocol_frame_name(frame->type));
        channel_refuse(channel, "malformed frame");
    }
}
