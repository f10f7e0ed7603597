/*
 * A channel in a room's event loop. Bounded work per wake-up, so that one busy channel cannot starve the others.
 */
#include "ipc/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fd.h"

enum { CHANNEL_FRAMES_PER_WAKE = 64, CHANNEL_REASON_MAX = 160 };

struct channel_pending {
    struct channel_pending *next;
    int fd;
    size_t length;
    char data[];
};

struct channel {
    int fd;
    enum channel_kind kind;
    channel_receive receive;
    channel_closed closed;
    void *context;
    struct event *readable, *writable;
    struct channel_pending *first, **last;
    size_t queued_octets;
    unsigned depth; /* handlers of this channel that are running: it is freed when the last returns */
    bool is_ended;  /* `closed` was called, or channel_close */
    bool is_closed; /* by channel_close */
    char refusal[CHANNEL_REASON_MAX];
};

/* The process reads one frame at a time: one buffer serves every channel. Grown once, to its final size. */
static uint8_t *channel_buffer(void)
{
    static uint8_t *buffer;
    if (!buffer)
        buffer = alloc_array(FRAME_MAX, 1);
    return buffer;
}

static void channel_forget_queue(struct channel *channel)
{
    while (channel->first) {
        struct channel_pending *pending = channel->first;
        channel->first = pending->next;
        fd_close(&pending->fd);
        explicit_bzero(pending->data, pending->length);
        free(pending);
    }
    channel->last = &channel->first;
    channel->queued_octets = 0;
}

static void channel_free_if_unused(struct channel *channel)
{
    if (channel->depth == 0 && channel->is_closed)
        free(channel);
}

static void channel_stop(struct channel *channel)
{
    if (channel->readable)
        event_free(channel->readable);
    if (channel->writable)
        event_free(channel->writable);
    channel->readable = channel->writable = NULL;
}

/* The channel is of no more use: say so once. */
static void channel_end(struct channel *channel, const char *why)
{
    if (channel->is_ended)
        return;
    channel->is_ended = true;
    channel_stop(channel);
    channel->depth++;
    channel->closed(channel, why, channel->context);
    channel->depth--;
}

/* Send one frame; false with errno. */
static bool channel_write(int fd, const void *data, size_t length, int passed)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (passed >= 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = control.space;
        message.msg_controllen = sizeof(control.space);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &passed, sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/* Full queues and descriptors in flight at their limit pass: wait, do not drop. */
static bool channel_should_wait(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ETOOMANYREFS;
}

static void channel_enqueue(struct channel *channel, const void *data, size_t length, int fd)
{
    struct channel_pending *pending = alloc_zeroed(sizeof(*pending) + length);
    memcpy(pending->data, data, length);
    pending->length = length;
    pending->fd = fd;
    *channel->last = pending;
    channel->last = &pending->next;
    channel->queued_octets += length;
    event_add(channel->writable, NULL);
}

static void channel_pop(struct channel *channel)
{
    struct channel_pending *pending = channel->first;
    channel->first = pending->next;
    if (!channel->first)
        channel->last = &channel->first;
    channel->queued_octets -= pending->length;
    fd_close(&pending->fd);
    explicit_bzero(pending->data, pending->length);
    free(pending);
}

static void channel_send_queue(struct channel *channel)
{
    while (channel->first && !channel->is_ended) {
        if (!channel_write(channel->fd, channel->first->data, channel->first->length, channel->first->fd)) {
            if (!channel_should_wait(errno))
                channel_end(channel, strerror(errno));
            return;
        }
        channel_pop(channel);
    }
    if (!channel->first && channel->writable)
        event_del(channel->writable);
}

void channel_send(struct channel *channel, const struct frame_out *frame, int fd)
{
    const char *data = buf_head(&frame->buf);
    size_t length = buf_length(&frame->buf);
    if (length > FRAME_MAX)
        abort(); /* every message has limits that keep it below */
    if (channel->is_ended) {
        fd_close(&fd);
        return;
    }
    if (!channel->first && channel_write(channel->fd, data, length, fd)) {
        fd_close(&fd);
        return;
    }
    if (!channel->first && !channel_should_wait(errno)) {
        fd_close(&fd);
        /* The end is told from the loop, never from inside a send: callers need not expect it here. */
        event_active(channel->readable, EV_READ, 0);
        return;
    }
    channel_enqueue(channel, data, length, fd);
}

/* The descriptor that came with a message; further ones, which no frame has, are closed. */
static int channel_take_fd(struct msghdr *message)
{
    int taken = -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (taken < 0)
                taken = fd;
            else
                fd_close(&fd);
        }
    }
    return taken;
}

