#include "frontend_bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/log.h"

static void auth_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct bench *bench = context;
    struct message_exchange exchange;
    uint64_t id;
    (void)channel;
    switch (frame->type) {
    case FRAME_OPENED:
        assert_true(message_get_opened(frame, &id, bench->opened_peer));
        bench->opened++;
        break;
    case FRAME_CLOSED:
        assert_true(message_get_closed(frame, &id));
        bench->closed++;
        break;
    case FRAME_LOGIN:
        assert_true(message_get_login(frame, &bench->login));
        bench->response_length = bench->login.response_length;
        memcpy(bench->response, bench->login.response, bench->response_length);
        bench->logins++;
        break;
    case FRAME_RESPONSE:
        assert_true(message_get_exchange(frame, &exchange));
        assert_int_equal(exchange.request_id, bench->login.request_id);
        bench->response_length = exchange.length;
        memcpy(bench->response, exchange.data, exchange.length);
        bench->responses++;
        break;
    default:
        fail_msg("frame %u for auth", frame->type);
    }
}

static void nursery_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct bench *bench = context;
    (void)channel;
    assert_int_equal(frame->type, FRAME_HANDOVER);
    assert_true(message_get_handover(frame, &bench->handover));
    memcpy(bench->input, bench->handover.input, bench->handover.input_length);
    fd_close(&bench->worker_fd);
    bench->worker_fd = frame->fd;
    frame->fd = -1;
    bench->handovers++;
}

static void other_side_closed(struct channel *channel, const char *why, void *context)
{
    struct bench *bench = context;
    (void)why;
    channel_close(channel == bench->auth ? &bench->auth : &bench->nursery);
}

void bench_connect_auth(struct bench *bench)
{
    int pair[2];
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    bench->auth = channel_open(bench->base, pair[0], CHANNEL_AUTH_FROM_FRONTEND, auth_receive, other_side_closed,
                               bench);
    assert_true(rooms_connect(&bench->frontend.rooms, ROOM_AUTH, pair[1]));
}

void bench_connect_nursery(struct bench *bench)
{
    int pair[2];
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    bench->nursery = channel_open(bench->base, pair[0], CHANNEL_NURSERY_FROM_FRONTEND, nursery_receive,
                                  other_side_closed, bench);
    assert_true(rooms_connect(&bench->frontend.rooms, ROOM_NURSERY, pair[1]));
}

static void on_drained(void *context)
{
    struct bench *bench = context;
    assert_false(bench->is_drained);
    bench->is_drained = true;
}

int bench_open(void **state)
{
    struct bench *bench = alloc_zeroed(sizeof(*bench));
    log_set_level(RESTANTE_ERROR); /* what is tested on purpose need not be read */
    bench->base = event_base_new();
    bench->client_fd = bench->worker_fd = -1;
    bench->client_context = tls_fixture_client_context();
    frontend_open(&bench->frontend, bench->base);
    bench->frontend.settings = (struct frontend_settings){
        .authorization = {.hostname = "mail.example.org", .bad_commands = 10, .failed_logins = 3},
        .plaintext = FRONTEND_PLAINTEXT_LOOPBACK,
        .login_ms = 60000,
        .tls_handshake_ms = 30000,
        .connections = 1000,
    };
    bench->frontend.tls = tls_fixture_context("1.2");
    bench->frontend.drained = on_drained;
    bench->frontend.context = bench;
    bench->frontend.room_id = 3;
    bench->frontend.started_s = 0x674a1b2c;
    bench_connect_auth(bench);
    bench_connect_nursery(bench);
    *state = bench;
    return 0;
}

int bench_close(void **state)
{
    struct bench *bench = *state;
    frontend_close(&bench->frontend);
    channel_close(&bench->auth);
    channel_close(&bench->nursery);
    SSL_free(bench->client);
    SSL_CTX_free(bench->client_context);
    fd_close(&bench->client_fd);
    fd_close(&bench->worker_fd);
    event_base_free(bench->base);
    free(bench);
    return 0;
}

