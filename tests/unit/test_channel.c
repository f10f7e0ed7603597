#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "ipc/messages.h"
#include "util/fd.h"

struct side {
    struct channel *channel;
    unsigned received, ended;
    uint64_t last_id;
    int fd;
    bool close_in_handler, refuse;
    char why[160];
};

static struct event_base *base;

static void receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct side *side = context;
    struct message_handover handover;
    uint64_t id;
    side->received++;
    if (frame->type == FRAME_HANDOVER) {
        assert_true(message_get_handover(frame, &handover));
        side->fd = frame->fd;
        frame->fd = -1;
    } else {
        assert_true(message_get_closed(frame, &id));
        assert_true(id == side->last_id + 1); /* in order, none lost */
        side->last_id = id;
    }
    if (side->refuse)
        channel_refuse(channel, "not liked");
    if (side->close_in_handler)
        channel_close(&side->channel);
}

static void closed(struct channel *channel, const char *why, void *context)
{
    struct side *side = context;
    (void)channel;
    side->ended++;
    snprintf(side->why, sizeof(side->why), "%s", why);
    channel_close(&side->channel);
}

static void open_sides(struct side *a, enum channel_kind a_kind, struct side *b, enum channel_kind b_kind)
{
    int pair[2];
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    *a = *b = (struct side){.fd = -1};
    a->channel = channel_open(base, pair[0], a_kind, receive, closed, a);
    b->channel = channel_open(base, pair[1], b_kind, receive, closed, b);
}

static void run(void)
{
    for (int i = 0; i < 200; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static void send_closed(struct channel *channel, uint64_t id)
{
    struct frame_out frame = {0};
    message_put_closed(&frame, id);
    channel_send(channel, &frame, -1);
    frame_free(&frame);
}

/* Far more frames than the socket takes: they wait and arrive in order. */
static void full_queue_waits_and_keeps_order(void **state)
{
    struct side frontend, auth;
    (void)state;
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_AUTH, &auth, CHANNEL_AUTH_FROM_FRONTEND);
    for (uint64_t id = 1; id <= 5000; id++)
        send_closed(frontend.channel, id);
    assert_true(channel_queued(frontend.channel) > 0);
    run();
    assert_int_equal(auth.received, 5000);
    assert_true(channel_queued(frontend.channel) == 0);
    channel_close(&frontend.channel);
    run();
    assert_int_equal(auth.ended, 1);
}

static void descriptor_travels_with_its_frame(void **state)
{
    struct side frontend, nursery;
    struct message_handover handover = {.connection_id = 1, .input = "x", .input_length = 1};
    struct frame_out frame = {0};
    int ends[2];
    char byte = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_NURSERY, &nursery, CHANNEL_NURSERY_FROM_FRONTEND);
    message_put_handover(&frame, &handover);
    channel_send(frontend.channel, &frame, ends[1]);
    run();
    assert_int_equal(nursery.received, 1);
    assert_true(nursery.fd >= 0);
    assert_int_equal(write(nursery.fd, "y", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_true(byte == 'y');
    close(nursery.fd);
    /* The sender's copy was closed once it was passed on: the pipe has no writer left. */
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    frame_free(&frame);
    channel_close(&frontend.channel);
    channel_close(&nursery.channel);
}

static void frame_outside_the_table_ends_the_channel(void **state)
{
    struct side frontend, nursery;
    (void)state;
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_NURSERY, &nursery, CHANNEL_NURSERY_FROM_FRONTEND);
    send_closed(frontend.channel, 1);
    run();
    assert_int_equal(nursery.received, 0);
    assert_int_equal(nursery.ended, 1);
    assert_non_null(strstr(nursery.why, "frame closed without a descriptor is not allowed"));
    assert_int_equal(frontend.ended, 1);
}

static void handlers_may_refuse_or_close(void **state)
{
    struct side frontend, auth;
    (void)state;
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_AUTH, &auth, CHANNEL_AUTH_FROM_FRONTEND);
    auth.refuse = true;
    send_closed(frontend.channel, 1);
    send_closed(frontend.channel, 2);
    run();
    assert_int_equal(auth.received, 1);
    assert_string_equal(auth.why, "not liked");
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_AUTH, &auth, CHANNEL_AUTH_FROM_FRONTEND);
    auth.close_in_handler = true;
    send_closed(frontend.channel, 1);
    send_closed(frontend.channel, 2);
    run();
    assert_int_equal(auth.received, 1);
    assert_int_equal(auth.ended, 0);
    assert_null(auth.channel);
    assert_int_equal(frontend.ended, 1);
}

static void sending_to_a_dead_room_ends_quietly(void **state)
{
    struct side frontend, auth;
    (void)state;
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_AUTH, &auth, CHANNEL_AUTH_FROM_FRONTEND);
    channel_close(&auth.channel);
    send_closed(frontend.channel, 1);
    send_closed(frontend.channel, 2);
    assert_int_equal(frontend.ended, 0); /* never from inside a send */
    run();
    assert_int_equal(frontend.ended, 1);
}

static void drain_handles_what_has_arrived(void **state)
{
    struct side frontend, auth;
    (void)state;
    open_sides(&frontend, CHANNEL_FRONTEND_FROM_AUTH, &auth, CHANNEL_AUTH_FROM_FRONTEND);
    for (uint64_t id = 1; id <= 100; id++)
        send_closed(frontend.channel, id);
    channel_drain(auth.channel);
    assert_int_equal(auth.received, 100);
    channel_close(&frontend.channel);
    channel_close(&auth.channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_queue_waits_and_keeps_order),
        cmocka_unit_test(descriptor_travels_with_its_frame),
        cmocka_unit_test(frame_outside_the_table_ends_the_channel),
        cmocka_unit_test(handlers_may_refuse_or_close),
        cmocka_unit_test(sending_to_a_dead_room_ends_quietly),
        cmocka_unit_test(drain_handles_what_has_arrived),
    };
    base = event_base_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    event_base_free(base);
    return failed;
}
