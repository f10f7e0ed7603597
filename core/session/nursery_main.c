/*
 * session/nursery_main.c - restante-session, the nursery: loads the storage drivers and policies, learns identities from auth and
 * clients from the frontends, and gives each pair to a worker that it has forked. Runs under the internal account with CAP_SETUID and
 * CAP_SETGID; opens no mail and reads no client byte.
 *
 * Failing: a channel to another room that ends is normal, rooms are replaced. Without a master it ends, and its
 * workers with it, each behind its commit.
 */
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "session/nursery.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"

enum { NURSERY_MAPPED_OCTETS = 512 * 1024, NURSERY_LAST_MOMENT_MS = 2000 };

static struct nursery nursery_state = {.life = {-1, -1}};

/* --- other rooms ----------------------------------------------------------------------------------------------- */

static void nursery_on_identity(struct nursery_peer *auth, struct frame_in *frame)
{
    struct message_identity identity;
    if (!message_get_identity(frame, &identity)) {
        channel_refuse(auth->channel, "a malformed identity");
        return;
    }
    nursery_token_add(&auth->nursery->tokens, &identity, clock_monotonic_ms());
    explicit_bzero(identity.token, sizeof(identity.token));
    struct timeval soon = {.tv_sec = NURSERY_TOKEN_MS / 1000};
    if (!event_pending(auth->nursery->expiry, EV_TIMEOUT, NULL))
        event_add(auth->nursery->expiry, &soon);
}

static void nursery_on_frame(struct channel *channel, struct frame_in *frame, void *context)
{
    struct nursery_peer *peer = context;
    (void)channel;
    /* The table has let nothing else pass (ipc/protocol.h). */
    if (peer->is_auth)
        nursery_on_identity(peer, frame);
    else
        nursery_login_handover(peer, frame);
}

static void nursery_on_closed(struct channel *channel, const char *why, void *context)
{
    struct nursery_peer *peer = context;
    struct nursery_peer **place = &peer->nursery->peers;
    (void)channel;
    log_debug("the channel to %s %u has ended: %s", peer->is_auth ? "auth" : "frontend", peer->id, why);
    while (*place != peer)
        place = &(*place)->next;
    *place = peer->next;
    struct nursery *nursery = peer->nursery;
    channel_close(&peer->channel);
    free(peer);
    nursery_end_if_empty(nursery);
}

static void nursery_add_peer(struct nursery *nursery, struct frame_in *frame)
{
    struct message_channel message;
    if (!message_get_channel(frame, &message) || (message.peer != ROOM_AUTH && message.peer != ROOM_FRONTEND)) {
        channel_refuse(nursery->room->control, "a channel that a nursery does not have");
        return;
    }
    struct nursery_peer *peer = alloc_zeroed(sizeof(*peer));
    peer->nursery = nursery;
    peer->id = message.peer_id;
    peer->is_auth = message.peer == ROOM_AUTH;
    peer->next = nursery->peers;
    nursery->peers = peer;
    enum channel_kind kind = peer->is_auth ? CHANNEL_NURSERY_FROM_AUTH : CHANNEL_NURSERY_FROM_FRONTEND;
    peer->channel = channel_open(nursery->room->base, frame->fd, kind, nursery_on_frame, nursery_on_closed, peer);
    frame->fd = -1;
    if (peer->is_auth)
        nursery_worker_introduce(nursery, peer->channel);
}

void nursery_drain_auth(struct nursery *nursery)
{
    /* The channel to a new dispatcher may itself still lie unread with the master's. */
    channel_drain(nursery->room->control);
    /* A channel that turns out to be closed takes its peer out of the list. */
    for (struct nursery_peer *peer = nursery->peers, *next; peer; peer = next) {
        next = peer->next;
        if (peer->is_auth)
            channel_drain(peer->channel);
    }
}

void nursery_session_ended(struct nursery *nursery, uint32_t frontend_id, uint64_t connection_id)
{
    struct frame_out frame = {0};
    message_put_session_ended(&frame, frontend_id, connection_id);
    for (struct nursery_peer *peer = nursery->peers; peer; peer = peer->next)
        if (peer->is_auth)
            channel_send(peer->channel, &frame, -1);
    frame_free(&frame);
}

/* --- the room -------------------------------------------------------------------------------------------------- */

static void nursery_state_made(struct nursery *nursery, const struct message_state_dir_made *made)
{
    if (!nursery_task_state_made(nursery, made))
        nursery_login_state_made(nursery, made);
}

