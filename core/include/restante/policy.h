/*
 * restante/policy.h - policies: what a client may do and how long mail is kept.
 *
 * A policy answers questions; only the core acts. It is started in the nursery and judges in a worker, after the drop
 * to the mailbox owner, one question at a time and without blocking. In isolation "uid" the sessions of one owner share
 * it. Whatever goes wrong in it (an error, a timeout), nothing is deleted: destructive decisions fail towards keep.
 */
#ifndef RESTANTE_POLICY_H
#define RESTANTE_POLICY_H

#include <restante/module.h>
#include <restante/storage.h>

/* What is asked about. `wanted` of struct restante_policy_terms is a mask of RESTANTE_EVENT(x). */
enum restante_event {
    RESTANTE_EVENT_LOGIN = 0, /* after the session lock, before the maildrop opens */
    RESTANTE_EVENT_OPEN,      /* once, when the maildrop has been listed: decisions per message */
    RESTANTE_EVENT_CAPA,
    RESTANTE_EVENT_STAT,
    RESTANTE_EVENT_LIST, /* once per command, with or without a message number */
    RESTANTE_EVENT_UIDL, /* as LIST */
    RESTANTE_EVENT_RETR,
    RESTANTE_EVENT_TOP,
    RESTANTE_EVENT_DELE,
    RESTANTE_EVENT_RSET,
    RESTANTE_EVENT_QUIT,  /* decisions per message: what was fetched may expire */
    RESTANTE_EVENT_CLOSE, /* after a session whose client was let in, however it ended; only after */
    RESTANTE_EVENT_COUNT,
};
#define RESTANTE_EVENT(name) (UINT32_C(1) << RESTANTE_EVENT_##name)

enum restante_decision {
    RESTANTE_ALLOW = 0,
    RESTANTE_REFUSE,     /* text and code */
    RESTANTE_DELAY,      /* delay_ms, then as RESTANTE_ALLOW */
    RESTANTE_DISCONNECT, /* text and code, then the connection is closed */
    RESTANTE_HIDE,       /* a message at open, dele: not shown to the client */
    RESTANTE_EXPIRE,     /* a message at open, quit: hidden now and removed when the session ends */
    RESTANTE_HOLD,       /* a message at open: nothing and nobody removes it */
    RESTANTE_SET_ASIDE,  /* dele: hidden, whole on disk until until_s */
    RESTANTE_LIMIT,      /* login: as RESTANTE_ALLOW, within `limits` */
};
#define RESTANTE_DELAY_MAX_MS 30000

/* Limits of this session; 0: as configured. The host takes whichever is tighter. */
struct restante_limits {
    int64_t idle_ms; /* never less than RFC 1939 section 3 allows: 10 minutes */
    uint32_t bad_commands;
};

struct restante_verdict {
    enum restante_decision decision;
    uint32_t delay_ms; /* up to RESTANTE_DELAY_MAX_MS */
    int64_t until_s;
    struct restante_limits limits;
    char code[16];    /* a response code without brackets ("SYS/PERM"), or empty */
    char text[128];   /* for the client: printable ASCII */
    char reason[128]; /* in the policy's words, for log and journal: printable ASCII, may be empty */
    char rule[64];    /* where in the policy it was decided, for log and journal: "open, line 12" */
};

/* Facts, all read-only and valid during the call. */
struct restante_session_facts {
    const char *session_id, *user, *local, *domain, *peer, *mechanism; /* "" where there is none */
    bool is_tls;
    int64_t now_s, login_s;
};
struct restante_message_facts {
    size_t number; /* as the client counts, from 1 */
    const char *uidl;
    uint64_t octets;
    int64_t delivered_s, first_seen_s, first_retrieved_s; /* 0: unknown, never */
    uint32_t retrieved_count;                             /* sessions that ended with QUIT */
    bool is_retrieved;                                    /* sent completely in this session */
    bool is_deleted;
    int64_t hidden_since_s;    /* by an earlier decision or DELE; 0: it is not hidden */
    int64_t set_aside_until_s; /* 0: it is not set aside */
    /*
     * The value of the first header field of this name, unfolded and bounded; *value is NULL when there is none. Reads
     * mail each time. The text is valid until the next header is asked for, of this or any other message.
     */
    enum restante_status (*header)(const struct restante_message_facts *message, const char *name, const char **value,
                                   struct restante_error *error);
    void *host_data;
};
struct restante_maildrop_facts {
    size_t count;
    uint64_t octets;
    /* The facts of message `number`, from 1 to count; false: there is none. */
    bool (*message)(const struct restante_maildrop_facts *maildrop, size_t number,
                    struct restante_message_facts *message);
    void *host_data;
};

