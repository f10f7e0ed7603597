/*
 * ipc/channel.h - a SEQPACKET socket between two rooms, driven by libevent.
 *
 * Frames are sent in order and never dropped: what the socket does not take now waits in a queue. What may arrive is
 * a table (ipc/protocol.h); anything else ends the channel. A closed channel calls `closed` once, from the loop or
 * from the call that found it out.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include <event2/event.h>

#include "ipc/frame.h"
#include "ipc/protocol.h"

struct channel;

/* One frame that the table allows. A handler that dislikes it calls channel_refuse. */
typedef void (*channel_receive)(struct channel *channel, struct frame_in *frame, void *context);
/* The other side is gone or broke the rules (`why`); the handler calls channel_close. */
typedef void (*channel_closed)(struct channel *channel, const char *why, void *context);

struct channel *channel_open(struct event_base *base, int fd, enum channel_kind kind, channel_receive receive,
                             channel_closed closed, void *context);
/* Send or queue. Takes over `fd` (or -1): it is closed once it has been passed on, or with the channel. */
void channel_send(struct channel *channel, const struct frame_out *frame, int fd);
/*
 * Handle whatever has arrived by now, without waiting. One buffer receives for every channel of the process: a handler
 * that drains must have copied what it needs of its own frame.
 */
void channel_drain(struct channel *channel);
/* The frame being handled is not acceptable: the channel ends after the handler returns. */
void channel_refuse(struct channel *channel, const char *why);
/* Octets that wait to be sent. */
size_t channel_queued(const struct channel *channel);
/* Try for at most `timeout_ms` to send what is queued (for the last words of a room). */
void channel_flush(struct channel *channel, int timeout_ms);
/* Safe inside receive and closed handlers; closes the descriptor and sets *channel to NULL. */
void channel_close(struct channel **channel);

#endif
