/*
 * tests/unit/maildrop_world.h - maildrops with policies: a storage driver in memory that forked processes share, a
 * state directory, and policies that decide about messages by their UIDL. A session is world_login, what its client
 * does, and world_quit or world_disconnect.
 */
#ifndef TESTS_UNIT_MAILDROP_WORLD_H
#define TESTS_UNIT_MAILDROP_WORLD_H

#include "unit.h"

#include "fake_storage.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "policy/stack.h"
#include "session/maildrop.h"
#include "util/clock.h"

#define WORLD_POLICIES 2
#define WORLD_NOW INT64_C(1800000000)

/* What a policy decides about the messages whose UIDLs are these letters; see world_policy. */
struct world_policy {
    const char *hides, *expires, *holds; /* at OPEN */
    const char *expires_at_quit;
    bool expires_everything, expires_retrieved; /* at OPEN; at QUIT */
    bool fails_open, fails_quit;
    enum restante_decision answer; /* to OPEN */
    void (*at_open)(const struct restante_facts *facts);
    void (*at_quit)(const struct restante_facts *facts);
    unsigned asked;
};

struct world {
    char directory[64];
    struct fake_storage *storage;
    struct world_policy policies[WORLD_POLICIES]; /* "first" and "second", lines 1 and 2 */
    struct policy_stack stack;
    struct maildrop_rules rules; /* a brake that never trips, a clock that is right, a journal */
    struct restante_session_facts session;
    bool is_forced, is_read_only;
    unsigned steps; /* of the last operation */
    struct maildrop *maildrop;
    struct policy_answer answer;
    struct restante_error error;
    uint8_t fates[FAKE_MESSAGES_MAX];
    bool retrieved[FAKE_MESSAGES_MAX];
};
extern struct world world;

/* Messages "a", "b", … of 20 octets, with Message-IDs <a@test>, …; no policies. cmocka's setup and teardown. */
int world_setup(void **state);
int world_teardown(void **state);
void world_add_messages(size_t count); /* so many more */

/* Both policies want these events. */
void world_want(uint32_t wanted);

/* Lock, list, decide; the view is there when policies have let it in. */
void world_login(void);
void world_dele(const char *uidl);
/* DELE, answered by the first policy with this. */
void world_dele_but(const char *uidl, enum restante_decision decision, int64_t until_s);
void world_retr(const char *uidl);
/* Both close. */
enum restante_status world_quit(void);
enum restante_status world_disconnect(void);
void world_close(void); /* without UPDATE */
/* Of the session that has ended last. */
const struct maildrop_counts *world_counts(void);
/* A session that does nothing but QUIT. */
void world_look(void);

/* UIDLs of what the client is shown, of what is in the maildrop: "abc". Valid until the next call. */
const char *world_shown(void);
const char *world_mail(void);
struct fake_message *world_message(const char *uidl);

/* The state directory, opened. */
int world_state(void);
/* The ledger as it is on disk. */
struct restante_ledger *world_ledger(void);
struct ledger_marks world_marks(const char *uidl); /* without rules */
/* The journal: "removed a,set aside b,"; with policies: "removed a first,". */
const char *world_journal(void);
const char *world_journal_policies(void);
/* The last entry about it; strings valid until the next call. */
const struct journal_entry *world_entry(const char *uidl);

/* A directory in the way of a file of the state directory, and away again. */
void world_obstruct(const char *name);
void world_clear(const char *name);

#endif
