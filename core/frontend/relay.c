/*
 * The TLS pump: reads of 64 KiB, one send for each (fewer wake-ups are a third of the cost in lock-step). Never blocks.
 */
#include "frontend/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "frontend/watch.h"
#include "util/alloc.h"
#include "util/fd.h"

enum {
    RELAY_CHUNK = 65536,
    /* Above a chunk and its TLS records: only a client that makes OpenSSL answer (KeyUpdate) and does not read gets
     * here, and is then not read from any more. */
    RELAY_PENDING_MAX = 131072,
    /* The worker has ended and the client does not take the last chunks: so long for each. */
    RELAY_LAST_WORDS_S = 60,
};

struct relay {
    struct stream *client;
    int worker_fd;
    struct watch client_watch, worker_watch;
    struct event last_words;
    struct buf to_worker; /* holds no memory when empty */
    bool client_ended;    /* no more from it; the worker knows once to_worker is empty */
    bool worker_told;
    bool worker_hung_up; /* it has gone, though not everything it said has been read */
    relay_ended ended;
    void *context;
};

/* One for all: filled and emptied within one call. */
static char relay_chunk[RELAY_CHUNK];

static void relay_begin_last_words(struct relay *relay)
{
    const struct timeval limit = {.tv_sec = RELAY_LAST_WORDS_S};
    event_add(&relay->last_words, &limit);
}

/* True while the relay lives. */
static bool relay_finish(struct relay *relay, enum relay_end end)
{
    watch_close(&relay->client_watch);
    watch_close(&relay->worker_watch);
    relay->ended(relay, end, relay->context);
    return false;
}

static bool relay_reads_client(const struct relay *relay)
{
    return !relay->client_ended && buf_length(&relay->to_worker) == 0 &&
           stream_pending(relay->client) < RELAY_PENDING_MAX;
}

/* Ask the kernel for exactly what can be acted on now. */
static void relay_rest(struct relay *relay)
{
    bool is_client_full = stream_pending(relay->client) > 0;
    bool reads_client = relay_reads_client(relay);
    /* While nothing is read from the worker its end must still be noticed, or a client that never reads would keep a
     * dead session for ever. */
    short worker_wants = is_client_full ? (relay->worker_hung_up ? 0 : EV_CLOSED) : EV_READ;
    if (buf_length(&relay->to_worker) > 0)
        worker_wants |= EV_WRITE;
    watch_set(&relay->worker_watch, worker_wants);
    watch_set(&relay->client_watch, (short)((reads_client ? EV_READ : 0) | (is_client_full ? EV_WRITE : 0)));
    if (reads_client && stream_has_input(relay->client))
        watch_poke(&relay->client_watch, EV_READ);
}

/* What waits for the worker; then, if the client has ended, that. A worker that has gone is noticed by reading. */
static void relay_flush_to_worker(struct relay *relay)
{
    while (buf_length(&relay->to_worker) > 0) {
        ssize_t sent = send(relay->worker_fd, buf_head(&relay->to_worker), buf_length(&relay->to_worker),
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        /* It closed: its last words may still be to be read, the client's have nobody to read them. */
        buf_consume(&relay->to_worker, sent < 0 ? buf_length(&relay->to_worker) : (size_t)sent);
    }
    buf_free(&relay->to_worker);
    if (relay->client_ended && !relay->worker_told) {
        relay->worker_told = true;
        shutdown(relay->worker_fd, SHUT_WR);
    }
}

/* Decrypt up to a chunk and send it on at once. */
static bool relay_pump_to_worker(struct relay *relay)
{
    size_t filled = 0, length = 0;
    enum stream_result result = STREAM_DONE;
    while (result == STREAM_DONE && RELAY_CHUNK - filled >= STREAM_RECORD_OCTETS) {
        result = stream_read(relay->client, relay_chunk + filled, RELAY_CHUNK - filled, &length);
        filled += length;
    }
    if (result == STREAM_END)
        relay->client_ended = true;
    /* WHY also when it broke: what the client said before still counts, and it may have been QUIT. */
    buf_append(&relay->to_worker, relay_chunk, filled);
    relay_flush_to_worker(relay);
    return result == STREAM_BROKEN ? relay_finish(relay, RELAY_CLIENT_BROKE) : true;
}

static bool relay_pump_to_client(struct relay *relay)
{
    ssize_t got;
    do
        got = recv(relay->worker_fd, relay_chunk, sizeof(relay_chunk), MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return true;
    if (got <= 0)
        return relay_finish(relay, RELAY_WORKER_ENDED);
    if (relay->worker_hung_up)
        relay_begin_last_words(relay);
    if (stream_write(relay->client, relay_chunk, (size_t)got) == STREAM_BROKEN)
        return relay_finish(relay, RELAY_CLIENT_BROKE);
    return true;
}

static void relay_on_worker(evutil_socket_t fd, short what, void *context)
{
    struct relay *relay = context;
    (void)fd;
    if ((what & EV_CLOSED) && !relay->worker_hung_up) {
        relay->worker_hung_up = true;
        relay_begin_last_words(relay);
    }
    if (what & EV_WRITE)
        relay_flush_to_worker(relay);
    if ((what & EV_READ) && stream_pending(relay->client) == 0 && !relay_pump_to_client(relay))
        return;
    relay_rest(relay);
}

static void relay_on_client(evutil_socket_t fd, short what, void *context)
{
    struct relay *relay = context;
    (void)fd;
    if ((what & EV_WRITE) && stream_flush(relay->client) == STREAM_BROKEN) {
        relay_finish(relay, RELAY_CLIENT_BROKE);
        return;
    }
    if ((what & EV_READ) && relay_reads_client(relay) && !relay_pump_to_worker(relay))
        return;
    relay_rest(relay);
}

static void relay_on_last_words(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    relay_finish(context, RELAY_CLIENT_BROKE);
}

struct relay *relay_open(struct event_base *base, struct stream *client, int worker_fd, relay_ended ended,
                         void *context)
{
    struct relay *relay = alloc_zeroed(sizeof(*relay));
    relay->client = client;
    relay->worker_fd = worker_fd;
    relay->ended = ended;
    relay->context = context;
    watch_open(&relay->client_watch, base, client->fd, relay_on_client, relay);
    watch_open(&relay->worker_watch, base, worker_fd, relay_on_worker, relay);
    evtimer_assign(&relay->last_words, base, relay_on_last_words, relay);
    relay_rest(relay);
    return relay;
}

size_t relay_waiting(const struct relay *relay)
{
    return buf_length(&relay->to_worker) + stream_pending(relay->client);
}

void relay_close(struct relay **relay)
{
    struct relay *closing = *relay;
    if (!closing)
        return;
    *relay = NULL;
    watch_close(&closing->client_watch);
    watch_close(&closing->worker_watch);
    event_del(&closing->last_words);
    buf_free(&closing->to_worker);
    fd_close(&closing->worker_fd);
    free(closing);
}
