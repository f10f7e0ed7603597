/*
 * tests/unit/session_bench.h - sessions over socket pairs with a driver in memory, in one loop: two clients, each with a
 * maildrop of its own that holds the messages "one" and "two".
 */
#ifndef TESTS_SESSION_BENCH_H
#define TESTS_SESSION_BENCH_H

#include "unit.h"

#include "fake_storage.h"
#include "session/session.h"
#include "util/buf.h"

#define CLIENTS 2

/* One client and what it sees. */
struct client {
    int fd;
    struct buf seen;
    struct session *session; /* NULL once ended */
    bool has_closed;         /* the server's end */
    char directory[64];
    struct fake_storage storage;
};

extern struct client clients[CLIENTS];
extern struct session_settings settings; /* may be changed before a session begins */

/* Around every test. */
int bench_setup(void **state);
int bench_teardown(void **state);

/* Begin a session for clients[at] on the maildrop of clients[of], with what the client has pipelined, or NULL. */
struct client *begin_on(int at, int of, const char *input);
struct client *begin(const char *input);
/* One turn of the loop; then read what has come, at most `most` octets. */
void turn(struct client *client, size_t most);
void until_ended(struct client *client);
bool has_seen(struct client *client, const char *text);
void until_seen(struct client *client, const char *text);
/* So often, however much comes. */
void some_turns(struct client *client, unsigned turns);
void say(struct client *client, const char *text);

/* What the last session_end line says under `key`. */
const char *logged(const char *key);
/* Is this text in the log of this test? Fields are written as "key=value ". */
bool has_logged(const char *text);
size_t count_logged(const char *text);

#endif
