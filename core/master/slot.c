#include "master/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/settings.h"
#include "master/accounts.h"
#include "master/log_sink.h"
#include "master/policy_trial.h"
#include "master/status.h"
#include "master/tls_files.h"
#include "room/room.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

/* What differs between the kinds of rooms. */
static const struct slot_kind {
    const char *name, *program, *role;
    enum channel_kind control;
    uint32_t settings;
    bool leads_group; /* its modules may start processes: they end with it */
} slot_kinds[ROOM_KIND_COUNT] = {
    [ROOM_FRONTEND] = {"frontend", "restante-frontend", NULL, CHANNEL_MASTER_FROM_FRONTEND, SETTINGS_FRONTEND,
                       false},
    [ROOM_AUTH] = {"auth", "restante-auth", "dispatcher", CHANNEL_MASTER_FROM_AUTH, SETTINGS_AUTH, false},
    [ROOM_AUTH_WORKER] = {"auth-worker", "restante-auth", "worker", CHANNEL_MASTER_FROM_AUTH, SETTINGS_AUTH_WORKER,
                          true},
    [ROOM_NURSERY] = {"nursery", "restante-session", NULL, CHANNEL_MASTER_FROM_NURSERY, SETTINGS_NURSERY,
                      false},
    [ROOM_POLICY] = {"policy", "restante-session", "policy", CHANNEL_MASTER_FROM_POLICY, SETTINGS_NURSERY, false},
};

const char *slot_room_name(enum room_kind kind)
{
    return slot_kinds[kind].name;
}

/*
 * The room gets the control channel as descriptor 3 and the log pipe as 4, stderr for last words, and an environment
 * that holds one variable: LD_BIND_NOW, so that a module with an unresolved function is refused when it is loaded.
 */
static int slot_spawn(const struct slot_kind *kind, const char *path, int control, int log, pid_t *pid)
{
    static char bind_now[] = "LD_BIND_NOW=1";
    char *const environment[] = {bind_now, NULL};
    char *const arguments[] = {(char *)(uintptr_t)kind->program, (char *)(uintptr_t)kind->role, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (kind->leads_group) {
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        posix_spawnattr_setpgroup(&attributes, 0);
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, control, ROOM_CONTROL_FD);
    posix_spawn_file_actions_adddup2(&actions, log, ROOM_LOG_FD);
    int failed = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* Away from 3 and 4, where the spawn puts them: one must not overwrite the other. */
static bool move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, 10);
    fd_close(fd);
    *fd = moved;
    return moved >= 0;
}

static void slot_send(struct master_slot *slot, struct frame_out *frame, int fd)
{
    channel_send(slot->control, frame, fd);
}

/* Does this room get this setting? An auth worker is told about its own entry alone. */
static bool slot_wants(const struct master_slot *slot, const struct conf_value *value)
{
    const struct settings_row *row = settings_find(value->path);
    char own[32];
    if (!row || !(row->rooms & slot_kinds[slot->kind].settings))
        return false;
    if (slot->kind != ROOM_AUTH_WORKER || strncmp(value->path, "auth.", 5) != 0)
        return true;
    snprintf(own, sizeof(own), "auth.%u.", slot->entry);
    return strncmp(value->path, own, strlen(own)) == 0;
}

static void slot_send_settings(struct master_slot *slot)
{
    const struct conf *conf = &slot->generation->conf;
    struct frame_out frame = {0};
    struct message_setting message;
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_value *value = &conf->values[i];
        if (!slot_wants(slot, value))
            continue;
        message.type = (uint8_t)value->type;
        message.integer = value->integer;
        message.line = value->line;
        if (!str_copy(message.path, sizeof(message.path), value->path) ||
            !str_copy(message.text, sizeof(message.text), value->text ? value->text : "")) {
            faults_add(&slot->generation->faults, "%s:%u: %s is longer than %d octets",
                       slot->generation->master->file, value->line, value->path, MESSAGE_TEXT_MAX);
            continue;
        }
        message_put_setting(&frame, &message);
        slot_send(slot, &frame, -1);
    }
    frame_free(&frame);
}

void slot_send_ticket_keys(struct master_slot *slot)
{
    struct frame_out frame = {0};
    if (!slot->control)
        return;
    message_put_ticket_keys(&frame, &slot->generation->master->ticket_keys);
    slot_send(slot, &frame, -1);
    frame_wipe(&frame);
}

static void slot_send_frontend_part(struct master_slot *slot)
{
    const struct generation *generation = slot->generation;
    struct frame_out frame = {0};
    tls_files_send_all(generation->tls, slot);
    slot_send_ticket_keys(slot);
    for (size_t i = 0; i < generation->listeners_count; i++) {
        const struct generation_listener *listener = &generation->listeners[i];
        int copy = listener->socket ? fcntl(listener->socket->fd, F_DUPFD_CLOEXEC, 10) : -1;
        if (copy < 0)
            continue;
        message_put_listener(&frame, &listener->facts);
        slot_send(slot, &frame, copy);
    }
    frame_wipe(&frame);
}

static void slot_send_start(struct master_slot *slot)
{
    const struct master *master = slot->generation->master;
    struct message_start start = {.mode = (uint8_t)master->mode, .room_id = slot->room_id, .entry = slot->entry};
    struct frame_out frame = {0};
    accounts_identity(slot, &start);
    if (slot->kind == ROOM_NURSERY) {
        str_copy(start.state_root, sizeof(start.state_root), master->state_root);
        start.clock_base_s = master->clock_guard.base_s;
        start.clock_boot_s = master->clock_guard.boot_s;
        start.clock_jump_s = master->clock_guard.jump_s;
        start.is_clock_unknown = master->clock_guard.is_unknown;
    }
    message_put_start(&frame, &start);
    slot_send(slot, &frame, -1);
    frame_free(&frame);
}

