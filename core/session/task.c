#include "session/task.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fd.h"

enum {
    TASK_ROWS_OCTETS = MESSAGE_ROWS_MAX / 2, /* then they are sent; what one step adds still fits */
    TASK_LOCK_MS = 1000, /* for a session that is about to end; whoever has come to stay is passed over */
};

static const struct task_operation *const task_operations[TASK_KIND_COUNT] = {
    [TASK_EXPIRE] = &task_expire,
    [TASK_FORGET] = &task_forget,
    [TASK_HELD_LIST] = &task_held_list,
    [TASK_HELD_RESTORE] = &task_held_restore,
    [TASK_HELD_PURGE] = &task_held_purge,
    [TASK_JOURNAL] = &task_journal,
    [TASK_EXPLAIN] = &task_explain,
};

bool task_makes_state(const struct task_order *order)
{
    return task_operations[order->kind]->makes_state && !order->is_dry_run;
}

struct task *task_open(const struct task_request *request)
{
    struct task *task = alloc_zeroed(sizeof(*task));
    struct maildrop_request maildrop = request->maildrop;
    const struct task_order *order = request->order;
    task->operation = task_operations[order->kind];
    task->settings = request->settings;
    task->order = *order;
    char *arguments = alloc_zeroed(order->arguments_length + 1);
    if (order->arguments_length > 0)
        memcpy(arguments, order->arguments, order->arguments_length);
    task->order.arguments = arguments;
    task->user = alloc_string(maildrop.user);
    task->state_fd = maildrop.state_fd < 0 ? -1 : fcntl(maildrop.state_fd, F_DUPFD_CLOEXEC, 0);
    maildrop.rules = &request->settings->rules;
    maildrop.is_forced = order->is_forced;
    maildrop.is_by_hand = task->operation->is_by_hand;
    /* Without a state directory nothing was ever marked or remembered: there is nothing to change. */
    maildrop.is_read_only = task->operation->is_read_only || order->is_dry_run || maildrop.state_fd < 0;
    task->maildrop = maildrop_open(&maildrop);
    task->locking_until_ms = clock_monotonic_ms() + TASK_LOCK_MS;
    return task;
}

static enum restante_status task_lock(struct task *task, struct restante_error *error)
{
    if (task->is_locked || task->operation->is_lockless || task->state_fd < 0)
        return RESTANTE_OK;
    enum restante_status status = maildrop_lock(task->maildrop, error);
    task->is_locked = status == RESTANTE_OK;
    if (status == RESTANTE_IN_USE && clock_monotonic_ms() < task->locking_until_ms)
        return RESTANTE_WAIT;
    return status;
}

enum restante_status task_step(struct task *task, struct restante_error *error)
{
    enum restante_status status = task_lock(task, error);
    return status == RESTANTE_OK ? task->operation->step(task, error) : status;
}

void task_close(struct task **task)
{
    struct task *closed = *task;
    *task = NULL;
    if (!closed)
        return;
    if (closed->operation->end)
        closed->operation->end(closed);
    maildrop_close(&closed->maildrop);
    fd_close(&closed->state_fd);
    buf_free(&closed->rows);
    free((char *)(uintptr_t)closed->order.arguments);
    free(closed->user);
    free(closed);
}

/* --- for the operations ---------------------------------------------------------------------------------------- */

void task_row(struct task *task, const char *cell, ...)
{
    va_list cells;
    va_start(cells, cell);
    for (; cell; cell = va_arg(cells, const char *))
        buf_append(&task->rows, cell, strlen(cell) + 1);
    va_end(cells);
}

bool task_is_full(const struct task *task)
{
    return buf_length(&task->rows) >= TASK_ROWS_OCTETS;
}

void task_note(struct task *task, const char *format, ...)
{
    size_t used = strlen(task->note);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && used + 2 < sizeof(task->note)) {
        memcpy(task->note + used, "; ", 3);
        used += 2;
    }
    vsnprintf(task->note + used, sizeof(task->note) - used, format, arguments);
    va_end(arguments);
}

const char *task_argument(const struct task *task, const char *before)
{
    const char *next = before ? before + strlen(before) + 1 : task->order.arguments;
    return next < task->order.arguments + task->order.arguments_length ? next : NULL;
}

bool task_has_argument(const struct task *task, const char *argument)
{
    const char *given = NULL;
    while ((given = task_argument(task, given))) {
        if (strcmp(given, argument) == 0)
            return true;
    }
    return false;
}
