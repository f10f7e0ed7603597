/*
 * tests/unit/auth_fake_rooms.h - frontends, workers and a nursery around an auth dispatcher, over real channels in one
 * loop.
 */
#ifndef TESTS_UNIT_AUTH_FAKE_ROOMS_H
#define TESTS_UNIT_AUTH_FAKE_ROOMS_H

#include "auth/auth_dispatcher.h"

enum { RECEIVED_MAX = 256 };

/* A fake worker answers by the first letter of the user: yes, no, later, permanent; "h" holds its answer back. */
struct fake_worker {
    struct channel *channel;
    struct message_verify verify;
    unsigned asked;
};

struct fake_frontend {
    struct channel *channel;
    uint64_t last_request_id;
    struct message_verdict verdicts[RECEIVED_MAX];
    size_t verdicts_count, refused_count;
    bool is_closed;
};

struct fake_nursery {
    struct channel *channel;
    struct message_identity identities[RECEIVED_MAX];
    size_t count;
};

extern struct event_base *base;
extern struct auth_dispatcher *dispatcher;
extern struct fake_frontend frontend, second;
extern struct fake_nursery nursery;
extern struct fake_worker workers[3];
extern struct auth_settings fake_settings; /* for the next open_all; close_all empties them */
extern struct auth_pool_settings fake_pool; /* the same */
/* What the dispatcher told the master. */
extern struct fake_master {
    size_t wanted, unwanted, stuck;
    uint32_t last_number;
} master;
extern size_t identities_sent, verdicts_sent_ok;

void add_worker(struct fake_worker *worker, uint32_t entry);
void add_nursery(void);
void add_frontend(struct fake_frontend *added, uint32_t id);
void send_opened(struct fake_frontend *from, uint64_t connection_id);
void send_closed(struct fake_frontend *from, uint64_t connection_id);
void send_login_as(struct fake_frontend *from, uint64_t request_id, uint64_t connection_id, const char *user);
/* Opens the connection too. */
void send_login(struct fake_frontend *from, uint64_t connection_id, const char *user);
void send_response(struct fake_frontend *from, uint64_t request_id);
void send_session_ended(uint32_t frontend_id, uint64_t connection_id);
void send_session_open(uint32_t frontend_id, uint64_t connection_id, const char *user);
/* How often a login's line with this result has been logged since open_all. Fails when the secret has. */
size_t count_logged(const char *result);
bool has_logged(const char *text);
void open_all(uint32_t entries, uint32_t failure_delay_ms, size_t limit);
void close_all(void);
/* As add_worker, under another room id than 100 + entry. */
void add_worker_as(struct fake_worker *worker, uint32_t entry, uint32_t room_id);
/* Everything is in this process: after some turns of the loop nothing but timers is left to happen. */
void settle(void);
void answer(struct fake_worker *worker, enum restante_status status, const char *why);
const struct message_identity *find_identity(const uint8_t *token);

#endif
