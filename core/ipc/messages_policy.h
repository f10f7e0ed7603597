/*
 * ipc/messages_policy.h - frames of a policy room: files to look at, and what is found.
 */
#ifndef IPC_MESSAGES_POLICY_H
#define IPC_MESSAGES_POLICY_H

#include "ipc/frame.h"
#include "ipc/messages.h"

/* FRAME_POLICY_FILE: the room takes them in their order, after SERVE. */
enum policy_operation { POLICY_CHECK = 0, POLICY_TEST };
struct message_policy_file {
    uint8_t operation; /* enum policy_operation */
    char driver[64];
    char path[MESSAGE_TEXT_MAX + 1]; /* absolute */
};
void message_put_policy_file(struct frame_out *frame, const struct message_policy_file *message);
bool message_get_policy_file(struct frame_in *frame, struct message_policy_file *message);

/* FRAME_POLICY_REPORT */
struct message_policy_report {
    uint8_t result; /* enum restante_policy_result */
    char text[MESSAGE_TEXT_MAX + 1];
};
void message_put_policy_report(struct frame_out *frame, const struct message_policy_report *message);
bool message_get_policy_report(struct frame_in *frame, struct message_policy_report *message);

#endif
