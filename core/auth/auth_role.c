/*
 * The dispatcher as a room: settings to its structure, channels handed on, the drain. It loads no module and sees
 * secrets only on their way to a worker. It drains until the last frontend has gone, since they still need it.
 */
#include "auth/auth_role.h"

#include <stdlib.h>
#include <string.h>

#include "auth/auth_dispatcher.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"

/* Logins that wait for their turn: some kilobytes each, and the list is gone through whenever one ends. */
enum { ROLE_WAITING_MAX = 1024, ROLE_WORKER_IDLE_MS = 60000 };

/* TRUST: what an older generation remembers; perhaps of another version. Not to know it is no fault. */
static void role_remember(const struct auth_dispatcher *dispatcher, struct frame_in *frame)
{
    static bool was_told; /* it comes in parts */
    const void *data;
    size_t length;
    if (!message_get_memory(frame, &data, &length) ||
        !auth_penalties_import(dispatcher->penalties, data, length, clock_monotonic_ms()))
        log_warn("what the auth room before this one remembered cannot be read: failed logins before the reload are "
                 "forgotten");
    else if (!was_told)
        log_info("failed logins before the reload are remembered");
    was_told = true;
}

static void role_frame(struct room *room, struct frame_in *frame)
{
    if (frame->type == FRAME_MEMORY && room->role) {
        role_remember(room->role, frame);
        return;
    }
    struct message_channel peer;
    struct auth_dispatcher *dispatcher = room->role;
    if (frame->type != FRAME_CHANNEL || !dispatcher || !message_get_channel(frame, &peer)) {
        channel_refuse(room->control, "a frame that the auth dispatcher has no use for");
        return;
    }
    int fd = frame->fd;
    frame->fd = -1;
    if (!auth_dispatcher_join(dispatcher, &peer, fd))
        channel_refuse(room->control, "a channel that the auth dispatcher has no use for");
}

/* Nobody waits longer for a turn than for the login as a whole. */
static struct auth_penalties_settings role_penalties(const struct conf *conf)
{
    int64_t wait_ms = conf_integer(conf, "penalties.wait"), login_ms = conf_integer(conf, "timeouts.login");
    return (struct auth_penalties_settings){
        .is_enabled = conf_bool(conf, "penalties.enabled"),
        .free_failures = (uint32_t)conf_integer(conf, "penalties.free_failures"),
        .first_ms = conf_integer(conf, "penalties.first"),
        .maximum_ms = conf_integer(conf, "penalties.maximum"),
        .forget_ms = conf_integer(conf, "penalties.forget"),
        .wait_ms = wait_ms < login_ms ? wait_ms : login_ms,
        .entries = (size_t)conf_integer(conf, "penalties.entries"),
        .waiting_max = ROLE_WAITING_MAX,
    };
}

static void role_tell_master(void *context, uint16_t type, uint32_t number)
{
    struct room *room = context;
    struct frame_out frame = {0};
    if (!room->control)
        return;
    message_put_worker(&frame, type, number);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

static struct auth_pool_settings role_pool(struct room *room, uint32_t entry)
{
    const struct conf *conf = &room->conf;
    struct auth_pool_settings settings = {
        .entry = entry,
        .workers = (size_t)conf_integer(conf, "auth.%u.workers", entry),
        .workers_max = (size_t)conf_integer(conf, "auth.%u.workers_max", entry),
        .waiting_max = (size_t)conf_integer(conf, "auth.%u.queue", entry),
        .timeout_ms = (uint32_t)conf_integer(conf, "auth.%u.timeout", entry),
        .idle_ms = ROLE_WORKER_IDLE_MS,
        .requests_max = (uint64_t)conf_integer(conf, "auth.%u.requests", entry),
        .may_pass = strcmp(conf_string(conf, "auth.%u.if_unavailable", entry), "next") == 0,
        .tell = role_tell_master,
        .tell_context = room,
    };
    return settings;
}

static void role_load(struct room *room, struct faults *faults)
{
    const struct conf *conf = &room->conf;
    if (room->start.mode == ROOM_INSPECT)
        return;
    struct auth_settings settings = {
        .entries = (uint32_t)conf_list_count(conf, "auth"),
        .login_ms = conf_integer(conf, "timeouts.login"),
        .failure_delay_ms = (uint32_t)conf_integer(conf, "failure_delay"),
        .penalties = role_penalties(conf),
        .username =
            {
                .lowercase = conf_bool(conf, "username.lowercase"),
                .default_domain = conf_string_or_null(conf, "username.default_domain"),
            },
        .limits =
            {
                .connections = (size_t)conf_integer(conf, "limits.connections"),
                .per_address = (size_t)conf_integer(conf, "limits.connections_per_address"),
                .per_user = (size_t)conf_integer(conf, "limits.sessions_per_user"),
            },
    };
    if (settings.entries == 0) {
        faults_add(faults, "auth: there is no entry, so nobody could log in");
        return;
    }
    struct auth_pool_settings *pools = alloc_array(settings.entries, sizeof(*pools));
    for (uint32_t i = 0; i < settings.entries; i++)
        pools[i] = role_pool(room, i + 1);
    settings.pools = pools;
    room->role = auth_dispatcher_open(room->base, &settings);
    free(pools);
}

static void role_ended(void *context)
{
    room_end(context);
}

/* To the dispatcher of the next generation, before its frontends have had many clients. */
static void role_hand_on(struct room *room)
{
    static uint8_t part[MESSAGE_MEMORY_MAX];
    const struct auth_dispatcher *dispatcher = room->role;
    struct frame_out frame = {0};
    size_t cursor = 0, length;
    while ((length = auth_penalties_export(dispatcher->penalties, &cursor, part, sizeof(part),
                                           clock_monotonic_ms())) > 0) {
        message_put_memory(&frame, part, length);
        channel_send(room->control, &frame, -1);
    }
    frame_wipe(&frame);
    explicit_bzero(part, sizeof(part));
}

/* The frontends decide how long it takes. */
static void role_drain(struct room *room, enum drain_mode mode)
{
    if (mode == DRAIN_RELOAD)
        role_hand_on(room);
    auth_dispatcher_drain(room->role, role_ended, room);
}

static void role_status(const struct room *room, struct message_status *status)
{
    const struct auth_dispatcher *dispatcher = room->role;
    status->logins_accepted = dispatcher->logins_accepted;
    status->logins_denied = dispatcher->logins_denied;
    status->logins_failed = dispatcher->logins_failed;
}

const struct room_program auth_dispatcher_program = {
    .name = "auth",
    .kind = ROOM_AUTH,
    .control = CHANNEL_AUTH_FROM_MASTER,
    .frame = role_frame,
    .load = role_load,
    .drain = role_drain,
    .status = role_status,
};