/* Sockets and pipe for the room, then the room. Returns an errno. */
static int slot_make(struct master_slot *slot, const char *path, int *control)
{
    int pair[2] = {-1, -1}, log[2] = {-1, -1}, failed = 0;
    if (!fd_pair(SOCK_SEQPACKET, pair) || pipe2(log, O_CLOEXEC) != 0 || !move_up(&pair[1]) || !move_up(&log[1]))
        failed = errno;
    else
        failed = slot_spawn(&slot_kinds[slot->kind], path, pair[1], log[1], &slot->pid);
    fd_close(&pair[1]);
    fd_close(&log[1]);
    if (failed) {
        slot->pid = 0;
        fd_close(&pair[0]);
        fd_close(&log[0]);
        return failed;
    }
    log_sink_add(slot->generation->master->base, log[0], slot_kinds[slot->kind].name, slot->pid);
    *control = pair[0];
    return 0;
}

bool slot_start(struct master_slot *slot, channel_receive receive, channel_closed closed)
{
    const struct slot_kind *kind = &slot_kinds[slot->kind];
    struct master *master = slot->generation->master;
    char path[1100];
    int control = -1;
    snprintf(path, sizeof(path), "%s/%s", conf_string(&slot->generation->conf, "program_path"), kind->program);
    int failed = slot_make(slot, path, &control);
    if (failed) {
        log_error("cannot start %s: %s", path, strerror(failed));
        return false;
    }
    slot->room_id = ++master->last_room_id;
    slot->state = SLOT_STARTING;
    slot->has_faults = slot->was_ready = false;
    slot->control = channel_open(master->base, control, kind->control, receive, closed, slot);
    slot_send_settings(slot);
    if (slot->kind == ROOM_FRONTEND)
        slot_send_frontend_part(slot);
    if (slot->kind == ROOM_POLICY)
        policy_trial_send_files(slot);
    slot_send_start(slot);
    return true;
}

static bool works_with(enum room_kind a, enum room_kind b)
{
    static const bool table[ROOM_KIND_COUNT][ROOM_KIND_COUNT] = {
        [ROOM_FRONTEND] = {[ROOM_AUTH] = true, [ROOM_NURSERY] = true},
        [ROOM_AUTH] = {[ROOM_FRONTEND] = true, [ROOM_AUTH_WORKER] = true, [ROOM_NURSERY] = true},
        [ROOM_AUTH_WORKER] = {[ROOM_AUTH] = true},
        [ROOM_NURSERY] = {[ROOM_FRONTEND] = true, [ROOM_AUTH] = true},
    };
    return table[a][b];
}

static void slot_send_channel(struct master_slot *slot, const struct master_slot *peer, int fd)
{
    struct message_channel message = {
        .peer = (uint8_t)peer->kind, .peer_id = peer->room_id, .peer_entry = peer->entry};
    struct frame_out frame = {0};
    message_put_channel(&frame, &message);
    slot_send(slot, &frame, fd);
    frame_free(&frame);
}

void slot_connect(struct master_slot *slot)
{
    struct generation *generation = slot->generation;
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *peer = generation->slots[i];
        int pair[2];
        if (peer == slot || !peer->control || !works_with(slot->kind, peer->kind))
            continue;
        if (!fd_pair(SOCK_SEQPACKET, pair)) {
            log_error("no socket pair between %s and %s: %s", slot_room_name(slot->kind), slot_room_name(peer->kind),
                      strerror(errno));
            continue;
        }
        slot_send_channel(slot, peer, pair[0]);
        slot_send_channel(peer, slot, pair[1]);
    }
}

void slot_announce(struct master_slot *slot)
{
    struct frame_out frame = {0};
    if (!slot->control || slot->kind != ROOM_FRONTEND)
        return;
    message_put_announcement(&frame, &slot->generation->announcement);
    slot_send(slot, &frame, -1);
    frame_free(&frame);
}

void slot_serve(struct master_slot *slot)
{
    struct frame_out frame = {0};
    if (!slot->control)
        return;
    slot_announce(slot);
    message_put_serve(&frame);
    slot_send(slot, &frame, -1);
    frame_free(&frame);
    slot->is_accepting = slot->kind == ROOM_FRONTEND;
}

void slot_ask_status(struct master_slot *slot)
{
    struct frame_out frame = {0};
    message_put_status_wanted(&frame);
    slot_send(slot, &frame, -1);
    frame_free(&frame);
}

void slot_send_memory(struct master_slot *slot, const void *data, size_t length)
{
    struct frame_out frame = {0};
    if (!slot->control)
        return;
    message_put_memory(&frame, data, length);
    slot_send(slot, &frame, -1);
    frame_wipe(&frame);
}

void slot_drain(struct master_slot *slot, enum drain_mode mode, uint32_t grace_ms)
{
    const struct message_drain message = {.mode = (uint8_t)mode, .grace_ms = grace_ms};
    struct frame_out frame = {0};
    if (!slot->control)
        return;
    message_put_drain(&frame, &message);
    slot_send(slot, &frame, -1);
    frame_free(&frame);
}

void slot_end_group(const struct master_slot *slot)
{
    if (slot->pid > 0 && slot_kinds[slot->kind].leads_group)
        (void)kill(-slot->pid, SIGKILL);
}

void slot_empty(struct master_slot *slot)
{
    channel_close(&slot->control);
    slot->pid = 0;
    slot->state = SLOT_EMPTY;
    slot->is_accepting = false;
    status_keep(slot);
}
