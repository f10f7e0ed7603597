#include "master/status.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "master/control.h"
#include "master/slot.h"
#include "util/clock.h"

enum { STATUS_WAIT_S = 2 };

/* --- counting ----------------------------------------------------------------------------------------------------- */

static bool slot_is_asked(const struct master_slot *slot)
{
    return slot->control && slot->state == SLOT_READY && slot->kind != ROOM_AUTH_WORKER;
}

static bool status_is_complete(const struct master *master)
{
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->slots_count; i++) {
            if (slot_is_asked(generation->slots[i]) && generation->slots[i]->is_counting)
                return false;
        }
    }
    return true;
}

static void status_finish(struct master *master)
{
    evtimer_del(master->status_overdue);
    control_counted(master);
}

static void on_overdue(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    status_finish(context);
}

void status_count(struct master *master)
{
    const struct timeval limit = {.tv_sec = STATUS_WAIT_S};
    if (!master->status_overdue)
        master->status_overdue = evtimer_new(master->base, on_overdue, master);
    for (struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->slots_count; i++) {
            struct master_slot *slot = generation->slots[i];
            if (!slot_is_asked(slot))
                continue;
            slot->is_counting = true;
            slot_ask_status(slot);
        }
    }
    evtimer_add(master->status_overdue, &limit);
    if (status_is_complete(master))
        status_finish(master);
}

void status_take(struct master_slot *slot, const struct message_status *counts)
{
    struct master *master = slot->generation->master;
    slot->counts = *counts;
    slot->is_counting = false;
    if (master->status_overdue && evtimer_pending(master->status_overdue, NULL) && status_is_complete(master))
        status_finish(master);
}

void status_keep(struct master_slot *slot)
{
    struct message_status *ended = &slot->generation->master->ended;
    ended->logins_accepted += slot->counts.logins_accepted;
    ended->logins_denied += slot->counts.logins_denied;
    ended->logins_failed += slot->counts.logins_failed;
    slot->counts = (struct message_status){0};
    slot->is_counting = false;
}

void status_close(struct master *master)
{
    if (master->status_overdue)
        event_free(master->status_overdue);
    master->status_overdue = NULL;
}

static struct message_status status_sum(const struct master *master)
{
    struct message_status sum = master->ended;
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        for (size_t i = 0; i < generation->slots_count; i++) {
            const struct message_status *counts = &generation->slots[i]->counts;
            sum.connections += counts->connections;
            sum.sessions += counts->sessions;
            sum.workers += counts->workers;
            sum.logins_accepted += counts->logins_accepted;
            sum.logins_denied += counts->logins_denied;
            sum.logins_failed += counts->logins_failed;
        }
    }
    return sum;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static const char *const generation_words[] = {"starting", "running", "draining", "ending"};
static const char *const slot_words[] = {"not running", "starting", "ready"};

