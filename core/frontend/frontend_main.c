/*
 * restante-frontend: TLS, greeting and the AUTHORIZATION state for everybody who connects, then the TLS relay. Runs as
 * accounts.network in an empty root and opens no file after its start: sockets, certificate and keys come from the
 * master. It is the room that strangers talk to, so it can name no user and open no mail: whoever takes it over gains
 * the passwords that pass through it, nothing else.
 */
#include <string.h>

#include "frontend/certificates.h"
#include "frontend/frontend.h"
#include "room/room.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fd.h"

/* What the master sends before START. */
struct frontend_role {
    struct frontend frontend;
    struct certificates certificates;
    struct message_ticket_keys ticket_keys;
    bool has_ticket_keys;
};

static void role_drained(void *context)
{
    struct room *room = context;
    struct frontend_role *role = room->role;
    rooms_flush(&role->frontend.rooms);
    room_end(room);
}

static void role_answer_tls_pair(const struct message_tls_pair_tried *answer, void *context)
{
    struct room *room = context;
    struct frame_out frame = {0};
    message_put_tls_pair_tried(&frame, answer);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

static struct frontend_role *role_of(struct room *room)
{
    if (!room->role) {
        struct frontend_role *role = alloc_zeroed(sizeof(*role));
        frontend_open(&role->frontend, room->base);
        role->frontend.drained = role_drained;
        role->frontend.context = room;
        role->certificates.answer = role_answer_tls_pair;
        role->certificates.context = room;
        room->role = role;
    }
    return room->role;
}

/* --- frames from the master --------------------------------------------------------------------------------------- */

static bool role_take_listener(struct room *room, struct frame_in *frame)
{
    struct message_listener message;
    if (room->is_ready || !message_get_listener(frame, &message))
        return false;
    listeners_add(&role_of(room)->frontend.listeners, &message, frame->fd);
    frame->fd = -1;
    return true;
}

static bool role_take_tls_pair(struct room *room, struct frame_in *frame)
{
    struct frontend_role *role = role_of(room);
    struct message_tls_pair message;
    if (!message_get_tls_pair(frame, &message) || (room->is_ready && !role->frontend.tls))
        return false;
    if (room->is_ready)
        certificates_replace(&role->certificates, &room->conf, role->frontend.tls, &message);
    else
        certificates_keep(&role->certificates, &message);
    return true;
}

static bool role_take_ticket_keys(struct room *room, struct frame_in *frame)
{
    struct frontend_role *role = role_of(room);
    if (!message_get_ticket_keys(frame, &role->ticket_keys))
        return false;
    role->has_ticket_keys = true;
    if (role->frontend.tls)
        tls_context_set_ticket_keys(role->frontend.tls, &role->ticket_keys);
    return true;
}

static bool role_take_channel(struct room *room, struct frame_in *frame)
{
    struct message_channel message;
    if (!message_get_channel(frame, &message) ||
        !rooms_connect(&role_of(room)->frontend.rooms, (enum room_kind)message.peer, frame->fd))
        return false;
    frame->fd = -1;
    return true;
}

static bool role_take_announcement(struct room *room, struct frame_in *frame)
{
    struct restante_announcement announcement;
    if (!room->is_ready || !message_get_announcement(frame, &announcement))
        return false;
    capa_announce(&role_of(room)->frontend.settings.authorization.announcements, &announcement);
    return true;
}

static void role_frame(struct room *room, struct frame_in *frame)
{
    bool is_good;
    switch (frame->type) {
    case FRAME_LISTENER:
        is_good = role_take_listener(room, frame);
        break;
    case FRAME_TLS_PAIR:
        is_good = role_take_tls_pair(room, frame);
        break;
    case FRAME_TICKET_KEYS:
        is_good = role_take_ticket_keys(room, frame);
        break;
    case FRAME_CHANNEL:
        is_good = role_take_channel(room, frame);
        break;
    case FRAME_ANNOUNCEMENT:
        is_good = role_take_announcement(room, frame);
        break;
    default:
        is_good = false;
        break;
    }
    if (!is_good)
        channel_refuse(room->control, "a frame that is malformed or late");
}

/* --- start ---------------------------------------------------------------------------------------------------- */

static enum frontend_plaintext role_plaintext(const struct conf *conf)
{
    const char *text = conf_string(conf, "plaintext_auth");
    if (strcmp(text, "always") == 0)
        return FRONTEND_PLAINTEXT_ALWAYS;
    return strcmp(text, "loopback") == 0 ? FRONTEND_PLAINTEXT_LOOPBACK : FRONTEND_PLAINTEXT_NEVER;
}

/* The master has checked them: what does not fit now is nobody's network. */
static void role_load_proxies(const struct conf *conf, struct frontend_settings *settings)
{
    size_t count = conf_list_count(conf, "proxy_networks");
    const char *fault;
    settings->proxies = alloc_array(count, sizeof(*settings->proxies));
    for (size_t i = 1; i <= count; i++) {
        const char *text = conf_string(conf, "proxy_networks.%zu", i);
        if (network_parse(&settings->proxies[settings->proxies_count], text, &fault))
            settings->proxies_count++;
    }
}

static void role_load_settings(struct room *room, struct frontend *frontend)
{
    const struct conf *conf = &room->conf;
    frontend->settings = (struct frontend_settings){
        .authorization = {.hostname = conf_string(conf, "hostname"),
                          .announcements = CAPA_NOTHING_EXPIRES,
                          .bad_commands = (uint32_t)conf_integer(conf, "limits.bad_commands"),
                          .failed_logins = (uint32_t)conf_integer(conf, "limits.failed_logins")},
        .plaintext = role_plaintext(conf),
        .login_ms = conf_integer(conf, "timeouts.login"),
        .tls_handshake_ms = conf_integer(conf, "timeouts.tls_handshake"),
        .connections = (uint64_t)conf_integer(conf, "limits.connections"),
    };
    role_load_proxies(conf, &frontend->settings);
    frontend->room_id = room->start.room_id;
    frontend->started_s = clock_now_s();
}

/* Where only a check is made no sockets are sent: the settings themselves say whether TLS is wanted. */
static bool role_needs_tls(struct room *room)
{
    const struct conf *conf = &room->conf;
    size_t count = conf_list_count(conf, "listen");
    for (size_t i = 1; i <= count; i++) {
        const char *tls = conf_string_or_null(conf, "listen.%zu.tls", i);
        if (tls && strcmp(tls, "none") != 0)
            return true;
    }
    return listeners_need_tls(&role_of(room)->frontend.listeners);
}

static void role_load(struct room *room, struct faults *faults)
{
    struct frontend_role *role = role_of(room);
    if (room->start.mode == ROOM_INSPECT)
        return; /* this room has no modules */
    role_load_settings(room, &role->frontend);
    if (role->certificates.count > 0)
        role->frontend.tls = certificates_load(&role->certificates, &room->conf, faults);
    else if (role_needs_tls(room))
        faults_add(faults, "tls.certificate and tls.key are not set, but a listener has tls = \"starttls\" or "
                           "\"implicit\": set them, or tls = \"none\" for that listener");
    if (role->frontend.tls && role->has_ticket_keys)
        tls_context_set_ticket_keys(role->frontend.tls, &role->ticket_keys);
}

static void role_serve(struct room *room)
{
    role_of(room)->frontend.is_serving = true;
    listeners_start(&role_of(room)->frontend.listeners);
}

/* The master counts on nobody being accepted any more once it hears so. */
static void role_drain(struct room *room, enum drain_mode mode)
{
    struct frontend *frontend = &role_of(room)->frontend;
    struct frame_out frame = {0};
    if (mode == DRAIN_STOP)
        frontend_drain(frontend);
    else
        frontend_retire(frontend);
    message_put_retired(&frame);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

static void role_status(const struct room *room, struct message_status *status)
{
    const struct frontend_role *role = room->role;
    status->connections = role->frontend.connections_count;
}

static void role_stop(struct room *room)
{
    struct frontend_role *role = role_of(room);
    rooms_flush(&role->frontend.rooms);
    frontend_close(&role->frontend);
}

int main(void)
{
    static const struct room_program program = {
        .name = "frontend",
        .kind = ROOM_FRONTEND,
        .control = CHANNEL_FRONTEND_FROM_MASTER,
        .frame = role_frame,
        .load = role_load,
        .serve = role_serve,
        .drain = role_drain,
        .status = role_status,
        .stop = role_stop,
    };
    return room_main(&program);
}
