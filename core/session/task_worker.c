/*
 * session/task_worker.c - the process that carries out one task: it becomes the mailbox owner, locks itself in as a
 * session's worker does, works in steps, says what came of it and ends. When its nursery ends, or closes the life pipe,
 * it ends at once, but never in the middle of what is unbreakable.
 */
#include "session/task_worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "room/room.h"
#include "session/nursery_state.h"
#include "session/task.h"
#include "session/worker_birth.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/str.h"

enum { TASK_PAUSE_MS = 100, TASK_LAST_WORDS_MS = 10000 };

struct task_worker {
    const struct worker_start *start;
    struct event_base *base;
    struct channel *nursery; /* NULL: nobody listens any more */
    struct event *life, *term, *next;
    struct task *task;
    uint64_t task_id;
    bool is_listened_for; /* rows were sent: go on when somebody wants more */
    bool is_over;         /* all has been said */
    bool is_stopping;
};

static void task_worker_end(struct task_worker *worker)
{
    task_close(&worker->task);
    event_base_loopbreak(worker->base);
}

static void task_worker_go_on(struct task_worker *worker, int64_t delay_ms)
{
    struct timeval delay = clock_timeval(delay_ms);
    event_add(worker->next, &delay);
}

/* --- what it says ---------------------------------------------------------------------------------------------- */

static void task_worker_send_rows(struct task_worker *worker)
{
    struct frame_out frame = {0};
    struct message_task_rows message = {
        .task_id = worker->task_id, .cells = buf_head(&worker->task->rows), .length = buf_length(&worker->task->rows)};
    message_put_task_rows(&frame, &message);
    if (worker->nursery)
        channel_send(worker->nursery, &frame, -1);
    frame_free(&frame);
    buf_clear(&worker->task->rows);
}

/* Everybody else is about to end too. */
static void task_worker_last_words(struct task_worker *worker, const struct frame_out *frame)
{
    if (worker->nursery) {
        channel_send(worker->nursery, frame, -1);
        channel_flush(worker->nursery, TASK_LAST_WORDS_MS);
    }
    task_worker_end(worker);
}

/*
 * Unlocked before it is said: whoever hears of it may open the maildrop at once. The process ends when the nursery has
 * heard it and closes the channel; with the socket its last words could be lost, when the nursery was about to say
 * something itself.
 */
static void task_worker_done(struct task_worker *worker, enum restante_status status,
                             const struct restante_error *error)
{
    struct frame_out frame = {0};
    struct message_task_done message = {.task_id = worker->task_id, .status = (uint8_t)status};
    if (worker->task) {
        if (buf_length(&worker->task->rows) > 0)
            task_worker_send_rows(worker);
        message.counts = worker->task->counts;
        str_copy(message.note, sizeof(message.note), worker->task->note);
    }
    if (status != RESTANTE_OK)
        str_copy(message.note, sizeof(message.note), error->log[0] ? error->log : error->client);
    task_close(&worker->task);
    message_put_task_done(&frame, &message);
    worker->is_over = true;
    if (worker->nursery && !worker->is_stopping)
        channel_send(worker->nursery, &frame, -1);
    else
        task_worker_last_words(worker, &frame);
    frame_free(&frame);
}

/* --- the task -------------------------------------------------------------------------------------------------- */

static void task_worker_step(struct task_worker *worker)
{
    struct restante_error error = {0};
    enum restante_status status = task_step(worker->task, &error);
    if (worker->is_stopping && !worker->task->is_unbreakable) {
        task_worker_end(worker);
    } else if (status != RESTANTE_AGAIN && status != RESTANTE_WAIT) {
        task_worker_done(worker, status, &error);
    } else if (task_is_full(worker->task) && !worker->task->is_unbreakable) {
        worker->is_listened_for = true;
        task_worker_send_rows(worker);
    } else {
        task_worker_go_on(worker, status == RESTANTE_WAIT ? TASK_PAUSE_MS : 0);
    }
}

static void task_worker_on_next(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    task_worker_step(context);
}

