/*
 * What the nursery and its workers say to each other (ipc/messages.h). TRUST: the nursery reads what a worker wrote
 * that may have been taken over by hostile mail; a worker never believes more of its nursery than it can check.
 */
#include <string.h>

#include "ipc/messages_parts.h"
#include "ipc/protocol.h"

bool message_owner_is_equal(const struct message_owner *one, const struct message_owner *other)
{
    return one->uid == other->uid && one->gid == other->gid && one->groups_count == other->groups_count &&
           memcmp(one->groups, other->groups, one->groups_count * sizeof(one->groups[0])) == 0 &&
           strcmp(one->mail, other->mail) == 0 && strcmp(one->state, other->state) == 0;
}

void parts_put_owner(struct frame_out *frame, const struct message_owner *owner)
{
    frame_put_u32(frame, owner->uid);
    frame_put_u32(frame, owner->gid);
    parts_put_groups(frame, owner->groups, owner->groups_count);
    parts_put_text(frame, owner->mail);
    parts_put_text(frame, owner->state);
}

void parts_get_owner(struct frame_in *frame, struct message_owner *owner)
{
    owner->uid = frame_get_u32(frame);
    owner->gid = frame_get_u32(frame);
    owner->groups_count = parts_get_groups(frame, owner->groups);
    owner->mail = parts_get_text(frame, MESSAGE_PATH_MAX);
    owner->state = parts_get_text(frame, MESSAGE_PATH_MAX);
}

void message_put_worker_session(struct frame_out *frame, const struct message_worker_session *message)
{
    frame_begin(frame, FRAME_SESSION);
    frame_put_u32(frame, message->frontend_id);
    frame_put_u64(frame, message->connection_id);
    parts_put_flag(frame, message->is_last);
    parts_put_owner(frame, &message->owner);
    frame_put_u32(frame, message->storage);
    parts_put_text(frame, message->path);
    parts_put_text(frame, message->state_dir);
    parts_put_text(frame, message->user);
    parts_put_session(frame, &message->session);
    frame_put_bytes(frame, message->input, message->input_length);
}

bool message_get_worker_session(struct frame_in *frame, struct message_worker_session *message)
{
    message->frontend_id = frame_get_u32(frame);
    message->connection_id = frame_get_u64(frame);
    message->is_last = frame_get_bool(frame);
    parts_get_owner(frame, &message->owner);
    message->storage = frame_get_u32(frame);
    message->path = parts_get_text(frame, MESSAGE_PATH_MAX);
    message->state_dir = parts_get_text(frame, MESSAGE_PATH_MAX);
    message->user = parts_get_text(frame, RESTANTE_USER_MAX);
    parts_get_session(frame, &message->session);
    message->input = parts_get_view(frame, MESSAGE_INPUT_MAX, &message->input_length);
    return frame_end(frame);
}

void message_put_session_over(struct frame_out *frame, uint32_t frontend_id, uint64_t connection_id)
{
    frame_begin(frame, FRAME_SESSION_OVER);
    frame_put_u32(frame, frontend_id);
    frame_put_u64(frame, connection_id);
}

bool message_get_session_over(struct frame_in *frame, uint32_t *frontend_id, uint64_t *connection_id)
{
    *frontend_id = frame_get_u32(frame);
    *connection_id = frame_get_u64(frame);
    return frame_end(frame);
}