/* What a policy may keep in a maildrop's ledger; the host tells policies apart. */
#define RESTANTE_STORE_NAME_MAX 64  /* [a-z0-9_-] */
#define RESTANTE_STORE_VALUE_MAX 255 /* printable ASCII */
struct restante_store {
    const char *(*get)(const struct restante_store *store, const char *name); /* NULL: none; valid until put */
    /* NULL or "": forget it. False: refused (too many, too long). Durable when the session's ledger is. */
    bool (*put)(const struct restante_store *store, const char *name, const char *value);
    void *host_data;
};

struct restante_facts {
    enum restante_event event;
    bool is_after; /* the command has been carried out: the verdict is not looked at */
    const struct restante_session_facts *session;
    const struct restante_maildrop_facts *maildrop; /* NULL before the maildrop is open */
    const struct restante_message_facts *message;   /* NULL where the event is about no single message */
    const struct restante_store *store;             /* NULL: nothing is known, nothing is kept */
    /*
     * Only at open and quit, not after: what is decided about one message. Called during judge for each message that is
     * not simply allowed, and taken back as a whole when judge fails. False: no such message or decision.
     */
    bool (*decide)(const struct restante_facts *facts, size_t number, const struct restante_verdict *verdict);
    void *host_data;
};

/* Announced in CAPA (RFC 2449). */
enum { RESTANTE_EXPIRE_NEVER = -2, RESTANTE_NO_ANNOUNCEMENT = -1 };
struct restante_announcement {
    int32_t expire_days; /* the smallest over all users, or one of the above */
    bool expire_differs; /* per user: "USER" before login */
    int32_t login_delay_s; /* the largest over all users, or RESTANTE_NO_ANNOUNCEMENT */
    bool login_delay_differs;
};

/* What the host does with a command that a policy fails to judge. */
enum restante_on_error {
    RESTANTE_ON_ERROR_REFUSE = 0, /* [SYS/PERM] */
    RESTANTE_ON_ERROR_TRY_LATER,  /* [SYS/TEMP] */
    RESTANTE_ON_ERROR_ALLOW,      /* but never removes, hides or holds anything for it */
};

/* One item of the configuration's list of policies; valid until stop. */
struct restante_policy_item {
    const char *path; /* "policy.2", for sentences */
    const struct restante_value *values;
    const struct restante_key *keys; /* what the settings table lacks; none unless takes_keys */
    size_t keys_count;
};

/* What check and test find. */
enum restante_policy_result {
    RESTANTE_POLICY_PASSED = 0, /* a test; the text is its name */
    RESTANTE_POLICY_FAILED,     /* a fault, a test: "FILE:LINE: what is wrong, and what was meant" */
    RESTANTE_POLICY_NOTE,       /* what could not be looked at */
};
/* One line of text each. */
typedef void (*restante_policy_report)(void *context, enum restante_policy_result result, const char *text);

/* What start tells the host. Zeroed, its announcement empty. */
struct restante_policy_terms {
    char name[64];                  /* of this policy, for log and journal; empty: the module's */
    uint32_t wanted, wanted_after; /* masks of RESTANTE_EVENT(x) */
    enum restante_on_error on_error;
    struct restante_announcement announcement; /* before login */
};

struct restante_policy {
    /* Keys that the settings table lacks are given to start, which checks them, instead of being refused. */
    bool takes_keys;
    /*
     * Once for each item, in the nursery. A fault in the configuration is RESTANTE_INVALID with "policy.2.key: what is
     * wrong" in the log text: the host puts the key's line before it, unless it begins with "line N: " already.
     */
    enum restante_status (*start)(const struct restante_host *host, const struct restante_policy_item *item,
                                  void **policy, struct restante_policy_terms *terms, struct restante_error *error);
    /*
     * Fill *verdict (zeroed: RESTANTE_ALLOW). RESTANTE_REFUSE, DELAY and DISCONNECT answer everything before it
     * happens but quit. A failure is treated as terms.on_error says.
     */
    enum restante_status (*judge)(void *policy, const struct restante_facts *facts, struct restante_verdict *verdict,
                                  struct restante_error *error);
    /* What CAPA announces to this session after login; the given *announcement is empty. NULL: as before login. */
    enum restante_status (*announce)(void *policy, const struct restante_facts *facts,
                                     struct restante_announcement *announcement, struct restante_error *error);
    void (*stop)(void **policy);
    /*
     * For modules whose policies are files; NULL: this one has none. In a room of its own, without a configuration:
     * look at a policy and say all that is wrong with it; run a file of tests. Fails only when the file could not be
     * looked at at all.
     */
    enum restante_status (*check)(const struct restante_host *host, const char *file, restante_policy_report report,
                                  void *context, struct restante_error *error);
    enum restante_status (*test)(const struct restante_host *host, const char *file, restante_policy_report report,
                                 void *context, struct restante_error *error);
};

#endif
