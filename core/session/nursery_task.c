/*
 * session/nursery_task.c - maintenance: tasks from the master to workers of their own, and their words back. Runs in
 * the nursery, in ROOM_MAINTAIN alone. Each worker is forked for one task and ends with it.
 *
 * Two tasks for one maildrop, which may have several names, do not run at the same time: the second would find it in
 * use and be passed over.
 *
 * TRUST: a worker may have been taken over by hostile mail. What it says is passed on only under its own task's number.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/nursery.h"
#include "session/task.h"
#include "session/task_worker.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/str.h"

struct nursery_task {
    struct nursery_task *next;
    struct nursery *nursery;
    uint64_t task_id;
    struct nursery_target target;
    char *user;
    struct task_order order;
    bool has_state;            /* there is a state directory */
    uint64_t state_request_id; /* 0: nobody is asked for one */
    pid_t pid;                 /* 0: not begun */
    struct channel *channel;
    bool is_done; /* it has said what came of it */
};

static void task_free(struct nursery_task *task)
{
    struct nursery_task **place = &task->nursery->tasks;
    while (*place != task)
        place = &(*place)->next;
    *place = task->next;
    channel_close(&task->channel);
    nursery_target_free(&task->target);
    free((char *)(uintptr_t)task->order.arguments);
    free(task->user);
    free(task);
}

/* --- what comes of it ------------------------------------------------------------------------------------------ */

static void task_tell_done(struct nursery_task *task, const struct message_task_done *done)
{
    struct frame_out frame = {0};
    if (task->is_done)
        return;
    task->is_done = true;
    message_put_task_done(&frame, done);
    channel_send(task->nursery->room->control, &frame, -1);
    frame_free(&frame);
}

static void task_tell_failure(struct nursery_task *task, const struct restante_error *error)
{
    struct message_task_done done = {.task_id = task->task_id, .status = (uint8_t)error->status};
    str_copy(done.note, sizeof(done.note), error->log);
    task_tell_done(task, &done);
}

static void task_on_rows(struct nursery_task *task, struct frame_in *frame)
{
    struct message_task_rows rows;
    struct frame_out out = {0};
    if (!message_get_task_rows(frame, &rows) || rows.task_id != task->task_id || task->is_done) {
        channel_refuse(task->channel, "rows that are malformed or of another task");
        return;
    }
    message_put_task_rows(&out, &rows);
    channel_send(task->nursery->room->control, &out, -1);
    frame_free(&out);
}

static void task_on_done(struct nursery_task *task, struct frame_in *frame)
{
    struct message_task_done done;
    if (!message_get_task_done(frame, &done) || done.task_id != task->task_id || task->is_done) {
        channel_refuse(task->channel, "an outcome that is malformed or of another task");
        return;
    }
    task_tell_done(task, &done);
    channel_close(&task->channel); /* the worker waits for it */
}

/* The table has let nothing but these two pass (ipc/protocol.h). */
static void task_on_frame(struct channel *channel, struct frame_in *frame, void *context)
{
    (void)channel;
    if (frame->type == FRAME_TASK_ROWS)
        task_on_rows(context, frame);
    else
        task_on_done(context, frame);
}

/* Its end is noticed when it is reaped. */
static void task_on_closed(struct channel *channel, const char *why, void *context)
{
    struct nursery_task *task = context;
    (void)channel;
    (void)why;
    channel_close(&task->channel);
}

/* --- the worker ------------------------------------------------------------------------------------------------ */

static bool task_is_busy(const struct nursery_task *one)
{
    for (const struct nursery_task *other = one->nursery->tasks; other; other = other->next) {
        if (other != one && other->pid > 0 && strcmp(other->target.key, one->target.key) == 0)
            return true;
    }
    return false;
}

static void task_send_work(struct nursery_task *task)
{
    struct frame_out frame = {0};
    struct message_work work = {
        .task_id = task->task_id,
        .owner = task->target.owner,
        .storage = task->target.storage_index,
        .path = task->target.path,
        .user = task->user,
        .state_dir = task->has_state ? task->target.state_dir : "",
        .order = task->order,
    };
    work.owner.mail = task->target.path;
    work.owner.state = work.state_dir;
    message_put_work(&frame, &work);
    channel_send(task->channel, &frame, -1);
    frame_free(&frame);
}

static enum restante_status task_fork(struct nursery_task *task, struct restante_error *error)
{
    int pair[2];
    if (!fd_pair(SOCK_SEQPACKET, pair))
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot make a channel to a worker");
    task->pid = nursery_worker_fork(task->nursery, pair[1], task_worker_main);
    int errno_value = errno;
    fd_close(&pair[1]);
    if (task->pid < 0) {
        task->pid = 0;
        fd_close(&pair[0]);
        return error_set(error, RESTANTE_TEMPORARY, errno_value, NULL, "cannot fork a worker");
    }
    task->channel = channel_open(task->nursery->room->base, pair[0], CHANNEL_NURSERY_FROM_TASK, task_on_frame,
                                 task_on_closed, task);
    return RESTANTE_OK;
}

