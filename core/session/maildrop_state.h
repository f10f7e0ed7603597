/*
 * session/maildrop_state.h - what the files of the maildrop share; nobody else includes it.
 *
 * Two numberings: the driver's (every message that it listed) and the client's (those it is shown). `index` is the
 * driver's unless it is called visible; both count from 0.
 */
#ifndef SESSION_MAILDROP_STATE_H
#define SESSION_MAILDROP_STATE_H

#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "policy/header.h"
#include "policy/stack.h"
#include "session/maildrop.h"
#include "util/buf.h"

enum { MAILDROP_SMALL = 512 }; /* messages: up to so many nothing is worth a step of its own */

/* How a message stands when the maildrop is opened: bits, from the marks in the ledger. */
enum {
    MAILDROP_IS_HIDDEN = 1,
    MAILDROP_IS_SET_ASIDE = 2,
    MAILDROP_IS_OVER = 4, /* the time for which it was set aside */
};

/* Why rules remove nothing. */
enum maildrop_stop {
    MAILDROP_UNDECIDED = 0,
    MAILDROP_GOES,
    MAILDROP_HAS_NO_RULES,
    MAILDROP_IS_DAMAGED, /* the ledger */
    MAILDROP_IS_UNSURE,  /* a policy failed: a hold may be missing */
    MAILDROP_HAS_NO_TIME, /* the clock cannot be trusted */
    MAILDROP_HAS_NO_JOURNAL, /* it cannot be written */
    MAILDROP_IS_BRAKED, /* this one alone lets go what was set aside and is over */
};

/* What is done to a message when the session ends. */
enum maildrop_act {
    MAILDROP_KEEP = 0,
    MAILDROP_DELETE,         /* the client's DELE */
    MAILDROP_EXPIRE,         /* decided at OPEN */
    MAILDROP_EXPIRE_AT_QUIT, /* decided at QUIT */
    MAILDROP_LET_GO,         /* set aside, and the time is over */
    MAILDROP_SET_ASIDE,      /* instead of the client's DELE, as the three below */
    MAILDROP_HIDE,
    MAILDROP_HOLD,
};
#define MAILDROP_RETRIEVED 0x80 /* beside the act: the client has it, and ended with QUIT */

/* By whom and why, for journal and log; "" where nobody has to say anything. */
struct maildrop_why {
    const char *policy, *rule, *reason;
    int64_t until_s; /* of a set-aside */
};

/* For restante_facts: a numbering of this maildrop. */
struct maildrop_numbering {
    struct maildrop *maildrop;
    bool is_shown; /* the client's numbering, not the driver's */
};

/* DELE, answered with RESTANTE_HIDE or RESTANTE_SET_ASIDE. */
struct maildrop_mark {
    size_t index;
    bool is_set_aside;
    int64_t until_s;
    const char *policy;  /* its entry's own */
    char *rule, *reason; /* shared with marks that have the same ones */
    bool is_owner; /* of these two */
};
struct maildrop_marks {
    struct maildrop_mark *list;
    size_t count, capacity;
};

/* A policy's store in this maildrop. */
struct maildrop_store {
    struct maildrop_store *next;
    struct restante_store store;
    struct maildrop *maildrop;
    char policy[sizeof(((struct restante_policy_terms *)NULL)->name)];
};

/* OPEN, and how far it has come. */
enum maildrop_deciding_phase {
    MAILDROP_READ_MARKS = 0,
    MAILDROP_ASK,
    MAILDROP_WEIGH,
    MAILDROP_SHOW,
    MAILDROP_DECIDED,
};
struct maildrop_deciding {
    enum maildrop_deciding_phase phase;
    size_t at;            /* messages looked at in this phase; policies asked */
    size_t expire, going; /* messages that rules would remove: by a decision, and because they are over */
    size_t shown;
    size_t first;  /* message that would expire */
    bool has_said; /* something was decided */
};

/* UPDATE, and how far it has come. */
enum maildrop_update_phase {
    MAILDROP_ASK_QUIT = 0,
    MAILDROP_PLAN,
    MAILDROP_TELL, /* the journal */
    MAILDROP_COMMIT,
    MAILDROP_RECORD, /* the ledger */
    MAILDROP_SAVE,
    MAILDROP_TELL_MISSED, /* the journal again */
    MAILDROP_UPDATED,
};
struct maildrop_progress {
    enum maildrop_update_phase phase;
    size_t at, visible;           /* messages looked at in this phase, and how many of them are shown */
    size_t asked;                 /* policies */
    uint8_t *acts;                /* enum maildrop_act, with MAILDROP_RETRIEVED */
    uint8_t *fates, *removals;    /* asked of the driver, done by it */
    struct policy_decisions *decisions; /* at QUIT: the client's numbering */
    struct policy_answer answer;        /* of QUIT */
    struct journal *journal;
    size_t deletes, rules;    /* messages to be removed: for the client, by rules */
    size_t unfetched, first;  /* of those by decisions: not fetched in this session, and the first of them */
    size_t marked, retrieved; /* messages to be marked; downloads to be remembered */
    size_t deletes_missed, rules_missed;
    size_t shown_gone; /* removed by rules, although the client was shown them */
    bool has_time;               /* times may be remembered */
    bool is_told;                /* the journal holds what is to be done */
    bool has_lost_marks;         /* the ledger could not be written */
    enum restante_status status; /* for the client */
    struct restante_error error;
};

