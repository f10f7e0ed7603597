#include "ipc/messages_parts.h"

#include <string.h>

void parts_put_flag(struct frame_out *frame, bool value)
{
    frame_put_u8(frame, value ? 1 : 0);
}

void parts_get_octets(struct frame_in *frame, void *to, size_t length)
{
    size_t got;
    const void *data = frame_get_bytes(frame, &got);
    memset(to, 0, length);
    if (!data || got != length)
        frame->failed = true;
    else
        memcpy(to, data, length);
}

/* A view of at most `limit` octets. */
const void *parts_get_view(struct frame_in *frame, size_t limit, size_t *length)
{
    const void *data = frame_get_bytes(frame, length);
    if (*length > limit) {
        frame->failed = true;
        *length = 0;
    }
    return data;
}

void parts_put_text(struct frame_out *frame, const char *text)
{
    frame_put_bytes(frame, text, strlen(text) + 1);
}

const char *parts_get_text(struct frame_in *frame, size_t limit)
{
    size_t length;
    const char *text = frame_get_bytes(frame, &length);
    if (text && length > 0 && length <= limit + 1 && memchr(text, '\0', length) == text + length - 1)
        return text;
    frame->failed = true;
    return "";
}

void parts_put_groups(struct frame_out *frame, const uint32_t *groups, uint32_t count)
{
    frame_put_u32(frame, count);
    for (uint32_t i = 0; i < count; i++)
        frame_put_u32(frame, groups[i]);
}

uint32_t parts_get_groups(struct frame_in *frame, uint32_t groups[RESTANTE_GROUPS_MAX])
{
    uint32_t count = frame_get_u32(frame);
    if (count > RESTANTE_GROUPS_MAX) {
        frame->failed = true;
        return 0;
    }
    for (uint32_t i = 0; i < count; i++)
        groups[i] = frame_get_u32(frame);
    return count;
}

void parts_put_account(struct frame_out *frame, const struct restante_account *account)
{
    frame_put_string(frame, account->user);
    parts_put_flag(frame, account->has_ids);
    frame_put_u32(frame, account->uid);
    frame_put_u32(frame, account->gid);
    parts_put_groups(frame, account->groups, account->groups_count);
    frame_put_string(frame, account->home);
    frame_put_string(frame, account->storage);
}

void parts_get_account(struct frame_in *frame, struct restante_account *account)
{
    memset(account, 0, sizeof(*account));
    frame_get_string(frame, account->user, sizeof(account->user));
    account->has_ids = frame_get_bool(frame);
    account->uid = frame_get_u32(frame);
    account->gid = frame_get_u32(frame);
    account->groups_count = parts_get_groups(frame, account->groups);
    frame_get_string(frame, account->home, sizeof(account->home));
    frame_get_string(frame, account->storage, sizeof(account->storage));
}

void parts_put_session(struct frame_out *frame, const struct message_session *session)
{
    frame_put_string(frame, session->id);
    frame_put_string(frame, session->peer);
    frame_put_string(frame, session->mechanism);
    frame_put_string(frame, session->tls);
}

void parts_get_session(struct frame_in *frame, struct message_session *session)
{
    frame_get_string(frame, session->id, sizeof(session->id));
    frame_get_string(frame, session->peer, sizeof(session->peer));
    frame_get_string(frame, session->mechanism, sizeof(session->mechanism));
    frame_get_string(frame, session->tls, sizeof(session->tls));
}