static void write_time(struct buf *out, int64_t time_s)
{
    struct tm parts;
    char text[32];
    time_t time = (time_t)time_s;
    if (gmtime_r(&time, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
        buf_append_string(out, text);
}

static void write_slot(const struct master_slot *slot, struct buf *out)
{
    const struct message_status *counts = &slot->counts;
    buf_append_format(out, "  %-12s", slot_room_name(slot->kind));
    if (slot->kind == ROOM_AUTH_WORKER)
        buf_append_format(out, " auth[%u]", slot->entry);
    buf_append_format(out, " pid %ld, %s, restarts %u", (long)slot->pid, slot_words[slot->state], slot->restarts);
    if (slot->is_counting)
        buf_append_string(out, ", does not answer");
    else if (slot->kind == ROOM_FRONTEND)
        buf_append_format(out, ", connections %" PRIu64, counts->connections);
    else if (slot->kind == ROOM_NURSERY)
        buf_append_format(out, ", sessions %" PRIu64 ", workers %" PRIu64, counts->sessions, counts->workers);
    if (slot->confinement[0])
        buf_append_format(out, "; %s", slot->confinement);
    buf_append_string(out, "\n");
}

void status_write_text(const struct master *master, struct buf *out)
{
    struct message_status sum = status_sum(master);
    buf_append_format(out, "restante %s, pid %ld, %s since ", PACKAGE_VERSION, (long)getpid(),
                      master->is_stopping ? "stopping" : "running");
    write_time(out, master->started_s);
    buf_append_format(out, "\nconfiguration: %s\nconnections %" PRIu64 ", sessions %" PRIu64 "\n", master->file,
                      sum.connections, sum.sessions);
    buf_append_format(out, "logins since the start: accepted %" PRIu64 ", denied %" PRIu64 ", failed %" PRIu64 "\n",
                      sum.logins_accepted, sum.logins_denied, sum.logins_failed);
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        buf_append_format(out, "generation %u: %s", generation->number, generation_words[generation->state]);
        if (generation->since_s) {
            buf_append_string(out, ", in force since ");
            write_time(out, generation->since_s);
        }
        buf_append_string(out, "\n");
        for (size_t i = 0; i < generation->slots_count; i++) {
            if (!generation->slots[i]->is_spare)
                write_slot(generation->slots[i], out);
        }
    }
}

/* A string of ours or of the administrator's; what is no printable ASCII is escaped octet by octet. */
static void json_string(struct buf *out, const char *text)
{
    buf_append_string(out, "\"");
    for (const char *at = text; *at; at++) {
        unsigned char octet = (unsigned char)*at;
        if (octet == '"' || octet == '\\')
            buf_append_format(out, "\\%c", octet);
        else if (octet < 0x20 || octet > 0x7e)
            buf_append_format(out, "\\u%04x", octet);
        else
            buf_append(out, at, 1);
    }
    buf_append_string(out, "\"");
}

static void json_counts(struct buf *out, const struct message_status *counts)
{
    buf_append_format(out, "\"connections\":%" PRIu64 ",\"sessions\":%" PRIu64 ",\"workers\":%" PRIu64,
                      counts->connections, counts->sessions, counts->workers);
}

static void json_slot(const struct master_slot *slot, struct buf *out)
{
    buf_append_format(out, "{\"room\":\"%s\",\"pid\":%ld,\"state\":\"%s\",\"restarts\":%u,\"answers\":%s,",
                      slot_room_name(slot->kind), (long)slot->pid, slot_words[slot->state], slot->restarts,
                      slot->is_counting ? "false" : "true");
    if (slot->kind == ROOM_AUTH_WORKER)
        buf_append_format(out, "\"auth\":%u,", slot->entry);
    json_counts(out, &slot->counts);
    buf_append_string(out, ",\"confinement\":");
    json_string(out, slot->confinement);
    buf_append_string(out, "}");
}

static void json_generation(const struct generation *generation, struct buf *out)
{
    bool is_first = true;
    buf_append_format(out, "{\"generation\":%u,\"state\":\"%s\",\"since\":%" PRId64 ",\"rooms\":[",
                      generation->number, generation_words[generation->state], generation->since_s);
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->is_spare)
            continue;
        buf_append_string(out, is_first ? "" : ",");
        json_slot(generation->slots[i], out);
        is_first = false;
    }
    buf_append_string(out, "]}");
}

void status_write_json(const struct master *master, struct buf *out)
{
    struct message_status sum = status_sum(master);
    buf_append_format(out, "{\"version\":\"%s\",\"pid\":%ld,\"state\":\"%s\",\"since\":%" PRId64 ",\"file\":",
                      PACKAGE_VERSION, (long)getpid(), master->is_stopping ? "stopping" : "running",
                      master->started_s);
    json_string(out, master->file);
    buf_append_string(out, ",");
    json_counts(out, &sum);
    buf_append_format(out,
                      ",\"logins\":{\"accepted\":%" PRIu64 ",\"denied\":%" PRIu64 ",\"failed\":%" PRIu64
                      "},\"generations\":[",
                      sum.logins_accepted, sum.logins_denied, sum.logins_failed);
    for (const struct generation *generation = master->generations; generation; generation = generation->next) {
        buf_append_string(out, generation == master->generations ? "" : ",");
        json_generation(generation, out);
    }
    buf_append_string(out, "]}\n");
}
