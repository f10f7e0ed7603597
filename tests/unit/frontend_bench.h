/*
 * tests/unit/frontend_bench.h - a frontend with a fake auth, a fake nursery and one client, in one event loop.
 */
#ifndef TESTS_FRONTEND_BENCH_H
#define TESTS_FRONTEND_BENCH_H

#include "unit.h"

#include "frontend/connection.h"
#include "frontend/frontend.h"
#include "tls_fixture.h"

struct bench {
    struct event_base *base;
    struct frontend frontend;
    struct channel *auth, *nursery; /* their ends; NULL: not there */
    bool is_drained;
    /* What auth was told. */
    int opened, closed, logins, responses;
    char opened_peer[MESSAGE_PEER_MAX + 1];
    struct message_login login; /* the last one; `response` is not valid */
    char response[MESSAGE_SECRET_MAX];
    size_t response_length;
    /* What the nursery was told. */
    int handovers;
    struct message_handover handover; /* `input` is not valid */
    char input[MESSAGE_INPUT_MAX];
    int worker_fd;
    /* The client. */
    bool expects_proxy; /* when it arrives */
    int client_fd;
    SSL_CTX *client_context;
    SSL *client;
    char heard[2000000];
    size_t heard_length;
    bool is_hung_up;
    bool was_reset; /* not closed in order */
};

int bench_open(void **state);
int bench_close(void **state);
void bench_connect_auth(struct bench *bench);
void bench_connect_nursery(struct bench *bench);
/* A client arrives from `address`. */
void bench_arrive(struct bench *bench, const char *address, enum listener_tls tls);
/* The client begins TLS; true when it is agreed. */
bool bench_agree(struct bench *bench);
/* Let everybody act until nothing happens any more. */
void bench_turn(struct bench *bench);
/* Turn the loop once and let the client read, waiting for timers. */
void bench_wait(struct bench *bench);
/* The client sends, then everybody acts and the client reads everything. */
void bench_say(struct bench *bench, const char *text);
/* The client has heard exactly this since the last call. */
void bench_heard(struct bench *bench, const char *text);
/* Something that begins so. */
void bench_heard_line(struct bench *bench, const char *start);
void bench_verdict(struct bench *bench, uint64_t request_id, enum restante_status status, uint8_t token);
/* Greeted, then USER and PASS sent: auth has been asked. */
void bench_log_in(struct bench *bench, const char *behind);
/* The only connection. */
struct connection *bench_connection(struct bench *bench);

#endif
