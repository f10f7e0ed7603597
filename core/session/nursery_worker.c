/*
 * session/nursery_worker.c - workers: forked, given sessions, their end noticed. Runs in the nursery.
 *
 * Every worker is born in the same way, with nothing but the log, the life pipe and its channel. What is touched
 * between fork and the child's exit is paid for page by page, so little is allocated here. A worker that crashes takes
 * its own sessions along and nobody else's.
 *
 * TRUST: a worker may have been taken over by hostile mail. All it can say is that a session is over, and only of
 * sessions that are its own.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/nursery.h"
#include "session/worker.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

static struct nursery_worker **nursery_worker_bucket(struct nursery *nursery, pid_t pid)
{
    return &nursery->workers[(unsigned)pid % NURSERY_WORKER_BUCKETS];
}

/* --- what a worker says ---------------------------------------------------------------------------------------- */

/* Out of the worker's list; NULL: it has no such session. */
static struct nursery_session *nursery_worker_take_session(struct nursery_worker *worker, uint32_t frontend_id,
                                                           uint64_t connection_id)
{
    struct nursery_session **place = &worker->sessions;
    while (*place && ((*place)->frontend_id != frontend_id || (*place)->connection_id != connection_id))
        place = &(*place)->next;
    struct nursery_session *session = *place;
    if (session)
        *place = session->next;
    return session;
}

static void nursery_worker_free_session(struct nursery_session *session)
{
    free(session->peer);
    free(session->user);
    free(session);
}

static void nursery_worker_on_frame(struct channel *channel, struct frame_in *frame, void *context)
{
    struct nursery_worker *worker = context;
    struct nursery_session *session = NULL;
    uint32_t frontend_id;
    uint64_t connection_id;
    /* The table has let nothing but FRAME_SESSION_OVER pass (ipc/protocol.h). */
    if (message_get_session_over(frame, &frontend_id, &connection_id))
        session = nursery_worker_take_session(worker, frontend_id, connection_id);
    if (!session) {
        channel_refuse(channel, "the end of a session that is not there");
        return;
    }
    nursery_session_ended(worker->nursery, frontend_id, connection_id);
    nursery_worker_free_session(session);
    nursery_pool_session_ended(&worker->member, clock_monotonic_ms());
    nursery_assign_released(worker);
}

/* It gets nothing any more, and ends behind the sessions it has. */
void nursery_worker_retire(struct nursery_worker *worker)
{
    nursery_pool_remove(&worker->nursery->pool, &worker->member);
    channel_close(&worker->channel);
}

static void nursery_worker_on_closed(struct channel *channel, const char *why, void *context)
{
    struct nursery_worker *worker = context;
    (void)channel;
    log_debug("the channel to worker %d has ended: %s", (int)worker->pid, why);
    nursery_worker_retire(worker);
}

/* Its end may lie unread behind the login that is handled now, which would be lost with it. */
bool nursery_worker_is_there(struct nursery_worker *worker)
{
    if (worker->channel)
        channel_drain(worker->channel);
    return worker->channel != NULL;
}

/* --- birth ----------------------------------------------------------------------------------------------------- */

