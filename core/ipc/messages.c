/*
 * What the master and its rooms say to each other (ipc/messages.h). Each message's put and get stand side by side, in the order of their fields. TRUST: every get reads what another
 * room wrote.
 */
#include "ipc/messages.h"

#include <string.h>

#include "ipc/messages_parts.h"
#include "ipc/protocol.h"

void message_put_setting(struct frame_out *frame, const struct message_setting *message)
{
    frame_begin(frame, FRAME_SETTING);
    frame_put_string(frame, message->path);
    frame_put_u8(frame, message->type);
    frame_put_i64(frame, message->integer);
    frame_put_string(frame, message->text);
    frame_put_u32(frame, message->line);
}

bool message_get_setting(struct frame_in *frame, struct message_setting *message)
{
    frame_get_string(frame, message->path, sizeof(message->path));
    message->type = frame_get_u8(frame);
    message->integer = frame_get_i64(frame);
    frame_get_string(frame, message->text, sizeof(message->text));
    message->line = frame_get_u32(frame);
    return frame_end(frame);
}

void message_put_listener(struct frame_out *frame, const struct message_listener *message)
{
    frame_begin(frame, FRAME_LISTENER);
    frame_put_string(frame, message->address);
    frame_put_u32(frame, message->port);
    frame_put_u8(frame, message->tls);
    parts_put_flag(frame, message->expects_proxy);
}

bool message_get_listener(struct frame_in *frame, struct message_listener *message)
{
    frame_get_string(frame, message->address, sizeof(message->address));
    message->port = frame_get_u32(frame);
    message->tls = frame_get_u8(frame);
    message->expects_proxy = frame_get_bool(frame);
    return frame_end(frame) && message->tls <= LISTENER_TLS_IMPLICIT;
}

void message_put_tls_pair(struct frame_out *frame, const struct message_tls_pair *message)
{
    frame_begin(frame, FRAME_TLS_PAIR);
    frame_put_u32(frame, message->number);
    frame_put_bytes(frame, message->certificate, message->certificate_length);
    frame_put_bytes(frame, message->key, message->key_length);
}

bool message_get_tls_pair(struct frame_in *frame, struct message_tls_pair *message)
{
    message->number = frame_get_u32(frame);
    message->certificate = parts_get_view(frame, FRAME_MAX, &message->certificate_length);
    message->key = parts_get_view(frame, FRAME_MAX, &message->key_length);
    return frame_end(frame) && message->number >= 1 && message->number <= MESSAGE_TLS_PAIRS_MAX;
}

void message_put_tls_pair_tried(struct frame_out *frame, const struct message_tls_pair_tried *message)
{
    frame_begin(frame, FRAME_TLS_PAIR_TRIED);
    frame_put_u32(frame, message->number);
    parts_put_flag(frame, message->is_taken);
    frame_put_i64(frame, message->starts_s);
    frame_put_i64(frame, message->expires_s);
    frame_put_string(frame, message->reason);
}

bool message_get_tls_pair_tried(struct frame_in *frame, struct message_tls_pair_tried *message)
{
    message->number = frame_get_u32(frame);
    message->is_taken = frame_get_bool(frame);
    message->starts_s = frame_get_i64(frame);
    message->expires_s = frame_get_i64(frame);
    frame_get_string(frame, message->reason, sizeof(message->reason));
    return frame_end(frame);
}

void message_put_ticket_keys(struct frame_out *frame, const struct message_ticket_keys *message)
{
    frame_begin(frame, FRAME_TICKET_KEYS);
    frame_put_bytes(frame, message->keys, sizeof(message->keys));
}

bool message_get_ticket_keys(struct frame_in *frame, struct message_ticket_keys *message)
{
    parts_get_octets(frame, message->keys, sizeof(message->keys));
    return frame_end(frame);
}

void message_put_start(struct frame_out *frame, const struct message_start *message)
{
    frame_begin(frame, FRAME_START);
    frame_put_u8(frame, message->mode);
    frame_put_u32(frame, message->room_id);
    frame_put_u32(frame, message->entry);
    parts_put_flag(frame, message->change_identity);
    parts_put_flag(frame, message->keep_root);
    frame_put_u32(frame, message->uid);
    frame_put_u32(frame, message->gid);
    parts_put_groups(frame, message->groups, message->groups_count);
    frame_put_string(frame, message->chroot);
    frame_put_string(frame, message->state_root);
    frame_put_i64(frame, message->clock_base_s);
    frame_put_i64(frame, message->clock_boot_s);
    frame_put_i64(frame, message->clock_jump_s);
    parts_put_flag(frame, message->is_clock_unknown);
}