static void task_worker_open(struct task_worker *worker, const struct message_work *work, int state_fd)
{
    const struct nursery_storage *storage = &worker->start->storages->items[work->storage];
    struct task_request request = {
        .settings = worker->start->settings,
        .maildrop = {.storage = storage->operations,
                     .driver = storage->driver,
                     .driver_name = storage->name,
                     .path = work->path,
                     .user = work->user,
                     .state_fd = state_fd},
        .order = &work->order,
    };
    worker->task = task_open(&request);
    task_worker_go_on(worker, 0);
}

static void task_worker_begin(struct task_worker *worker, const struct message_work *work)
{
    const struct worker_start *start = worker->start;
    struct restante_error error = {0};
    enum restante_status status = RESTANTE_OK;
    int state_fd = -1;
    worker->task_id = work->task_id;
    if (work->storage >= start->storages->count)
        status = error_set(&error, RESTANTE_PERMANENT, 0, NULL, "there is no storage driver number %u",
                           work->storage + 1);
    if (status == RESTANTE_OK)
        status = worker_birth_become(&work->owner, start->minimum_uid, start->confinement, &error);
    if (status == RESTANTE_OK && work->state_dir[0])
        status = nursery_state_open(work->state_dir, work->owner.uid, &state_fd, &error);
    if (status == RESTANTE_OK)
        task_worker_open(worker, work, state_fd);
    else
        task_worker_done(worker, status, &error);
}

/* --- the process ----------------------------------------------------------------------------------------------- */

/* The table has let nothing but FRAME_WORK and FRAME_TASK_NEXT pass (ipc/protocol.h). */
static void task_worker_on_frame(struct channel *channel, struct frame_in *frame, void *context)
{
    struct task_worker *worker = context;
    struct message_work work;
    uint64_t task_id;
    if (frame->type == FRAME_WORK && !worker->task_id && message_get_work(frame, &work) && work.task_id) {
        task_worker_begin(worker, &work);
    } else if (frame->type == FRAME_TASK_NEXT && message_get_task_next(frame, &task_id) &&
               task_id == worker->task_id && worker->is_listened_for) {
        worker->is_listened_for = false;
        task_worker_go_on(worker, 0);
    } else if (frame->type != FRAME_TASK_NEXT || !worker->is_over) {
        channel_refuse(channel, "work that is malformed or not expected");
    }
}

static void task_worker_stop(struct task_worker *worker)
{
    worker->is_stopping = true;
    if (!worker->task || !worker->task->is_unbreakable)
        task_worker_end(worker);
}

static void task_worker_on_stop(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    task_worker_stop(context);
}

static void task_worker_on_closed(struct channel *channel, const char *why, void *context)
{
    struct task_worker *worker = context;
    (void)channel;
    (void)why;
    channel_close(&worker->nursery);
    task_worker_stop(worker);
}

static struct event *task_worker_watch(struct task_worker *worker, int fd)
{
    struct event *event = event_new(worker->base, fd, EV_READ, task_worker_on_stop, worker);
    if (!event || event_add(event, NULL) != 0)
        abort();
    return event;
}

void task_worker_main(const struct worker_start *start)
{
    struct task_worker worker = {.start = start};
    int keep[] = {ROOM_LOG_FD, start->channel_fd, start->life_fd};
    fd_close_others(keep, sizeof(keep) / sizeof(keep[0]));
    int term_fd = worker_birth_signals(start->mask);
    worker.base = worker_birth_base();
    if (!worker.base)
        _exit(71);
    worker.life = task_worker_watch(&worker, start->life_fd);
    if (term_fd >= 0)
        worker.term = task_worker_watch(&worker, term_fd);
    worker.next = evtimer_new(worker.base, task_worker_on_next, &worker);
    if (!worker.next)
        _exit(71);
    worker.nursery = channel_open(worker.base, start->channel_fd, CHANNEL_TASK_FROM_NURSERY, task_worker_on_frame,
                                  task_worker_on_closed, &worker);
    event_base_dispatch(worker.base);
    _exit(0);
}
