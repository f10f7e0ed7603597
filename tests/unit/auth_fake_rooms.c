/*
 * Fake rooms. Linked with --wrap=channel_send: in one process only the order of sending shows which frame was first.
 */
#include "unit.h"

#include "auth_fake_rooms.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/log.h"

struct event_base *base;
struct auth_dispatcher *dispatcher;
struct fake_frontend frontend, second;
struct fake_nursery nursery;
struct fake_worker workers[3];
struct auth_settings fake_settings;
struct auth_pool_settings fake_pool;
struct fake_master master;
size_t identities_sent, verdicts_sent_ok;
static int log_pipe[2];
static char logged[65536];
static size_t logged_length;

static int join(uint8_t peer, uint32_t id, uint32_t entry)
{
    int pair[2];
    struct message_channel message = {.peer = peer, .peer_id = id, .peer_entry = entry};
    assert_true(fd_pair(SOCK_SEQPACKET, pair));
    assert_true(auth_dispatcher_join(dispatcher, &message, pair[0]));
    return pair[1];
}

/* Everything is in this process: after some turns of the loop nothing but timers is left to happen. */
void settle(void)
{
    for (int i = 0; i < 50; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

void __real_channel_send(struct channel *channel, const struct frame_out *frame, int fd);
void __wrap_channel_send(struct channel *channel, const struct frame_out *frame, int fd);

void __wrap_channel_send(struct channel *channel, const struct frame_out *frame, int fd)
{
    struct frame_in sent;
    struct message_verdict verdict;
    assert_true(frame_parse(&sent, buf_head(&frame->buf), buf_length(&frame->buf), -1));
    if (sent.type == FRAME_IDENTITY)
        identities_sent++;
    if (sent.type == FRAME_VERDICT && message_get_verdict(&sent, &verdict) && verdict.status == RESTANTE_OK)
        assert_true(++verdicts_sent_ok <= identities_sent);
    __real_channel_send(channel, frame, fd);
}

/* --- the fake rooms ------------------------------------------------------------------------------------------- */

void answer(struct fake_worker *worker, enum restante_status status, const char *why)
{
    struct frame_out frame = {0};
    struct message_verified verified = {.request_id = worker->verify.request_id, .status = (uint8_t)status};
    if (status == RESTANTE_OK) {
        snprintf(verified.account.user, sizeof(verified.account.user), "canonical-%.200s", worker->verify.user);
        verified.account.has_ids = true;
        verified.account.uid = verified.account.gid = 1001;
    }
    snprintf(verified.log, sizeof(verified.log), "%s", why);
    message_put_verified(&frame, &verified);
    channel_send(worker->channel, &frame, -1);
    frame_free(&frame);
}

static void worker_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct fake_worker *worker = context;
    (void)channel;
    assert_true(message_get_verify(frame, &worker->verify));
    worker->asked++;
    switch (worker->verify.user[0]) {
    case 'y':
        answer(worker, RESTANTE_OK, "");
        break;
    case 'n':
        answer(worker, RESTANTE_DENIED, "wrong secret");
        break;
    case 'l':
        answer(worker, RESTANTE_TEMPORARY, "the directory is down");
        break;
    case 'p':
        answer(worker, RESTANTE_PERMANENT, "uid 0");
        break;
    default:
        break;
    }
}

static void worker_closed(struct channel *channel, const char *why, void *context)
{
    struct fake_worker *worker = context;
    (void)channel;
    (void)why;
    channel_close(&worker->channel);
}

void add_worker(struct fake_worker *worker, uint32_t entry)
{
    add_worker_as(worker, entry, 100 + entry);
}

void add_worker_as(struct fake_worker *worker, uint32_t entry, uint32_t room_id)
{
    int fd = join(ROOM_AUTH_WORKER, room_id, entry);
    memset(worker, 0, sizeof(*worker));
    worker->channel = channel_open(base, fd, CHANNEL_WORKER_FROM_AUTH, worker_receive, worker_closed, worker);
}

static void nursery_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct fake_nursery *receiver = context;
    (void)channel;
    assert_true(receiver->count < RECEIVED_MAX);
    assert_true(message_get_identity(frame, &receiver->identities[receiver->count++]));
}