bool message_get_start(struct frame_in *frame, struct message_start *message)
{
    message->mode = frame_get_u8(frame);
    message->room_id = frame_get_u32(frame);
    message->entry = frame_get_u32(frame);
    message->change_identity = frame_get_bool(frame);
    message->keep_root = frame_get_bool(frame);
    message->uid = frame_get_u32(frame);
    message->gid = frame_get_u32(frame);
    message->groups_count = parts_get_groups(frame, message->groups);
    frame_get_string(frame, message->chroot, sizeof(message->chroot));
    frame_get_string(frame, message->state_root, sizeof(message->state_root));
    message->clock_base_s = frame_get_i64(frame);
    message->clock_boot_s = frame_get_i64(frame);
    message->clock_jump_s = frame_get_i64(frame);
    message->is_clock_unknown = frame_get_bool(frame);
    return frame_end(frame) && message->mode <= ROOM_TRY;
}

void message_put_channel(struct frame_out *frame, const struct message_channel *message)
{
    frame_begin(frame, FRAME_CHANNEL);
    frame_put_u8(frame, message->peer);
    frame_put_u32(frame, message->peer_id);
    frame_put_u32(frame, message->peer_entry);
}

bool message_get_channel(struct frame_in *frame, struct message_channel *message)
{
    message->peer = frame_get_u8(frame);
    message->peer_id = frame_get_u32(frame);
    message->peer_entry = frame_get_u32(frame);
    return frame_end(frame) && message->peer < ROOM_KIND_COUNT;
}

void message_put_drain(struct frame_out *frame, const struct message_drain *message)
{
    frame_begin(frame, FRAME_DRAIN);
    frame_put_u8(frame, message->mode);
    frame_put_u32(frame, message->grace_ms);
}

bool message_get_drain(struct frame_in *frame, struct message_drain *message)
{
    message->mode = frame_get_u8(frame);
    message->grace_ms = frame_get_u32(frame);
    return frame_end(frame) && message->mode <= DRAIN_RELOAD;
}

void message_put_state_dir(struct frame_out *frame, const struct message_state_dir *message)
{
    frame_begin(frame, FRAME_STATE_DIR);
    frame_put_u64(frame, message->request_id);
    frame_put_u32(frame, message->uid);
    frame_put_u32(frame, message->gid);
    frame_put_string(frame, message->key);
}

bool message_get_state_dir(struct frame_in *frame, struct message_state_dir *message)
{
    message->request_id = frame_get_u64(frame);
    message->uid = frame_get_u32(frame);
    message->gid = frame_get_u32(frame);
    frame_get_string(frame, message->key, sizeof(message->key));
    /* The master makes a directory of this name: nothing but hexadecimal digits. */
    return frame_end(frame) && message->key[0] && !message->key[strspn(message->key, "0123456789abcdef")];
}

void message_put_state_dir_made(struct frame_out *frame, const struct message_state_dir_made *message)
{
    frame_begin(frame, FRAME_STATE_DIR_MADE);
    frame_put_u64(frame, message->request_id);
    parts_put_flag(frame, message->is_made);
    frame_put_string(frame, message->log);
}

bool message_get_state_dir_made(struct frame_in *frame, struct message_state_dir_made *message)
{
    message->request_id = frame_get_u64(frame);
    message->is_made = frame_get_bool(frame);
    frame_get_string(frame, message->log, sizeof(message->log));
    return frame_end(frame);
}

void message_put_worker(struct frame_out *frame, uint16_t type, uint32_t number)
{
    frame_begin(frame, type);
    frame_put_u32(frame, number);
}

bool message_get_worker(struct frame_in *frame, uint32_t *number)
{
    *number = frame_get_u32(frame);
    return frame_end(frame);
}

void message_put_memory(struct frame_out *frame, const void *data, size_t length)
{
    frame_begin(frame, FRAME_MEMORY);
    frame_put_bytes(frame, data, length);
}

bool message_get_memory(struct frame_in *frame, const void **data, size_t *length)
{
    *data = parts_get_view(frame, MESSAGE_MEMORY_MAX, length);
    return frame_end(frame);
}

void message_put_fault(struct frame_out *frame, const char *sentence)
{
    frame_begin(frame, FRAME_FAULT);
    frame_put_bytes(frame, sentence, strnlen(sentence, MESSAGE_TEXT_MAX));
}

