/*
 * restante/policy.h - policies: what a client may do and how long mail is kept.
 *
 * A policy answers questions; only the core acts. It runs in a worker, after the drop to the mailbox owner. Whatever
 * goes wrong in it (an error, a timeout), nothing is deleted: destructive decisions fail towards keep.
 */
#ifndef RESTANTE_POLICY_H
#define RESTANTE_POLICY_H

#include <restante/module.h>
#include <restante/storage.h>

/* What is asked about. `wanted` of struct restante_policy is a mask of RESTANTE_EVENT(x). */
enum restante_event {
    RESTANTE_EVENT_LOGIN = 0, /* after the session lock, before the maildrop opens */
    RESTANTE_EVENT_OPEN,      /* once for each message when the maildrop opens */
    RESTANTE_EVENT_CAPA,
    RESTANTE_EVENT_STAT,
    RESTANTE_EVENT_LIST,
    RESTANTE_EVENT_UIDL,
    RESTANTE_EVENT_RETR,
    RESTANTE_EVENT_TOP,
    RESTANTE_EVENT_DELE,
    RESTANTE_EVENT_RSET,
    RESTANTE_EVENT_QUIT,
    RESTANTE_EVENT_CLOSE, /* after the session, however it ended */
    RESTANTE_EVENT_COUNT,
};
#define RESTANTE_EVENT(name) (UINT32_C(1) << RESTANTE_EVENT_##name)

/* Facts, all read-only and valid during the call. */
struct restante_session_facts {
    const char *session_id, *user, *local, *domain, *peer, *mechanism;
    bool is_tls;
    int64_t now_s, login_s;
};
struct restante_maildrop_facts {
    size_t count;
    uint64_t octets;
};
struct restante_message_facts {
    size_t number; /* as the client counts, from 1 */
    const char *uidl;
    uint64_t octets;
    int64_t delivered_s, first_seen_s, first_retrieved_s; /* 0: unknown, never */
    uint32_t retrieved_count;
    bool is_deleted;
    /* Value of a header field, unfolded and bounded; NULL when absent. Reads mail on first use. */
    const char *(*header)(const struct restante_message_facts *message, const char *name);
    void *host_data;
};
struct restante_facts {
    enum restante_event event;
    bool is_after; /* the command has been carried out: the verdict is not looked at */
    const struct restante_session_facts *session;
    const struct restante_maildrop_facts *maildrop; /* NULL before the maildrop is open */
    const struct restante_message_facts *message;   /* NULL where the event is about no single message */
    struct restante_ledger *ledger;                 /* for the small persistent store; may be NULL */
};

enum restante_decision {
    RESTANTE_ALLOW = 0,
    RESTANTE_REFUSE,     /* text and code */
    RESTANTE_DELAY,      /* delay_ms, then as RESTANTE_ALLOW */
    RESTANTE_DISCONNECT, /* text and code, then the connection is closed */
    RESTANTE_HIDE,       /* open, dele: not shown to the client */
    RESTANTE_EXPIRE,     /* open, quit: hidden now and removed when the session ends */
    RESTANTE_HOLD,       /* open: nothing and nobody removes it */
    RESTANTE_SET_ASIDE,  /* dele: hidden, whole on disk until until_s */
};

struct restante_verdict {
    enum restante_decision decision;
    uint32_t delay_ms;
    int64_t until_s;
    char code[16];    /* a response code without brackets ("SYS/PERM"), or empty */
    char text[128];   /* for the client */
    char reason[128]; /* for the log and the journal: rule and line */
};

/* Announced in CAPA (RFC 2449); -1: nothing. */
struct restante_announcement {
    int32_t expire_days; /* smallest over all users */
    bool expire_differs; /* per user: "USER" before login */
    int32_t login_delay_s;
    bool login_delay_differs;
};

struct restante_policy {
    /* Once, in the nursery. */
    enum restante_status (*start)(const struct restante_host *host, const struct restante_value *values,
                                  void **policy, uint32_t *wanted, uint32_t *wanted_after,
                                  struct restante_announcement *announcement, struct restante_error *error);
    /* Fill *verdict (zeroed: RESTANTE_ALLOW). A failure is treated as the policy's `on_error` setting says. */
    enum restante_status (*judge)(void *policy, const struct restante_facts *facts, struct restante_verdict *verdict,
                                  struct restante_error *error);
    void (*stop)(void **policy);
};

#endif
