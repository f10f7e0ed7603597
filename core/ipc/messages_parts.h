/*
 * ipc/messages_parts.h - fields that several messages share. For messages*.c only.
 */
#ifndef IPC_MESSAGES_PARTS_H
#define IPC_MESSAGES_PARTS_H

#include "ipc/messages.h"

void parts_put_flag(struct frame_out *frame, bool value);
/* Exactly `length` octets. */
void parts_get_octets(struct frame_in *frame, void *to, size_t length);
/* A view of at most `limit` octets. */
const void *parts_get_view(struct frame_in *frame, size_t limit, size_t *length);
/* A text that stays in the frame: read as a view with its NUL, of at most `limit` characters; "" when it fails. */
void parts_put_text(struct frame_out *frame, const char *text);
const char *parts_get_text(struct frame_in *frame, size_t limit);
void parts_put_groups(struct frame_out *frame, const uint32_t *groups, uint32_t count);
uint32_t parts_get_groups(struct frame_in *frame, uint32_t groups[RESTANTE_GROUPS_MAX]);
void parts_put_account(struct frame_out *frame, const struct restante_account *account);
void parts_get_account(struct frame_in *frame, struct restante_account *account);
void parts_put_session(struct frame_out *frame, const struct message_session *session);
void parts_get_session(struct frame_in *frame, struct message_session *session);
/* Its texts are views into the frame. */
void parts_put_owner(struct frame_out *frame, const struct message_owner *owner);
void parts_get_owner(struct frame_in *frame, struct message_owner *owner);

#endif
