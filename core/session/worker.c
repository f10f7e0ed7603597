/*
 * session/worker.c - a worker: sessions of one mailbox owner. Forked by the nursery with everything that one has
 * loaded; keeps only its own descriptors, makes its event base and waits. The first session tells whom it serves: it
 * becomes that owner for good and locks itself in before it looks at mail or state.
 *
 * TRUST: every session names its owner anew, and one that is not exactly ours is refused: a nursery that mixed owners
 * up would otherwise open one user's mail to another's process.
 *
 * It ends behind its last session: the one that the nursery called the last, or whichever is there when the channel
 * ends. When the nursery closes its end of the life pipe (it cannot signal another uid), or on SIGTERM, it ends at
 * once, but never in the middle of a commit.
 */
#include "session/worker.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "room/room.h"
#include "session/nursery_state.h"
#include "session/session_log.h"
#include "session/worker_birth.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"

enum { WORKER_LARGE_MAILDROP = 4096 }; /* messages */

struct worker;

struct worker_session {
    struct worker_session *next;
    struct worker *worker;
    struct session *session;
    uint32_t frontend_id;
    uint64_t connection_id;
};

struct worker {
    const struct worker_start *start;
    struct event_base *base;
    struct channel *nursery; /* NULL: no more sessions can come */
    struct event *life, *term;
    struct worker_session *sessions;
    struct message_owner owner; /* once has_owner */
    bool has_owner;
    bool is_retired; /* no more sessions will come */
    bool is_stopping;
};

/* --- the end --------------------------------------------------------------------------------------------------- */

static void worker_end_if_unused(struct worker *worker)
{
    if (!worker->sessions && (worker->is_retired || worker->is_stopping))
        event_base_loopbreak(worker->base);
}

/* The end of the process says the same about whatever it has left. */
static void worker_tell_over(struct worker *worker, uint32_t frontend_id, uint64_t connection_id)
{
    struct frame_out frame = {0};
    bool is_ending = !worker->sessions && (worker->is_retired || worker->is_stopping);
    if (!worker->nursery || is_ending)
        return;
    message_put_session_over(&frame, frontend_id, connection_id);
    channel_send(worker->nursery, &frame, -1);
    frame_free(&frame);
}

static void worker_on_session_end(struct session *session, void *context)
{
    struct worker_session *ended = context;
    struct worker *worker = ended->worker;
    struct worker_session **place = &worker->sessions;
    bool was_large = session_messages(session) >= WORKER_LARGE_MAILDROP;
    while (*place != ended)
        place = &(*place)->next;
    *place = ended->next;
    worker_tell_over(worker, ended->frontend_id, ended->connection_id);
    free(ended);
    worker_end_if_unused(worker);
    if (was_large && !worker->is_retired)
        malloc_trim(0);
}

static void worker_on_stop(evutil_socket_t fd, short what, void *context)
{
    struct worker *worker = context;
    (void)fd;
    (void)what;
    worker->is_stopping = true;
    for (struct worker_session *at = worker->sessions, *next; at; at = next) {
        next = at->next;
        session_shutdown(at->session);
    }
    worker_end_if_unused(worker);
}

static void worker_on_channel_closed(struct channel *channel, const char *why, void *context)
{
    struct worker *worker = context;
    (void)channel;
    (void)why;
    channel_close(&worker->nursery);
    worker->is_retired = true;
    worker_end_if_unused(worker);
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

/* Once, with the first session. What fails here leaves a process that is nobody's: it serves no other. */
static enum restante_status worker_settle(struct worker *worker, const struct message_owner *owner,
                                          struct restante_error *error)
{
    const struct worker_start *start = worker->start;
    worker->is_retired = true;
    enum restante_status status = worker_birth_become(owner, start->minimum_uid, start->confinement, error);
    if (status != RESTANTE_OK)
        return status;
    worker->owner = *owner;
    worker->owner.mail = alloc_string(owner->mail);
    worker->owner.state = alloc_string(owner->state);
    worker->has_owner = true;
    worker->is_retired = false;
    return RESTANTE_OK;
}

static enum restante_status worker_check(struct worker *worker, const struct message_worker_session *message,
                                         struct restante_error *error)
{
    if (worker->is_stopping)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "the server is shutting down");
    if (message->storage >= worker->start->storages->count)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "there is no storage driver number %u",
                         message->storage + 1);
    if (!worker->has_owner)
        return worker_settle(worker, &message->owner, error);
    if (message_owner_is_equal(&worker->owner, &message->owner))
        return RESTANTE_OK;
    return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                     "a session of uid %u, gid %u below %s was given to a worker of uid %u, gid %u below %s",
                     message->owner.uid, message->owner.gid, message->owner.mail, worker->owner.uid,
                     worker->owner.gid, worker->owner.mail);
}

