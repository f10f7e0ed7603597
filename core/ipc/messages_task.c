/*
 * Maintenance (ipc/messages_task.h). TRUST: the worker that did a task has read hostile mail; nursery and master read
 * what it wrote, and only ever count it and show it.
 */
#include "ipc/messages_task.h"

#include "ipc/messages_parts.h"
#include "ipc/protocol.h"

/* --- accounts -------------------------------------------------------------------------------------------------- */

void message_put_lookup(struct frame_out *frame, const struct message_lookup *message)
{
    frame_begin(frame, FRAME_LOOKUP);
    frame_put_u64(frame, message->request_id);
    frame_put_string(frame, message->user);
}

bool message_get_lookup(struct frame_in *frame, struct message_lookup *message)
{
    message->request_id = frame_get_u64(frame);
    frame_get_string(frame, message->user, sizeof(message->user));
    return frame_end(frame);
}

void message_put_found(struct frame_out *frame, const struct message_found *message)
{
    frame_begin(frame, FRAME_FOUND);
    frame_put_u64(frame, message->request_id);
    frame_put_u8(frame, message->status);
    parts_put_account(frame, &message->account);
    frame_put_string(frame, message->log);
}

bool message_get_found(struct frame_in *frame, struct message_found *message)
{
    message->request_id = frame_get_u64(frame);
    message->status = frame_get_u8(frame);
    parts_get_account(frame, &message->account);
    frame_get_string(frame, message->log, sizeof(message->log));
    return frame_end(frame) && message->status <= RESTANTE_INVALID;
}

void message_put_list(struct frame_out *frame, const struct message_list *message)
{
    frame_begin(frame, FRAME_LIST);
    frame_put_u64(frame, message->cursor);
}

bool message_get_list(struct frame_in *frame, struct message_list *message)
{
    message->cursor = frame_get_u64(frame);
    return frame_end(frame);
}

/* Texts one behind the other, each with its NUL. */
static const char *get_texts(struct frame_in *frame, size_t limit, size_t *length)
{
    const char *texts = parts_get_view(frame, limit, length);
    if (*length > 0 && texts[*length - 1] != '\0') {
        frame->failed = true;
        *length = 0;
    }
    return texts;
}

void message_put_listed(struct frame_out *frame, const struct message_listed *message)
{
    frame_begin(frame, FRAME_LISTED);
    frame_put_u64(frame, message->cursor);
    frame_put_u8(frame, message->status);
    frame_put_bytes(frame, message->users, message->users_length);
    frame_put_string(frame, message->log);
}

bool message_get_listed(struct frame_in *frame, struct message_listed *message)
{
    message->cursor = frame_get_u64(frame);
    message->status = frame_get_u8(frame);
    message->users = get_texts(frame, MESSAGE_USERS_MAX, &message->users_length);
    frame_get_string(frame, message->log, sizeof(message->log));
    return frame_end(frame) && message->status <= RESTANTE_INVALID;
}

/* --- tasks ----------------------------------------------------------------------------------------------------- */

static void put_order(struct frame_out *frame, const struct task_order *order)
{
    frame_put_u8(frame, order->kind);
    parts_put_flag(frame, order->is_dry_run);
    parts_put_flag(frame, order->is_forced);
    frame_put_i64(frame, order->at_s);
    frame_put_i64(frame, order->since_s);
    frame_put_bytes(frame, order->arguments, order->arguments_length);
}

static void get_order(struct frame_in *frame, struct task_order *order)
{
    order->kind = frame_get_u8(frame);
    order->is_dry_run = frame_get_bool(frame);
    order->is_forced = frame_get_bool(frame);
    order->at_s = frame_get_i64(frame);
    order->since_s = frame_get_i64(frame);
    order->arguments = get_texts(frame, MESSAGE_ARGUMENTS_MAX, &order->arguments_length);
    if (order->kind == 0 || order->kind >= TASK_KIND_COUNT)
        frame->failed = true;
}

void message_put_task(struct frame_out *frame, const struct message_task *message)
{
    frame_begin(frame, FRAME_TASK);
    frame_put_u64(frame, message->task_id);
    parts_put_account(frame, &message->account);
    put_order(frame, &message->order);
}

bool message_get_task(struct frame_in *frame, struct message_task *message)
{
    message->task_id = frame_get_u64(frame);
    parts_get_account(frame, &message->account);
    get_order(frame, &message->order);
    return frame_end(frame);
}

void message_put_work(struct frame_out *frame, const struct message_work *message)
{
    frame_begin(frame, FRAME_WORK);
    frame_put_u64(frame, message->task_id);
    parts_put_owner(frame, &message->owner);
    frame_put_u32(frame, message->storage);
    parts_put_text(frame, message->path);
    parts_put_text(frame, message->user);
    parts_put_text(frame, message->state_dir);
    put_order(frame, &message->order);
}

bool message_get_work(struct frame_in *frame, struct message_work *message)
{
    message->task_id = frame_get_u64(frame);
    parts_get_owner(frame, &message->owner);
    message->storage = frame_get_u32(frame);
    message->path = parts_get_text(frame, MESSAGE_PATH_MAX);
    message->user = parts_get_text(frame, RESTANTE_USER_MAX);
    message->state_dir = parts_get_text(frame, MESSAGE_PATH_MAX);
    get_order(frame, &message->order);
    return frame_end(frame);
}

void message_put_task_rows(struct frame_out *frame, const struct message_task_rows *message)
{
    frame_begin(frame, FRAME_TASK_ROWS);
    frame_put_u64(frame, message->task_id);
    frame_put_bytes(frame, message->cells, message->length);
}

bool message_get_task_rows(struct frame_in *frame, struct message_task_rows *message)
{
    message->task_id = frame_get_u64(frame);
    message->cells = get_texts(frame, MESSAGE_ROWS_MAX, &message->length);
    return frame_end(frame);
}

void message_put_task_next(struct frame_out *frame, uint64_t task_id)
{
    frame_begin(frame, FRAME_TASK_NEXT);
    frame_put_u64(frame, task_id);
}

bool message_get_task_next(struct frame_in *frame, uint64_t *task_id)
{
    *task_id = frame_get_u64(frame);
    return frame_end(frame);
}

void message_put_task_done(struct frame_out *frame, const struct message_task_done *message)
{
    frame_begin(frame, FRAME_TASK_DONE);
    frame_put_u64(frame, message->task_id);
    frame_put_u8(frame, message->status);
    frame_put_u64(frame, message->counts.messages);
    frame_put_u64(frame, message->counts.octets);
    frame_put_u64(frame, message->counts.done);
    frame_put_u64(frame, message->counts.done_octets);
    frame_put_u64(frame, message->counts.failed);
    frame_put_u64(frame, message->counts.left_alone);
    frame_put_string(frame, message->note);
}

bool message_get_task_done(struct frame_in *frame, struct message_task_done *message)
{
    message->task_id = frame_get_u64(frame);
    message->status = frame_get_u8(frame);
    message->counts.messages = frame_get_u64(frame);
    message->counts.octets = frame_get_u64(frame);
    message->counts.done = frame_get_u64(frame);
    message->counts.done_octets = frame_get_u64(frame);
    message->counts.failed = frame_get_u64(frame);
    message->counts.left_alone = frame_get_u64(frame);
    frame_get_string(frame, message->note, sizeof(message->note));
    return frame_end(frame) && message->status <= RESTANTE_INVALID;
}
