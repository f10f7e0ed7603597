/*
 * tests/unit/nursery_room.h - the nursery as a process of its own, with the test as its master, its auth and its
 * frontend. As root its workers must become the mailbox owner; as an ordinary user they stay what they are.
 */
#ifndef TESTS_UNIT_NURSERY_ROOM_H
#define TESTS_UNIT_NURSERY_ROOM_H

#include "unit.h"

#include <sys/types.h>

#include "ipc/channel.h"
#include "ipc/messages.h"

enum { OWNER_UID = 64998, OWNER_GROUP = 64999 };

extern pid_t nursery;
extern struct channel *control, *frontend;
extern char state_dir[128]; /* of alice's maildrop */
extern bool makes_state_dirs;
extern unsigned state_dirs_asked, sessions_ended;
extern uint64_t last_ended;
extern uint64_t connections; /* the id of the last one; grows over all tests */
extern size_t log_length;
extern char seen[8192]; /* what the last client read */

/* A nursery that serves, in isolation "session" or "uid"; and its end. */
int setup(void **state);
int setup_uid(void **state);
int teardown(void **state);

uint32_t owner_uid(void);
uint32_t owner_gid(void);
void make_state_dir(void);

/* One turn of the test's loop. */
void turn(void);
bool is_logged(const char *text, size_t length);
#define UNTIL_LOGGED(text)                                                                                            \
    while (!is_logged(text, sizeof(text) - 1))                                                                        \
    turn()

/* What auth says of alice on this connection; its token is `fill` all over. */
struct message_identity identity(uint64_t connection_id, uint8_t fill);
void announce(const struct message_identity *who);
/* The client's end of a connection that the frontend hands over. */
int hand_over(uint64_t connection_id, uint8_t fill, const char *input);
/* Both, for the next connection. */
int log_in(const char *input);

/* Read into `seen` until `text` has come; NULL: until the connection ends. */
void read_until(int fd, const char *text);
/* Until the nursery has told auth of so many sessions. */
void until_ended(unsigned count);
/* Until it says that so many run, with those that wait for the maildrop. */
void until_sessions(unsigned count);
/* One refusal: -ERR, closed, counted, logged; the channel lives on. */
void refused(int fd, const char *code);

#define NURSERY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* The same promise in isolation "uid". */
#define NURSERY_TEST_UID(name) {#name " (uid)", name, setup_uid, teardown, NULL}

#endif