static void worker_refuse(struct worker *worker, const struct message_worker_session *message, int client_fd,
                          const struct restante_error *error)
{
    struct session_log log = {
        .session_id = message->session.id, .user = message->user, .peer = message->session.peer};
    session_log_failure(&log, "worker_failed", error);
    session_turn_away(&client_fd, error);
    worker_tell_over(worker, message->frontend_id, message->connection_id);
    worker_end_if_unused(worker);
}

static void worker_open(struct worker *worker, const struct message_worker_session *message, int client_fd,
                        int state_fd)
{
    const struct nursery_storage *storage = &worker->start->storages->items[message->storage];
    struct session_request request = {
        .client_fd = client_fd,
        .facts = message->session,
        .maildrop = {.storage = storage->operations,
                     .driver = storage->driver,
                     .driver_name = storage->name,
                     .path = message->path,
                     .user = message->user,
                     .state_fd = state_fd},
        .input = message->input,
        .input_length = message->input_length,
    };
    struct worker_session *session = alloc_zeroed(sizeof(*session));
    session->worker = worker;
    session->frontend_id = message->frontend_id;
    session->connection_id = message->connection_id;
    session->next = worker->sessions;
    worker->sessions = session;
    session->session = session_open(worker->base, worker->start->settings, &request, worker_on_session_end, session);
}

static void worker_on_frame(struct channel *channel, struct frame_in *frame, void *context)
{
    struct worker *worker = context;
    struct message_worker_session message;
    struct restante_error error = {0};
    int state_fd = -1;
    /* The table has let nothing but FRAME_SESSION pass (ipc/protocol.h). */
    if (!message_get_worker_session(frame, &message)) {
        channel_refuse(channel, "a malformed session");
        return;
    }
    int client_fd = frame->fd;
    frame->fd = -1;
    enum restante_status status = worker_check(worker, &message, &error);
    if (status == RESTANTE_OK)
        status = nursery_state_open(message.state_dir, message.owner.uid, &state_fd, &error);
    if (message.is_last)
        worker->is_retired = true;
    if (status == RESTANTE_OK)
        worker_open(worker, &message, client_fd, state_fd);
    else
        worker_refuse(worker, &message, client_fd, &error);
}

/* --- the process ----------------------------------------------------------------------------------------------- */

static struct event *worker_watch(struct worker *worker, int fd)
{
    struct event *event = event_new(worker->base, fd, EV_READ, worker_on_stop, worker);
    if (!event || event_add(event, NULL) != 0)
        abort();
    return event;
}

void worker_main(const struct worker_start *start)
{
    struct worker worker = {0};
    int keep[] = {ROOM_LOG_FD, start->channel_fd, start->life_fd};
    fd_close_others(keep, sizeof(keep) / sizeof(keep[0]));
    int term_fd = worker_birth_signals(start->mask);
    worker.start = start;
    worker.base = worker_birth_base();
    if (!worker.base)
        _exit(71);
    worker.life = worker_watch(&worker, start->life_fd);
    if (term_fd >= 0)
        worker.term = worker_watch(&worker, term_fd);
    worker.nursery = channel_open(worker.base, start->channel_fd, CHANNEL_WORKER_FROM_NURSERY, worker_on_frame,
                                  worker_on_channel_closed, &worker);
    event_base_dispatch(worker.base);
    _exit(0);
}
