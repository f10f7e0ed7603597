/*
 * session/maildrop.h - one maildrop in the hands of one session: the session lock, the ledger, the storage driver and
 * what policies decide about its messages. Runs in a worker, as the mailbox owner. Knows neither sockets nor timers:
 * what takes longer is done in steps that the session calls from its loop.
 *
 *     maildrop_open, maildrop_lock until it is ours, maildrop_remember, maildrop_list until it is listed,
 *     maildrop_decide, maildrop_update at the end, maildrop_close
 *
 * Nothing is removed but what the client marked and ended its session with QUIT for, and what a rule may remove: that
 * passed hold, brake, clock, ledger and journal.
 */
#ifndef SESSION_MAILDROP_H
#define SESSION_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>

#include <restante/policy.h>
#include <restante/storage.h>

#include "pop3/transaction.h"
#include "util/clock_guard.h"

struct maildrop;
struct policy_answer;
struct policy_stack;

/* When rules would remove more than both of these at once, they remove nothing. */
struct maildrop_brake {
    uint32_t percent; /* of the maildrop */
    uint32_t messages;
};

/* What rules may do to maildrops; the same for many, must outlive them. */
struct maildrop_rules {
    const struct policy_stack *policies; /* NULL: none */
    struct maildrop_brake brake;
    struct clock_guard clock_guard;
    int64_t journal_keep_s; /* 0: no journal */
};

struct maildrop_request {
    const struct restante_storage *storage;
    void *driver; /* what its start made */
    const char *driver_name;
    const char *path;
    const char *user;
    int state_fd;                       /* the state directory; taken over. -1, read-only: there is none */
    const struct maildrop_rules *rules; /* NULL: no policies, and no rule removes anything */
    bool is_forced;                     /* somebody has approved what the brake would stop */
    bool is_by_hand; /* maintenance of single messages: policies hold and hide, rules remove nothing */
    bool is_read_only;
};

/* What the client has done to the messages that it is shown, one for each; NULL: nothing. */
struct maildrop_client {
    const uint8_t *fates;  /* enum restante_fate */
    const bool *retrieved; /* sent whole in this session, whatever became of it then */
};

struct maildrop_update {
    struct maildrop_client client;
    bool has_quit; /* otherwise nothing that the client did is looked at */
    const struct restante_session_facts *session; /* of now; NULL: nobody's */
};

/* Messages, after update; 0 before. */
struct maildrop_counts {
    size_t removed; /* that the client deleted */
    size_t expired; /* removed by rules */
    uint64_t expired_octets;
    size_t set_aside, hidden; /* instead of being removed */
    size_t left;              /* that the client would be shown now; before update: is shown */
    bool is_braked;           /* from decide on: rules would have removed too much */
};

/* What is to become of a message, from decide on. Strings are valid until close; "" where there is nothing to say. */
struct maildrop_outlook {
    enum restante_decision decision; /* at OPEN: RESTANTE_ALLOW, HIDE, EXPIRE or HOLD */
    const char *policy, *rule, *reason; /* of that decision */
    bool is_hidden, is_set_aside;       /* marked so in the ledger */
    bool is_shown;                      /* to the client */
    bool is_going;                      /* a rule removes it when this session ends */
};

/* Touches nothing yet. */
struct maildrop *maildrop_open(const struct maildrop_request *request);

/*
 * Take the session lock without waiting; RESTANTE_IN_USE while another session holds it. Read-only, where there is
 * nothing to lock, nothing is locked.
 */
enum restante_status maildrop_lock(struct maildrop *maildrop, struct restante_error *error);

/*
 * The session lock as a descriptor of the caller's: it is held until both this and the maildrop are closed. -1: errno.
 */
int maildrop_share_lock(const struct maildrop *maildrop);

/* Open the ledger; RESTANTE_AGAIN: call again. Once it is open: does nothing. */
enum restante_status maildrop_remember(struct maildrop *maildrop, struct restante_error *error);

/* What this policy keeps in the maildrop's ledger, once that is open: a policy_store_of. Valid until close. */
const struct restante_store *maildrop_store(void *maildrop, const char *policy_name);

/*
 * Open the driver's maildrop and learn every message's facts; RESTANTE_AGAIN: call again, RESTANTE_WAIT: after a
 * pause. RESTANTE_IN_USE: another program holds the mail; it may be called again later.
 */
enum restante_status maildrop_list(struct maildrop *maildrop, struct restante_error *error);

/*
 * Look at the marks, ask the policies about OPEN and make what the client is shown. RESTANTE_AGAIN: call again with
 * the same; *answer is zeroed before. RESTANTE_OK: *answer says whether policies let the client in; only then is there
 * a view. The session's now_s is the time that decisions are made for.
 */
enum restante_status maildrop_decide(struct maildrop *maildrop, const struct restante_session_facts *session,
                                     struct policy_answer *answer, struct restante_error *error);

/* For the engine, the messages that the client is shown; valid from decide until close. */
const struct transaction_maildrop *maildrop_view(const struct maildrop *maildrop);

/* For policies, the same messages. Valid until it is asked again; the client's arrays must stay as long. */
void maildrop_facts(struct maildrop *maildrop, const struct maildrop_client *client,
                    struct restante_maildrop_facts *facts);

/* What becomes of a message that the client deletes, when that is hidden or set aside; until RSET. */
void maildrop_mark(struct maildrop *maildrop, size_t visible, const struct policy_answer *answer);
void maildrop_unmark_all(struct maildrop *maildrop);

/*
 * The end of the session: with QUIT the policies are asked about it first; then journal, the driver's commit, ledger.
 * RESTANTE_AGAIN and RESTANTE_WAIT: call again with the same. RESTANTE_OK when all that the client deleted is gone (or
 * hidden or set aside, durably); what a rule could not remove is logged and tried again by the next session.
 */
enum restante_status maildrop_update(struct maildrop *maildrop, const struct maildrop_update *update,
                                     struct restante_error *error);

/*
 * Make durable what was put into the ledger, where there is no update; RESTANTE_AGAIN: call again. Failures are
 * logged.
 */
enum restante_status maildrop_save(struct maildrop *maildrop, struct restante_error *error);

const struct maildrop_counts *maildrop_counts(const struct maildrop *maildrop);

/* For maintenance: every message that the driver lists, counted from 0, and what is remembered of them. */
size_t maildrop_listed(const struct maildrop *maildrop);
const char *maildrop_listed_uidl(const struct maildrop *maildrop, size_t index);
uint64_t maildrop_listed_octets(const struct maildrop *maildrop, size_t index);
/* The journal's entries that are older than it is to know: for maildrops in which nothing is done any more. */
void maildrop_drop_old_entries(const struct maildrop *maildrop);

/* After update: was it removed? */
bool maildrop_is_gone(const struct maildrop *maildrop, size_t index);
void maildrop_outlook(const struct maildrop *maildrop, size_t index, struct maildrop_outlook *outlook);
struct restante_ledger *maildrop_ledger(const struct maildrop *maildrop);

/* Closes the driver's maildrop, then the ledger, and unlocks last. */
void maildrop_close(struct maildrop **maildrop);

#endif