/* Unless it has begun, waits for its state directory, or for another with the same maildrop. */
static void task_begin(struct nursery_task *task)
{
    struct restante_error error = {0};
    if (task->pid > 0 || task->state_request_id || task_is_busy(task))
        return;
    if (task_fork(task, &error) == RESTANTE_OK) {
        task_send_work(task);
    } else {
        task_tell_failure(task, &error);
        task_free(task);
    }
}

static void task_begin_waiting(struct nursery *nursery)
{
    for (struct nursery_task *task = nursery->tasks, *next; task; task = next) {
        next = task->next;
        task_begin(task);
    }
}

bool nursery_task_reap(struct nursery *nursery, pid_t pid, int status)
{
    struct restante_error error = {0};
    struct nursery_task *task = nursery->tasks;
    while (task && task->pid != pid)
        task = task->next;
    if (!task)
        return false;
    if (task->channel) /* what it said before it ended */
        channel_drain(task->channel);
    if (nursery->is_stopping && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        error_set(&error, RESTANTE_END, 0, NULL, "ended before it was done");
    else if (WIFSIGNALED(status))
        error_set(&error, RESTANTE_TEMPORARY, 0, NULL, "the worker was ended by signal %d (%s)", WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else
        error_set(&error, RESTANTE_TEMPORARY, 0, NULL, "the worker ended with status %d before it was done",
                  WEXITSTATUS(status));
    task_tell_failure(task, &error);
    task_free(task);
    task_begin_waiting(nursery);
    return true;
}

/* --- from the master ------------------------------------------------------------------------------------------- */

static struct nursery_task *task_parse(struct nursery *nursery, const struct message_task *message)
{
    struct nursery_task *task = alloc_zeroed(sizeof(*task));
    char *arguments = alloc_zeroed(message->order.arguments_length + 1);
    if (message->order.arguments_length > 0)
        memcpy(arguments, message->order.arguments, message->order.arguments_length);
    task->nursery = nursery;
    task->task_id = message->task_id;
    task->user = alloc_string(message->account.user);
    task->order = message->order;
    task->order.arguments = arguments;
    task->next = nursery->tasks;
    nursery->tasks = task;
    return task;
}

static void task_start(struct nursery *nursery, const struct message_task *message)
{
    struct restante_error error = {0};
    struct nursery_task *task = task_parse(nursery, message);
    if (nursery->is_stopping) {
        nursery_task_refuse_waiting(nursery);
        return;
    }
    enum restante_status status =
        nursery_target_find(nursery, &message->account, &task->target, &error);
    if (status == RESTANTE_OK)
        status = nursery_state_check(task->target.state_dir, task->target.owner.uid, &error);
    task->has_state = status == RESTANTE_OK;
    if (status == RESTANTE_END && task_makes_state(&task->order)) {
        task->state_request_id = nursery_target_ask_state(nursery, &task->target);
    } else if (status == RESTANTE_OK || status == RESTANTE_END) {
        task_begin(task);
    } else {
        task_tell_failure(task, &error);
        task_free(task);
    }
}

bool nursery_task_state_made(struct nursery *nursery, const struct message_state_dir_made *made)
{
    struct restante_error error = {0};
    struct nursery_task *task = nursery->tasks;
    while (task && task->state_request_id != made->request_id)
        task = task->next;
    if (!task)
        return false;
    task->state_request_id = 0;
    if (nursery_target_state_made(&task->target, made, &error) == RESTANTE_OK) {
        task->has_state = true;
        task_begin(task);
    } else {
        task_tell_failure(task, &error);
        task_free(task);
    }
    return true;
}

static void task_next(const struct nursery *nursery, uint64_t task_id)
{
    struct frame_out frame = {0};
    for (const struct nursery_task *task = nursery->tasks; task; task = task->next) {
        if (task->task_id != task_id || !task->channel)
            continue;
        message_put_task_next(&frame, task_id);
        channel_send(task->channel, &frame, -1);
        frame_free(&frame);
        return;
    }
}

bool nursery_task_frame(struct nursery *nursery, struct frame_in *frame)
{
    struct message_task message;
    uint64_t task_id;
    if (nursery->room->start.mode != ROOM_MAINTAIN)
        return false;
    if (frame->type == FRAME_TASK && message_get_task(frame, &message))
        task_start(nursery, &message);
    else if (frame->type == FRAME_TASK_NEXT && message_get_task_next(frame, &task_id))
        task_next(nursery, task_id);
    else
        return false;
    return true;
}

void nursery_task_refuse_waiting(struct nursery *nursery)
{
    struct restante_error error = {0};
    error_set(&error, RESTANTE_END, 0, NULL, "not begun");
    for (struct nursery_task *task = nursery->tasks, *next; task; task = next) {
        next = task->next;
        if (task->pid > 0)
            continue;
        task_tell_failure(task, &error);
        task_free(task);
    }
}