bool message_get_fault(struct frame_in *frame, char sentence[MESSAGE_TEXT_MAX + 1])
{
    frame_get_string(frame, sentence, MESSAGE_TEXT_MAX + 1);
    return frame_end(frame);
}

void message_put_ready(struct frame_out *frame, const struct message_ready *message)
{
    frame_begin(frame, FRAME_READY);
    frame_put_string(frame, message->confinement);
}

bool message_get_ready(struct frame_in *frame, struct message_ready *message)
{
    frame_get_string(frame, message->confinement, sizeof(message->confinement));
    return frame_end(frame);
}

void message_put_announcement(struct frame_out *frame, const struct restante_announcement *announcement)
{
    frame_begin(frame, FRAME_ANNOUNCEMENT);
    frame_put_i64(frame, announcement->expire_days);
    parts_put_flag(frame, announcement->expire_differs);
    frame_put_i64(frame, announcement->login_delay_s);
    parts_put_flag(frame, announcement->login_delay_differs);
}

bool message_get_announcement(struct frame_in *frame, struct restante_announcement *announcement)
{
    int64_t expire_days = frame_get_i64(frame);
    announcement->expire_differs = frame_get_bool(frame);
    int64_t login_delay_s = frame_get_i64(frame);
    announcement->login_delay_differs = frame_get_bool(frame);
    if (expire_days < RESTANTE_EXPIRE_NEVER || expire_days > INT32_MAX || login_delay_s < RESTANTE_NO_ANNOUNCEMENT ||
        login_delay_s > INT32_MAX)
        return false;
    announcement->expire_days = (int32_t)expire_days;
    announcement->login_delay_s = (int32_t)login_delay_s;
    return frame_end(frame);
}

void message_put_serve(struct frame_out *frame)
{
    frame_begin(frame, FRAME_SERVE);
}

void message_put_retired(struct frame_out *frame)
{
    frame_begin(frame, FRAME_RETIRED);
}

void message_put_status_wanted(struct frame_out *frame)
{
    frame_begin(frame, FRAME_STATUS_WANTED);
}

void message_put_status(struct frame_out *frame, const struct message_status *message)
{
    frame_begin(frame, FRAME_STATUS);
    frame_put_u64(frame, message->connections);
    frame_put_u64(frame, message->sessions);
    frame_put_u64(frame, message->workers);
    frame_put_u64(frame, message->logins_accepted);
    frame_put_u64(frame, message->logins_denied);
    frame_put_u64(frame, message->logins_failed);
}

bool message_get_status(struct frame_in *frame, struct message_status *message)
{
    message->connections = frame_get_u64(frame);
    message->sessions = frame_get_u64(frame);
    message->workers = frame_get_u64(frame);
    message->logins_accepted = frame_get_u64(frame);
    message->logins_denied = frame_get_u64(frame);
    message->logins_failed = frame_get_u64(frame);
    return frame_end(frame);
}

void message_put_module(struct frame_out *frame, const struct message_module *message)
{
    frame_begin(frame, FRAME_MODULE);
    frame_put_u8(frame, message->kind);
    frame_put_string(frame, message->name);
    frame_put_u32(frame, message->abi_major);
    frame_put_u32(frame, message->abi_minor);
    frame_put_string(frame, message->summary);
    frame_put_string(frame, message->path);
    frame_put_string(frame, message->refusal);
}

bool message_get_module(struct frame_in *frame, struct message_module *message)
{
    message->kind = frame_get_u8(frame);
    frame_get_string(frame, message->name, sizeof(message->name));
    message->abi_major = frame_get_u32(frame);
    message->abi_minor = frame_get_u32(frame);
    frame_get_string(frame, message->summary, sizeof(message->summary));
    frame_get_string(frame, message->path, sizeof(message->path));
    frame_get_string(frame, message->refusal, sizeof(message->refusal));
    return frame_end(frame);
}

void message_put_module_setting(struct frame_out *frame, const struct message_module_setting *message)
{
    frame_begin(frame, FRAME_MODULE_SETTING);
    frame_put_string(frame, message->setting_path);
    frame_put_string(frame, message->value);
    parts_put_flag(frame, message->is_default);
    frame_put_string(frame, message->help);
}

bool message_get_module_setting(struct frame_in *frame, struct message_module_setting *message)
{
    frame_get_string(frame, message->setting_path, sizeof(message->setting_path));
    frame_get_string(frame, message->value, sizeof(message->value));
    message->is_default = frame_get_bool(frame);
    frame_get_string(frame, message->help, sizeof(message->help));
    return frame_end(frame);
}