static void nursery_frame(struct room *room, struct frame_in *frame)
{
    struct nursery *nursery = &nursery_state;
    struct message_state_dir_made made;
    nursery->room = room;
    if (frame->type == FRAME_CHANNEL)
        nursery_add_peer(nursery, frame);
    else if (frame->type == FRAME_STATE_DIR_MADE && message_get_state_dir_made(frame, &made))
        nursery_state_made(nursery, &made);
    else if (!nursery_task_frame(nursery, frame))
        channel_refuse(room->control, "a frame that a nursery does not take");
}

static void nursery_on_child(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    nursery_worker_reap(context);
}

/* The frontend that was to claim it may be gone, and its connection would count for ever. */
static void nursery_on_dropped(const struct message_identity *identity, void *context)
{
    nursery_session_ended(context, identity->frontend_id, identity->connection_id);
}

static void nursery_on_expiry(evutil_socket_t fd, short what, void *context)
{
    struct nursery *nursery = context;
    (void)fd;
    (void)what;
    size_t dropped = nursery_token_expire(&nursery->tokens, clock_monotonic_ms());
    if (dropped > 0)
        log_warn("%zu logins were accepted, but no client came for them within %d s", dropped,
                 NURSERY_TOKEN_MS / 1000);
    struct timeval soon = {.tv_sec = 1};
    if (nursery->tokens.oldest)
        event_add(nursery->expiry, &soon);
}

/* 0 means one for each processor core that we may use. */
static uint32_t nursery_cores(uint32_t number)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return number > 0 ? number : cores > 0 ? (uint32_t)cores : 1;
}

static void nursery_read_settings(struct nursery *nursery)
{
    const struct conf *conf = &nursery->room->conf;
    const struct message_start *start = &nursery->room->start;
    nursery->session_settings = (struct session_settings){
        .hostname = conf_string_or_null(conf, "hostname"),
        .compatibility = {.adds_blank_line = conf_bool(conf, "compatibility.add_blank_line"),
                          .replaces_nul = conf_bool(conf, "compatibility.replace_nul")},
        .bad_commands = (uint32_t)conf_integer(conf, "limits.bad_commands"),
        .idle_ms = conf_integer(conf, "timeouts.idle"),
        .command_ms = conf_integer(conf, "timeouts.command"),
        .lock_ms = conf_integer(conf, "timeouts.lock"),
        .rules = {.policies = &nursery->policies.stack,
                  .brake = {.percent = (uint32_t)conf_integer(conf, "brake.percent"),
                            .messages = (uint32_t)conf_integer(conf, "brake.messages")},
                  .clock_guard = {.base_s = start->clock_base_s,
                                  .boot_s = start->clock_boot_s,
                                  .jump_s = start->clock_jump_s,
                                  .is_unknown = start->is_clock_unknown},
                  .journal_keep_s = conf_integer(conf, "journal_keep") / 1000},
    };
    if (!nursery->session_settings.hostname)
        nursery->session_settings.hostname = "localhost";
    nursery->minimum_uid = (uint32_t)conf_integer(conf, "accounts.minimum_uid");
    nursery->is_privileged = sandbox_is_privileged();
    nursery->keeps_workers = strcmp(conf_string(conf, "isolation"), "uid") == 0;
    nursery->limits = (struct nursery_pool_limits){
        .per_owner = nursery_cores((uint32_t)conf_integer(conf, "workers.per_uid")),
        .at_once = (uint32_t)conf_integer(conf, "workers.at_once"),
        .served = (uint32_t)conf_integer(conf, "workers.sessions"),
        .idle_ms = conf_integer(conf, "workers.idle"),
    };
}

/* The frontends say it to clients before they log in. */
static void nursery_announce(const struct nursery *nursery)
{
    struct restante_announcement announcement;
    struct frame_out frame = {0};
    policy_stack_announce(&nursery->policies.stack, NULL, NULL, NULL, &announcement);
    message_put_announcement(&frame, &announcement);
    channel_send(nursery->room->control, &frame, -1);
    frame_free(&frame);
}

