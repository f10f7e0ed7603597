/*
 * An auth worker as a room: it loads the driver of one auth entry and answers one question at a time. It is the only
 * room that sees passwords for longer than it takes to pass them on; it wipes them. What goes wrong in the driver is
 * "try again later" for one login, never the end of the room. Root only where the driver needs it.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth_account.h"
#include "auth/auth_maintain.h"
#include "auth/auth_role.h"
#include "room/modules.h"
#include "room/modules_needs.h"
#include "util/log.h"
#include "util/str.h"

/* One room, one driver. */
struct auth_worker {
    struct room *room;
    struct room_module *module;
    const struct restante_auth *operations;
    void *driver;
    struct auth_defaults defaults;
    char uid[32], gid[32]; /* as text, where the settings gave numbers */
    struct channel *dispatcher;
    pid_t pid;
    bool is_draining;
};

static struct auth_worker auth_worker;

/* Only what a driver may say; the account is checked and completed. */
static enum restante_status worker_ask(const struct message_verify *verify, struct restante_account *account,
                                       struct restante_error *error)
{
    struct restante_credentials credentials = {
        .user = verify->user,
        .secret = verify->secret,
        .secret_length = strlen(verify->secret),
        .peer = verify->peer,
        .is_tls = verify->is_tls,
    };
    if (!auth_worker.driver) {
        str_copy(error->log, sizeof(error->log), "the driver is not loaded");
        return RESTANTE_TEMPORARY;
    }
    enum restante_status status = auth_worker.operations->verify(auth_worker.driver, &credentials, account, error);
    /* A module that forked may return twice; only one of them is the worker, and answers. */
    if (getpid() != auth_worker.pid)
        _exit(0);
    error->log[sizeof(error->log) - 1] = '\0';
    if (status == RESTANTE_OK)
        return auth_account_complete(&auth_worker.defaults, account, error);
    return status == RESTANTE_DENIED || status == RESTANTE_PERMANENT ? status : RESTANTE_TEMPORARY;
}

static void worker_verify(const struct message_verify *verify)
{
    struct frame_out frame = {0};
    struct restante_error error = {0};
    struct message_verified verified = {.request_id = verify->request_id};
    enum restante_status status = worker_ask(verify, &verified.account, &error);
    verified.status = (uint8_t)status;
    if (status != RESTANTE_OK) {
        /* An account that was not accepted is nobody's business, and may be half filled. */
        memset(&verified.account, 0, sizeof(verified.account));
        str_copy(verified.log, sizeof(verified.log), error.log[0] ? error.log : "the driver gave no reason");
    }
    message_put_verified(&frame, &verified);
    channel_send(auth_worker.dispatcher, &frame, -1);
    frame_wipe(&frame);
}

static void worker_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct message_verify verify;
    (void)context;
    if (message_get_verify(frame, &verify))
        worker_verify(&verify);
    else
        channel_refuse(channel, "a malformed question");
    explicit_bzero(&verify, sizeof(verify));
}

static void worker_closed(struct channel *channel, const char *why, void *context)
{
    (void)channel;
    (void)context;
    log_debug("the auth dispatcher has ended: %s", why);
    channel_close(&auth_worker.dispatcher);
    if (auth_worker.is_draining)
        room_end(auth_worker.room);
}

/* In maintenance the master asks by itself. False: it asked for something else. */
static bool worker_maintain(struct room *room, struct frame_in *frame)
{
    static char users[MESSAGE_USERS_MAX];
    struct auth_source source = {
        .operations = auth_worker.operations,
        .driver = auth_worker.driver,
        .driver_name = auth_worker.module ? auth_worker.module->loaded->descriptor->name : "",
        .defaults = &auth_worker.defaults,
        .rules = {.lowercase = conf_bool(&room->conf, "username.lowercase"),
                  .default_domain = conf_string_or_null(&room->conf, "username.default_domain")},
    };
    struct message_lookup lookup;
    struct message_found found;
    struct message_list list;
    struct message_listed listed;
    struct frame_out answer = {0};
    if (room->start.mode != ROOM_MAINTAIN || !room->is_ready)
        return false;
    if (frame->type == FRAME_LOOKUP && message_get_lookup(frame, &lookup)) {
        auth_maintain_lookup(&source, &lookup, &found);
        message_put_found(&answer, &found);
    } else if (frame->type == FRAME_LIST && message_get_list(frame, &list)) {
        auth_maintain_list(&source, &list, users, &listed);
        message_put_listed(&answer, &listed);
    } else {
        return false;
    }
    channel_send(room->control, &answer, -1);
    frame_free(&answer);
    return true;
}