static void nursery_closed(struct channel *channel, const char *why, void *context)
{
    struct fake_nursery *receiver = context;
    (void)channel;
    (void)why;
    channel_close(&receiver->channel);
}

void add_nursery(void)
{
    int fd = join(ROOM_NURSERY, 200, 0);
    memset(&nursery, 0, sizeof(nursery));
    nursery.channel =
        channel_open(base, fd, CHANNEL_NURSERY_FROM_AUTH, nursery_receive, nursery_closed, &nursery);
}

const struct message_identity *find_identity(const uint8_t *token)
{
    for (size_t i = 0; i < nursery.count; i++) {
        if (memcmp(nursery.identities[i].token, token, MESSAGE_TOKEN_OCTETS) == 0)
            return &nursery.identities[i];
    }
    return NULL;
}

static void frontend_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct fake_frontend *receiver = context;
    uint64_t connection_id;
    (void)channel;
    if (frame->type == FRAME_REFUSED) {
        assert_true(message_get_refused(frame, &connection_id));
        receiver->refused_count++;
        return;
    }
    assert_true(receiver->verdicts_count < RECEIVED_MAX);
    struct message_verdict *verdict = &receiver->verdicts[receiver->verdicts_count++];
    assert_true(message_get_verdict(frame, verdict));
    /* The nursery's rule: a token that is unknown after a drain is a lie. */
    if (verdict->status == RESTANTE_OK && nursery.channel) {
        channel_drain(nursery.channel);
        assert_non_null(find_identity(verdict->token));
    }
}

static void frontend_closed(struct channel *channel, const char *why, void *context)
{
    struct fake_frontend *receiver = context;
    (void)channel;
    (void)why;
    receiver->is_closed = true;
    channel_close(&receiver->channel);
}

void add_frontend(struct fake_frontend *added, uint32_t id)
{
    int fd = join(ROOM_FRONTEND, id, 0);
    memset(added, 0, sizeof(*added));
    added->channel = channel_open(base, fd, CHANNEL_FRONTEND_FROM_AUTH, frontend_receive, frontend_closed, added);
}

void send_opened(struct fake_frontend *from, uint64_t connection_id)
{
    struct frame_out frame = {0};
    message_put_opened(&frame, connection_id, "192.0.2.7");
    channel_send(from->channel, &frame, -1);
    frame_free(&frame);
}

void send_closed(struct fake_frontend *from, uint64_t connection_id)
{
    struct frame_out frame = {0};
    message_put_closed(&frame, connection_id);
    channel_send(from->channel, &frame, -1);
    frame_free(&frame);
}

void send_login_as(struct fake_frontend *from, uint64_t request_id, uint64_t connection_id, const char *user)
{
    struct frame_out frame = {0};
    char response[300];
    int length = snprintf(response, sizeof(response), "%s%cSesame", user, 0);
    struct message_login login = {
        .request_id = request_id,
        .connection_id = connection_id,
        .session = {.id = "s1", .peer = "192.0.2.7", .mechanism = "USER"},
        .response = response,
        .response_length = (size_t)length,
    };
    message_put_login(&frame, &login);
    channel_send(from->channel, &frame, -1);
    frame_free(&frame);
}

/* Opens the connection too. */
void send_login(struct fake_frontend *from, uint64_t connection_id, const char *user)
{
    send_opened(from, connection_id);
    send_login_as(from, ++from->last_request_id, connection_id, user);
}

void send_response(struct fake_frontend *from, uint64_t request_id)
{
    struct frame_out frame = {0};
    struct message_exchange exchange = {.request_id = request_id, .data = "x", .length = 1};
    message_put_response(&frame, &exchange);
    channel_send(from->channel, &frame, -1);
    frame_free(&frame);
}