static void nursery_load(struct room *room, struct faults *faults)
{
    struct nursery *nursery = &nursery_state;
    nursery->room = room;
    room->role = nursery;
    if (room->start.mode == ROOM_INSPECT) {
        modules_inspect(room, RESTANTE_KIND_STORAGE);
        modules_inspect(room, RESTANTE_KIND_POLICY);
        return;
    }
    nursery_read_settings(nursery);
    nursery_storage_load(room, &nursery->storages, &nursery->needs, faults);
    nursery_policy_load(room, &nursery->policies, &nursery->needs, faults);
    nursery_announce(nursery);
    /* Lists of messages come and go in kept workers: what is larger than this is mapped, and returned when freed. */
    if (nursery->keeps_workers)
        mallopt(M_MMAP_THRESHOLD, NURSERY_MAPPED_OCTETS);
    nursery->child = evsignal_new(room->base, SIGCHLD, nursery_on_child, nursery);
    nursery->expiry = evtimer_new(room->base, nursery_on_expiry, nursery);
    nursery->tokens.dropped = nursery_on_dropped;
    nursery->tokens.context = nursery;
    bool is_prepared = nursery_assign_prepare(nursery) &&
                       nursery_spare_prepare(nursery, (size_t)conf_integer(&room->conf, "workers.spare"));
    if (pipe2(nursery->life, O_CLOEXEC) < 0 || !nursery->child || !nursery->expiry || !is_prepared)
        faults_add(faults, "session: cannot make the nursery's own pipe and events");
    else
        event_add(nursery->child, NULL);
}

static void nursery_serve(struct room *room)
{
    nursery_spare_begin(room->role);
}

static void nursery_confine(struct room *room, struct confine_plan *plan, struct faults *faults)
{
    struct nursery *nursery = room->role;
    const struct modules_needs *needs = &nursery->needs;
    plan->minimum_uid = nursery->minimum_uid;
    plan->needs = needs->needs;
    struct confine_plan workers = {
        .kind = CONFINE_WORKER,
        .wish = plan->wish,
        .needs = needs->needs,
        .memory_octets = (uint64_t)conf_integer(&room->conf, "limits.worker_memory"),
        .paths = needs->paths,
        .paths_count = needs->paths_count,
    };
    nursery->confinement = confine_prepare(&workers, faults);
}

/* After a reload the old frontends may still hand clients over: all that they have sent is read before their end is. */
static bool nursery_may_get_more(const struct nursery *nursery)
{
    if (nursery->is_stopping)
        return false;
    for (const struct nursery_peer *peer = nursery->peers; peer; peer = peer->next) {
        if (!peer->is_auth)
            return true;
    }
    return nursery->waiting != NULL;
}

void nursery_end_if_empty(struct nursery *nursery)
{
    if (nursery->is_draining && nursery->workers_count == 0 && !nursery->tasks && !nursery_may_get_more(nursery))
        room_end(nursery->room);
}

static void nursery_drain(struct room *room, enum drain_mode mode)
{
    struct nursery *nursery = room->role;
    nursery->is_draining = true;
    nursery_assign_drain(nursery);
    if (mode == DRAIN_STOP) {
        nursery->is_stopping = true;
        nursery_login_refuse_waiting(nursery);
        nursery_task_refuse_waiting(nursery);
        if (room->start.mode == ROOM_MAINTAIN) /* whoever stops a command waits for no grace */
            nursery_worker_end_all(nursery);
    }
    nursery_end_if_empty(nursery);
}

static void nursery_status(const struct room *room, struct message_status *status)
{
    const struct nursery *nursery = room->role;
    status->workers = nursery->workers_count;
    for (size_t i = 0; i < NURSERY_WORKER_BUCKETS; i++)
        for (const struct nursery_worker *worker = nursery->workers[i]; worker; worker = worker->next)
            for (const struct nursery_session *session = worker->sessions; session; session = session->next)
                status->sessions++;
}

/* The workers' last lines go through the master, which ends behind this room: so they get a moment. */
static void nursery_stop(struct room *room)
{
    struct nursery *nursery = room->role;
    int64_t until_ms = clock_monotonic_ms() + NURSERY_LAST_MOMENT_MS;
    nursery_worker_end_all(nursery);
    while ((nursery->workers_count > 0 || nursery->tasks) && clock_monotonic_ms() < until_ms) {
        poll(NULL, 0, 2);
        nursery_worker_reap(nursery);
    }
}

const struct room_program nursery_program = {
    .name = "session",
    .kind = ROOM_NURSERY,
    .control = CHANNEL_NURSERY_FROM_MASTER,
    .frame = nursery_frame,
    .load = nursery_load,
    .confine = nursery_confine,
    .serve = nursery_serve,
    .drain = nursery_drain,
    .status = nursery_status,
    .stop = nursery_stop,
};