static void worker_frame(struct room *room, struct frame_in *frame)
{
    struct message_channel peer;
    if (worker_maintain(room, frame))
        return;
    if (frame->type != FRAME_CHANNEL || !message_get_channel(frame, &peer) || peer.peer != ROOM_AUTH) {
        channel_refuse(room->control, "a frame that an auth worker has no use for");
        return;
    }
    channel_close(&auth_worker.dispatcher);
    auth_worker.dispatcher =
        channel_open(room->base, frame->fd, CHANNEL_WORKER_FROM_AUTH, worker_receive, worker_closed, NULL);
    frame->fd = -1;
}

/* A setting that may be written as a name or as a number; NULL when it is not given. */
static const char *worker_id_text(const struct conf *conf, uint32_t entry, const char *key, char *text,
                                  size_t capacity)
{
    const struct conf_value *value = conf_find(conf, "auth.%u.%s", entry, key);
    if (!value)
        return NULL;
    if (value->text)
        return value->text;
    snprintf(text, capacity, "%lld", (long long)value->integer);
    return text;
}

static void worker_load_defaults(struct room *room, struct faults *faults)
{
    uint32_t entry = room->start.entry;
    const struct conf *conf = &room->conf;
    auth_worker.defaults = (struct auth_defaults){
        .entry = entry,
        .home = conf_string_or_null(conf, "auth.%u.home", entry),
        .storage = conf_string_or_null(conf, "storage.1.path"),
        .minimum_uid = (uint32_t)conf_integer(conf, "accounts.minimum_uid"),
    };
    auth_account_resolve(&auth_worker.defaults,
                         worker_id_text(conf, entry, "uid", auth_worker.uid, sizeof(auth_worker.uid)),
                         worker_id_text(conf, entry, "gid", auth_worker.gid, sizeof(auth_worker.gid)), faults);
}

static void worker_start_driver(struct room *room, struct faults *faults)
{
    struct restante_error error = {0};
    const struct restante_module *descriptor = auth_worker.module->loaded->descriptor;
    if ((descriptor->needs & RESTANTE_NEEDS_ROOT) && !room->start.keep_root) {
        faults_add(faults, "auth[%u].run_as_root: driver \"%s\" needs root: set it to true and start Restante as root",
                   room->start.entry, descriptor->name);
        return;
    }
    auth_worker.operations = descriptor->operations;
    if (auth_worker.operations->start(modules_host(), auth_worker.module->values, &auth_worker.driver, &error) !=
        RESTANTE_OK)
        faults_add(faults, "auth[%u]: %s", room->start.entry,
                   error.log[0] ? error.log : "the driver did not start and gave no reason");
}

static void worker_load(struct room *room, struct faults *faults)
{
    char prefix[32];
    auth_worker.room = room;
    auth_worker.pid = getpid();
    if (room->start.mode == ROOM_INSPECT) {
        modules_inspect(room, RESTANTE_KIND_AUTH);
        return;
    }
    worker_load_defaults(room, faults);
    snprintf(prefix, sizeof(prefix), "auth.%u", room->start.entry);
    auth_worker.module = modules_load(room, RESTANTE_KIND_AUTH, prefix, faults);
    if (auth_worker.module)
        worker_start_driver(room, faults);
}

static void worker_confine(struct room *room, struct confine_plan *plan, struct faults *faults)
{
    static struct modules_needs needs; /* until the plan was carried out: for the life of the room */
    (void)faults;
    modules_needs_add(&needs, auth_worker.module);
    plan->needs = needs.needs;
    plan->paths = needs.paths;
    plan->paths_count = needs.paths_count;
    plan->memory_octets = (uint64_t)conf_integer(&room->conf, "limits.worker_memory");
    /* A driver may ask the system's list of users: what serves that is loaded while something can be loaded. */
    (void)getpwuid((uid_t)-2);
}

/* The dispatcher may still have questions: its end is ours. */
static void worker_drain(struct room *room, enum drain_mode mode)
{
    (void)mode;
    auth_worker.is_draining = true;
    if (!auth_worker.dispatcher)
        room_end(room);
}

const struct room_program auth_worker_program = {
    .name = "auth",
    .kind = ROOM_AUTH_WORKER,
    .control = CHANNEL_AUTH_FROM_MASTER,
    .frame = worker_frame,
    .load = worker_load,
    .confine = worker_confine,
    .drain = worker_drain,
};