void send_session_ended(uint32_t frontend_id, uint64_t connection_id)
{
    struct frame_out frame = {0};
    message_put_session_ended(&frame, frontend_id, connection_id);
    channel_send(nursery.channel, &frame, -1);
    frame_free(&frame);
}

void send_session_open(uint32_t frontend_id, uint64_t connection_id, const char *user)
{
    struct frame_out frame = {0};
    message_put_session_open(&frame, frontend_id, connection_id, "192.0.2.7", user);
    channel_send(nursery.channel, &frame, -1);
    frame_free(&frame);
}

/* How often a login's line with this result has been logged since open_all. Fails when the secret has. */
size_t count_logged(const char *result)
{
    ssize_t got;
    size_t count = 0, length = strlen(result);
    while ((got = read(log_pipe[0], logged + logged_length, sizeof(logged) - logged_length)) > 0)
        logged_length += (size_t)got;
    char needle[64] = "result";
    memcpy(needle + 7, result, length + 1);
    const char *at = logged;
    while ((at = memmem(at, logged_length - (size_t)(at - logged), needle, 7 + length + 1))) {
        count++;
        at++;
    }
    assert_null(memmem(logged, logged_length, "Sesame", 6));
    return count;
}

bool has_logged(const char *text)
{
    count_logged("");
    return memmem(logged, logged_length, text, strlen(text)) != NULL;
}

static void master_told(void *context, uint16_t type, uint32_t number)
{
    struct fake_master *told = context;
    told->wanted += type == FRAME_WORKER_WANTED;
    told->unwanted += type == FRAME_WORKER_UNWANTED;
    told->stuck += type == FRAME_WORKER_STUCK;
    told->last_number = number;
}

/* What a test leaves at zero is out of its way. */
static struct auth_pool_settings pool_settings(uint32_t entry)
{
    struct auth_pool_settings settings = fake_pool;
    settings.entry = entry;
    settings.workers_max = settings.workers_max ? settings.workers_max : 3;
    settings.workers = settings.workers ? settings.workers : 3;
    settings.waiting_max = settings.waiting_max ? settings.waiting_max : 64;
    settings.timeout_ms = settings.timeout_ms ? settings.timeout_ms : 3600000;
    settings.idle_ms = settings.idle_ms ? settings.idle_ms : 3600000;
    settings.tell = master_told;
    settings.tell_context = &master;
    return settings;
}

void open_all(uint32_t entries, uint32_t failure_delay_ms, size_t limit)
{
    const struct auth_pool_settings pools[2] = {pool_settings(1), pool_settings(2)};
    struct auth_settings settings = fake_settings;
    assert_in_range(entries, 1, 2);
    master = (struct fake_master){0};
    settings.entries = entries;
    settings.pools = pools;
    settings.login_ms = settings.login_ms ? settings.login_ms : 3600000;
    settings.failure_delay_ms = failure_delay_ms;
    settings.username.lowercase = true;
    settings.limits.connections = settings.limits.per_address = limit;
    if (settings.limits.per_user == 0)
        settings.limits.per_user = limit;
    logged_length = identities_sent = verdicts_sent_ok = 0;
    assert_int_equal(pipe2(log_pipe, O_CLOEXEC | O_NONBLOCK), 0);
    log_to_pipe(log_pipe[1]);
    base = event_base_new();
    assert_non_null(base);
    dispatcher = auth_dispatcher_open(base, &settings);
    add_nursery();
    add_frontend(&frontend, 11);
    memset(workers, 0, sizeof(workers));
    memset(&second, 0, sizeof(second));
}

void close_all(void)
{
    auth_dispatcher_close(&dispatcher);
    assert_null(dispatcher);
    fake_settings = (struct auth_settings){0};
    fake_pool = (struct auth_pool_settings){0};
    channel_close(&frontend.channel);
    channel_close(&second.channel);
    channel_close(&nursery.channel);
    for (size_t i = 0; i < 3; i++)
        channel_close(&workers[i].channel);
    event_base_free(base);
    log_to_stderr();
    close(log_pipe[0]);
    close(log_pipe[1]);
}
