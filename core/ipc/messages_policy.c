#include "ipc/messages_policy.h"

#include <restante/policy.h>

#include "ipc/protocol.h"

void message_put_policy_file(struct frame_out *frame, const struct message_policy_file *message)
{
    frame_begin(frame, FRAME_POLICY_FILE);
    frame_put_u8(frame, message->operation);
    frame_put_string(frame, message->driver);
    frame_put_string(frame, message->path);
}

bool message_get_policy_file(struct frame_in *frame, struct message_policy_file *message)
{
    message->operation = frame_get_u8(frame);
    frame_get_string(frame, message->driver, sizeof(message->driver));
    frame_get_string(frame, message->path, sizeof(message->path));
    return frame_end(frame) && message->operation <= POLICY_TEST && message->path[0] == '/';
}

void message_put_policy_report(struct frame_out *frame, const struct message_policy_report *message)
{
    frame_begin(frame, FRAME_POLICY_REPORT);
    frame_put_u8(frame, message->result);
    frame_put_string(frame, message->text);
}

bool message_get_policy_report(struct frame_in *frame, struct message_policy_report *message)
{
    message->result = frame_get_u8(frame);
    frame_get_string(frame, message->text, sizeof(message->text));
    return frame_end(frame) && message->result <= RESTANTE_POLICY_NOTE;
}