struct maildrop {
    const struct restante_storage *storage;
    void *driver;
    char *driver_name;
    char *path;
    char *user;
    int state_fd, lock_fd;
    const struct maildrop_rules *rules;
    bool is_forced, is_read_only, is_by_hand;
    struct restante_ledger *ledger;
    struct maildrop_store *stores;
    struct restante_maildrop_request request; /* the driver's, valid until close */
    void *opened;                             /* the driver's */
    bool is_remembered, is_open;
    size_t count;  /* messages that the driver lists */
    size_t known;  /* how many messages' facts have been learnt */
    size_t *names; /* offset of each UIDL in `arena` */
    uint64_t *octets, total_octets;
    struct buf arena;
    uint8_t *standings;                 /* how each message stands; NULL: none is marked */
    struct policy_decisions *decisions; /* at OPEN; NULL: nothing was decided */
    enum maildrop_stop stop;            /* as found at OPEN */
    bool has_failed_policy, has_warned;
    uint32_t *visible; /* the driver's index of each message that the client is shown; NULL: it is shown all */
    uint64_t visible_octets;
    struct transaction_maildrop view;
    struct maildrop_numbering all, shown;
    struct maildrop_client client; /* as maildrop_facts was told */
    char *header;                  /* the last one that a policy asked for */
    struct maildrop_marks marks;
    struct maildrop_deciding deciding;
    struct maildrop_progress progress;
    struct maildrop_counts counts;
};

/* How far a phase that begins at `at` goes in one step. */
size_t maildrop_step_end(size_t at, size_t count, size_t most);
/* NULL: nobody's. */
const struct restante_session_facts *maildrop_session(const struct restante_session_facts *session,
                                                      struct restante_session_facts *nobody);

/* maildrop_list.c */
const char *maildrop_uidl(const struct maildrop *maildrop, size_t index);

/* maildrop_view.c. What the client is shown can be made: `visible` is as it should be. */
void maildrop_view_make(struct maildrop *maildrop, size_t count, uint64_t octets);
/* The client's numbering to the driver's, and back for a message that it is shown. */
size_t maildrop_index(const struct maildrop *maildrop, size_t visible);
size_t maildrop_visible(const struct maildrop *maildrop, size_t index);

/* maildrop_facts.c */
void maildrop_facts_all(struct maildrop *maildrop, struct restante_maildrop_facts *facts);
struct policy_mail maildrop_facts_mail(struct maildrop *maildrop);

/* maildrop_mark.c. After the sort a message's mark can be found; NULL: none. */
void maildrop_mark_sort(struct maildrop *maildrop);
const struct maildrop_mark *maildrop_mark_find(const struct maildrop *maildrop, size_t index);
/* Bits of how a message stands, from the ledger. */
uint8_t maildrop_mark_standing(const struct maildrop *maildrop, size_t index, int64_t now_s);
const char *maildrop_mark_rule(const struct maildrop *maildrop, size_t index); /* of the set-aside */

/* maildrop_decide.c */
/* Of decisions at OPEN, or of QUIT's with the client's index. */
void maildrop_decided_why(const struct maildrop *maildrop, const struct policy_decisions *decisions, size_t index,
                          struct maildrop_why *why);
bool maildrop_wants(const struct maildrop *maildrop, enum restante_event event);
/* Nothing is marked and nothing was decided. */
bool maildrop_is_plain(const struct maildrop *maildrop);
uint8_t maildrop_standing(const struct maildrop *maildrop, size_t index);
/* RESTANTE_ALLOW, HIDE, EXPIRE or HOLD. */
enum restante_decision maildrop_decision(const struct maildrop *maildrop, size_t index);
/* MAILDROP_KEEP, EXPIRE or LET_GO: what rules want, and that nothing holds. */
enum maildrop_act maildrop_wish(const struct maildrop *maildrop, size_t index);
bool maildrop_may(enum maildrop_stop stop, enum maildrop_act act);

/* maildrop_brake.c */
struct maildrop_weight {
    size_t expire, going;      /* as in struct maildrop_deciding */
    struct maildrop_why first; /* of those that would expire */
};
/* Can the clock be trusted? What it says of now decides later what is removed. */
bool maildrop_brake_knows_time(const struct maildrop *maildrop);
/* Whether rules may remove so much; what stops them is logged. */
enum maildrop_stop maildrop_brake(struct maildrop *maildrop, const struct restante_session_facts *session,
                                  const struct maildrop_weight *weight);

/* maildrop_plan.c: each message's act and fate. In steps. */
enum restante_status maildrop_plan_ask(struct maildrop *maildrop, const struct maildrop_update *update);
enum restante_status maildrop_plan(struct maildrop *maildrop, const struct maildrop_update *update);
/* Rules remove nothing after all, but what `stop` lets go. */
void maildrop_plan_drop_rules(struct maildrop *maildrop, enum maildrop_stop stop);
enum maildrop_act maildrop_plan_act(const struct maildrop *maildrop, size_t index);
void maildrop_plan_why(const struct maildrop *maildrop, size_t index, struct maildrop_why *why);
bool maildrop_plan_is_rule(enum maildrop_act act);
bool maildrop_plan_is_removal(enum maildrop_act act);

/* maildrop_tell.c: the journal. In steps. Failures are logged; when the first fails, rules remove nothing. */
enum restante_status maildrop_tell(struct maildrop *maildrop, const struct restante_session_facts *session);
enum restante_status maildrop_tell_missed(struct maildrop *maildrop, const struct restante_session_facts *session);

#endif