/* A frame as it came. TRUST: from another room; the table decides before any handler sees it. */
static void channel_handle(struct channel *channel, const uint8_t *data, size_t length, int fd)
{
    struct frame_in frame;
    if (!frame_parse(&frame, data, length, fd) || !protocol_allows(channel->kind, frame.type, fd >= 0)) {
        char why[CHANNEL_REASON_MAX];
        snprintf(why, sizeof(why), "frame %s %s is not allowed from %s", protocol_frame_name(frame.type),
                 fd >= 0 ? "with a descriptor" : "without a descriptor", protocol_channel_name(channel->kind));
        fd_close(&fd);
        channel_end(channel, why);
        return;
    }
    channel->receive(channel, &frame, channel->context);
    fd_close(&frame.fd);
    if (channel->refusal[0] && !channel->is_ended)
        channel_end(channel, channel->refusal);
}

/* Receive and handle one frame; false when none is there now or the channel has ended. */
static bool channel_step(struct channel *channel)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(4 * sizeof(int))];
    } control;
    uint8_t *buffer = channel_buffer();
    struct iovec part = {.iov_base = buffer, .iov_len = FRAME_MAX};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof(control.space)};
    ssize_t got = recvmsg(channel->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        if (errno == EINTR)
            return true;
        if (!channel_should_wait(errno))
            channel_end(channel, strerror(errno));
        return false;
    }
    int fd = message.msg_controllen > 0 ? channel_take_fd(&message) : -1;
    if (got == 0) {
        fd_close(&fd);
        channel_end(channel, "the other room has closed it");
        return false;
    }
    if (message.msg_flags & MSG_TRUNC) {
        fd_close(&fd);
        channel_end(channel, "frame too large");
        return false;
    }
    /* At its descriptor limit the kernel drops the descriptor: the frame then fails the table, as a peer's fault
     * would. The limit is set far above what a room may hold, so this is the end of a broken room. */
    channel_handle(channel, buffer, (size_t)got, fd);
    explicit_bzero(buffer, (size_t)got); /* frames carry secrets, and the next one may be shorter */
    return !channel->is_ended;
}

static void channel_read_some(struct channel *channel, unsigned limit)
{
    channel->depth++;
    for (unsigned i = 0; i < limit && !channel->is_ended; i++) {
        if (!channel_step(channel))
            break;
    }
    channel->depth--;
    channel_free_if_unused(channel);
}

static void channel_on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    channel_read_some(context, CHANNEL_FRAMES_PER_WAKE);
}

static void channel_on_writable(evutil_socket_t fd, short what, void *context)
{
    struct channel *channel = context;
    (void)fd;
    (void)what;
    channel->depth++;
    channel_send_queue(channel);
    channel->depth--;
    channel_free_if_unused(channel);
}

struct channel *channel_open(struct event_base *base, int fd, enum channel_kind kind, channel_receive receive,
                             channel_closed closed, void *context)
{
    struct channel *channel = alloc_zeroed(sizeof(*channel));
    *channel = (struct channel){
        .fd = fd, .kind = kind, .receive = receive, .closed = closed, .context = context};
    channel->last = &channel->first;
    channel->readable = event_new(base, fd, EV_READ | EV_PERSIST, channel_on_readable, channel);
    channel->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, channel_on_writable, channel);
    if (!channel->readable || !channel->writable || event_add(channel->readable, NULL) != 0)
        abort();
    return channel;
}

void channel_drain(struct channel *channel)
{
    if (!channel->is_ended)
        channel_read_some(channel, UINT32_MAX);
}

void channel_refuse(struct channel *channel, const char *why)
{
    snprintf(channel->refusal, sizeof(channel->refusal), "%s", why);
}

size_t channel_queued(const struct channel *channel)
{
    return channel->queued_octets;
}

void channel_flush(struct channel *channel, int timeout_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    channel->depth++;
    while (channel->first && !channel->is_ended) {
        struct pollfd wait = {.fd = channel->fd, .events = POLLOUT};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) <= 0)
            break;
        channel_send_queue(channel);
    }
    channel->depth--;
    channel_free_if_unused(channel);
}

void channel_close(struct channel **channel)
{
    struct channel *closing = *channel;
    if (!closing)
        return;
    *channel = NULL;
    closing->is_ended = closing->is_closed = true;
    channel_stop(closing);
    channel_forget_queue(closing);
    fd_close(&closing->fd);
    channel_free_if_unused(closing);
}