void bench_arrive(struct bench *bench, const char *address, enum listener_tls tls)
{
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct peer peer;
    int pair[2];
    if (inet_pton(AF_INET, address, &ipv4.sin_addr) == 1)
        peer_set(&peer, (const struct sockaddr *)&ipv4);
    else if (inet_pton(AF_INET6, address, &ipv6.sin6_addr) == 1)
        peer_set(&peer, (const struct sockaddr *)&ipv6);
    else
        fail_msg("%s is no address", address);
    SSL_free(bench->client);
    bench->client = NULL;
    bench->is_hung_up = false;
    fd_close(&bench->client_fd);
    assert_true(fd_pair(SOCK_STREAM, pair));
    assert_true(fd_set_nonblocking(pair[0], true) && fd_set_nonblocking(pair[1], true));
    bench->client_fd = pair[0];
    struct connection_entry entry = {.port = 110, .tls = tls, .expects_proxy = bench->expects_proxy};
    connection_open(&bench->frontend, pair[1], &peer, &entry);
}

/* What the client can read now; true when there was something. */
static bool client_read(struct bench *bench)
{
    char *to = bench->heard + bench->heard_length;
    size_t room = sizeof(bench->heard) - bench->heard_length - 1, got = 0;
    if (bench->client_fd < 0 || bench->is_hung_up)
        return false;
    assert_true(room > 0);
    if (bench->client) {
        if (SSL_read_ex(bench->client, to, room, &got) != 1 &&
            SSL_get_error(bench->client, 0) != SSL_ERROR_WANT_READ)
            bench->is_hung_up = true;
    } else {
        ssize_t result = recv(bench->client_fd, to, room, 0);
        bench->is_hung_up = result == 0 || (result < 0 && errno != EAGAIN);
        bench->was_reset = result < 0 && errno == ECONNRESET;
        got = result > 0 ? (size_t)result : 0;
    }
    bench->heard_length += got;
    return got > 0;
}

void bench_turn(struct bench *bench)
{
    for (int i = 0; i < 20; i++)
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

void bench_wait(struct bench *bench)
{
    event_base_loop(bench->base, EVLOOP_ONCE);
    client_read(bench);
}

static void bench_read(struct bench *bench)
{
    do
        bench_turn(bench);
    while (client_read(bench));
}

bool bench_agree(struct bench *bench)
{
    bench->client = tls_fixture_client(bench->client_context, bench->client_fd);
    for (int i = 0; i < 10; i++) {
        if (SSL_do_handshake(bench->client) == 1)
            return true;
        bench_turn(bench);
    }
    return false;
}

void bench_say(struct bench *bench, const char *text)
{
    size_t length = strlen(text), done = 0;
    while (done < length) {
        size_t sent = 0;
        if (bench->client) {
            assert_int_equal(SSL_write_ex(bench->client, text + done, length - done, &sent), 1);
        } else {
            ssize_t result = send(bench->client_fd, text + done, length - done, MSG_NOSIGNAL);
            assert_true(result > 0);
            sent = (size_t)result;
        }
        done += sent;
    }
    bench_read(bench);
}

void bench_heard(struct bench *bench, const char *text)
{
    bench_read(bench);
    bench->heard[bench->heard_length] = '\0';
    assert_string_equal(bench->heard, text);
    bench->heard_length = 0;
}

void bench_heard_line(struct bench *bench, const char *start)
{
    bench_read(bench);
    bench->heard[bench->heard_length] = '\0';
    if (strncmp(bench->heard, start, strlen(start)) != 0)
        fail_msg("\"%.200s\" does not begin with \"%s\"", bench->heard, start);
    bench->heard_length = 0;
}

void bench_verdict(struct bench *bench, uint64_t request_id, enum restante_status status, uint8_t token)
{
    struct message_verdict message = {.request_id = request_id, .status = (uint8_t)status};
    struct frame_out frame = {0};
    memset(message.token, token, sizeof(message.token));
    message_put_verdict(&frame, &message);
    channel_send(bench->auth, &frame, -1);
    frame_free(&frame);
    bench_turn(bench);
}

void bench_log_in(struct bench *bench, const char *behind)
{
    char text[512];
    int logins = bench->logins;
    bench_heard_line(bench, "+OK ");
    snprintf(text, sizeof(text), "USER alice\r\nPASS two words\r\n%s", behind);
    bench_say(bench, text);
    bench_heard_line(bench, "+OK");
    assert_int_equal(bench->logins, logins + 1);
}

struct connection *bench_connection(struct bench *bench)
{
    return LIST_FIRST(&bench->frontend.connections);
}