pid_t nursery_worker_fork(struct nursery *nursery, int channel_fd, void (*run)(const struct worker_start *start))
{
    sigset_t all, before;
    struct worker_start start = {
        .settings = &nursery->session_settings,
        .storages = &nursery->storages,
        .confinement = nursery->confinement,
        .minimum_uid = nursery->minimum_uid,
        .channel_fd = channel_fd,
        .life_fd = nursery->life[0],
        .mask = &before,
    };
    /* A signal that came between fork and the child's own handlers would reach the nursery's loop through it. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        run(&start);
    int errno_value = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = errno_value;
    return pid;
}

struct nursery_worker *nursery_worker_start(struct nursery *nursery, struct restante_error *error)
{
    int pair[2];
    if (!fd_pair(SOCK_SEQPACKET, pair)) {
        error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot make a channel to a worker");
        return NULL;
    }
    pid_t pid = nursery_worker_fork(nursery, pair[1], worker_main);
    int errno_value = errno;
    fd_close(&pair[1]);
    if (pid < 0) {
        fd_close(&pair[0]);
        error_set(error, RESTANTE_TEMPORARY, errno_value, NULL, "cannot fork a worker");
        return NULL;
    }
    struct nursery_worker *worker = alloc_zeroed(sizeof(*worker));
    struct nursery_worker **bucket = nursery_worker_bucket(nursery, pid);
    worker->nursery = nursery;
    worker->pid = pid;
    worker->channel = channel_open(nursery->room->base, pair[0], CHANNEL_NURSERY_FROM_WORKER, nursery_worker_on_frame,
                                   nursery_worker_on_closed, worker);
    worker->next = *bucket;
    *bucket = worker;
    nursery->workers_count++;
    return worker;
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

static void nursery_worker_describe(const struct nursery_login *login, bool is_last,
                                    struct message_worker_session *message)
{
    const struct message_identity *identity = &login->identity->identity;
    message->frontend_id = login->frontend_id;
    message->connection_id = login->connection_id;
    message->is_last = is_last;
    message->owner = login->target.owner;
    message->storage = login->target.storage_index;
    message->path = login->target.path;
    message->state_dir = login->target.state_dir;
    message->user = identity->account.user;
    message->session = identity->session;
    message->input = login->input;
    message->input_length = login->input_length;
}

void nursery_worker_serve(struct nursery_worker *worker, struct nursery_login *login, bool is_last)
{
    struct message_worker_session message;
    struct frame_out frame = {0};
    struct nursery_session *session = alloc_zeroed(sizeof(*session));
    session->frontend_id = login->frontend_id;
    session->connection_id = login->connection_id;
    str_copy(session->id, sizeof(session->id), login->identity->identity.session.id);
    session->peer = alloc_string(login->identity->identity.session.peer);
    session->user = alloc_string(login->identity->identity.account.user);
    session->next = worker->sessions;
    worker->sessions = session;
    nursery_pool_session_began(&worker->member);
    nursery_worker_describe(login, is_last, &message);
    message_put_worker_session(&frame, &message);
    int client_fd = login->client_fd;
    login->client_fd = -1;
    channel_send(worker->channel, &frame, client_fd);
    frame_free(&frame);
}

void nursery_worker_introduce(const struct nursery *nursery, struct channel *auth)
{
    struct frame_out frame = {0};
    for (size_t i = 0; i < NURSERY_WORKER_BUCKETS; i++) {
        for (const struct nursery_worker *worker = nursery->workers[i]; worker; worker = worker->next) {
            for (const struct nursery_session *session = worker->sessions; session; session = session->next) {
                message_put_session_open(&frame, session->frontend_id, session->connection_id, session->peer,
                                         session->user);
                channel_send(auth, &frame, -1);
            }
        }
    }
    frame_free(&frame);
}

/* --- death ----------------------------------------------------------------------------------------------------- */

static void nursery_worker_log_death(const struct nursery_worker *worker, int status, const char *session_id)
{
    struct log_line line;
    log_begin(&line, RESTANTE_ERROR, "worker_died");
    if (session_id)
        log_add(&line, "session", session_id);
    log_add_number(&line, "worker", worker->pid);
    if (WIFSIGNALED(status)) {
        log_add_number(&line, "signal", WTERMSIG(status));
        log_add(&line, "text", strsignal(WTERMSIG(status)));
    } else {
        log_add_number(&line, "status", WEXITSTATUS(status));
    }
    log_end(&line);
}

/* A worker that ended by itself ended its sessions first; one that died took them along. */
static void nursery_worker_bury(struct nursery *nursery, struct nursery_worker *worker, int status)
{
    bool has_died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    /* What it said before it ended. */
    if (worker->channel)
        channel_drain(worker->channel);
    if (has_died && !worker->sessions)
        nursery_worker_log_death(worker, status, NULL);
    while (worker->sessions) {
        struct nursery_session *session = worker->sessions;
        worker->sessions = session->next;
        if (has_died)
            nursery_worker_log_death(worker, status, session->id);
        nursery_session_ended(nursery, session->frontend_id, session->connection_id);
        nursery_worker_free_session(session);
    }
    nursery_worker_retire(worker);
    if (worker->is_spare)
        nursery_spare_lost(worker);
    free(worker);
}

void nursery_worker_reap(struct nursery *nursery)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct nursery_worker **place = nursery_worker_bucket(nursery, pid);
        while (*place && (*place)->pid != pid)
            place = &(*place)->next;
        struct nursery_worker *worker = *place;
        if (!worker) {
            nursery_task_reap(nursery, pid, status);
            continue;
        }
        *place = worker->next;
        nursery->workers_count--;
        nursery_worker_bury(nursery, worker, status);
    }
    nursery_end_if_empty(nursery);
}

void nursery_worker_end_all(struct nursery *nursery)
{
    fd_close(&nursery->life[1]);
}
