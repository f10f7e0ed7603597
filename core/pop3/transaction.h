/*
 * pop3/transaction.h - the TRANSACTION state (RFC 1939 section 5) and the door to UPDATE, without I/O. Runs in a
 * worker. It sees a maildrop through struct transaction_maildrop and owns the marks.
 *
 * Replies longer than a few lines are made while there is room for output: a client that stops reading costs one
 * struct and the output that is already made.
 */
#ifndef POP3_TRANSACTION_H
#define POP3_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/policy.h>

#include "pop3/capa.h"
#include "pop3/wire.h"
#include "util/buf.h"

struct transaction;

/* The maildrop as the client numbers it, less 1. Numbering, sizes and unique-ids stay fixed. */
struct transaction_maildrop {
    void *context;
    size_t count;
    const char *(*uidl)(void *context, size_t index);
    uint64_t (*octets)(void *context, size_t index);
    enum restante_status (*read_open)(void *context, size_t index, void **reader, struct restante_error *error);
    enum restante_status (*read)(void *context, void *reader, void *buffer, size_t capacity, size_t *length,
                                 struct restante_error *error);
    void (*read_close)(void *context, void **reader);
    /* A message has been given to the client whole; `octets` is what was counted on the wire. */
    void (*retrieved)(void *context, size_t index, uint64_t octets);
};

/* Whether a command may be carried out; zeroed: it may. */
struct transaction_verdict {
    enum {
        TRANSACTION_ALLOWED = 0,
        TRANSACTION_REFUSED,      /* -ERR with code and text */
        TRANSACTION_DISCONNECTED, /* the same, then the end */
    } kind;
    uint32_t delay_ms; /* allowed, but only after this time */
    char code[16];     /* without brackets, or empty */
    char text[128];
};

/*
 * Who is asked about commands: once for each, when its arguments are good and before anything else happens, STAT to
 * RSET. `index` is that of the message, or TRANSACTION_NO_MESSAGE. Zeroed: nobody is asked, and it costs nothing.
 */
#define TRANSACTION_NO_MESSAGE SIZE_MAX
struct transaction_policy {
    void *context;
    uint32_t wanted, wanted_after; /* masks of RESTANTE_EVENT(x) */
    void (*ask)(void *context, enum restante_event event, size_t index, struct transaction_verdict *verdict);
    /* It has been carried out, to the last octet of its reply; not called for -ERR. */
    void (*tell)(void *context, enum restante_event event, size_t index);
    /* DELE has marked a message that was asked about; RSET has taken every mark away. May be NULL. */
    void (*deleted)(void *context, size_t index);
    void (*reset)(void *context);
    /* What CAPA announces; NULL: what the settings say. */
    const struct capa_announcements *(*announce)(void *context);
};

struct transaction_settings {
    const char *hostname;
    struct capa_announcements announcements;
    struct wire_compatibility compatibility;
    uint32_t bad_commands;
    bool is_tls; /* for CAPA */
    struct transaction_policy policy;
};

enum transaction_event {
    TRANSACTION_NEED_INPUT,
    TRANSACTION_OUTPUT_FULL, /* more to do once `out` has drained; it may hold little after much work */
    TRANSACTION_DELAYED,     /* run again after transaction_delay_ms, and not before: the command then goes on */
    TRANSACTION_QUIT,        /* UPDATE: carry out transaction_fates, then call transaction_updated */
    TRANSACTION_CLOSE,       /* send `out`, close; nothing is deleted */
};

/* What a session did, for the log. */
struct transaction_totals {
    uint64_t retrieved, retrieved_octets, top, deleted; /* messages; deleted: marked at the end */
};

struct transaction *transaction_open(const struct transaction_settings *settings,
                                     const struct transaction_maildrop *maildrop);
void transaction_close(struct transaction **transaction);
/* The client is gone: nothing more is handled, and nothing of the maildrop is in use. What was done stays readable. */
void transaction_stop(struct transaction *transaction);

/* The maildrop is open: "+OK" for the login. */
void transaction_greet(struct transaction *transaction, struct buf *out);

/* As authorization_feed and authorization_room. */
bool transaction_feed(struct transaction *transaction, const char *data, size_t length);
size_t transaction_room(const struct transaction *transaction);
/* Has the client begun a line and not ended it? To be asked when transaction_run wants input. */
bool transaction_is_within_line(const struct transaction *transaction);
/* Handle commands and make output until `out` holds about `limit` octets or an event comes. */
enum transaction_event transaction_run(struct transaction *transaction, struct buf *out, size_t limit);

/* For the callbacks of struct transaction_policy: they have taken long. The run ends behind this command. */
void transaction_yield(struct transaction *transaction);
uint32_t transaction_delay_ms(const struct transaction *transaction);

/* One enum restante_fate per message, for commit: what was retrieved whole is RESTANTE_KEEP_RETRIEVED. */
const uint8_t *transaction_fates(const struct transaction *transaction);
/* One per message: was it sent whole in this session? Whatever became of it then. */
const bool *transaction_retrieved(const struct transaction *transaction);
/* The result of UPDATE: writes the reply to QUIT; "+OK" only when every removal worked. Then the session closes. */
void transaction_updated(struct transaction *transaction, enum restante_status status,
                         const struct restante_error *error, size_t left, struct buf *out);

const struct transaction_totals *transaction_totals(const struct transaction *transaction);
const char *transaction_close_reason(const struct transaction *transaction);

/* -ERR for a login whose maildrop did not open, made before there is a transaction. */
void transaction_login_failed(struct buf *out, const struct restante_error *error);
/* The same for one that a policy refuses. */
void transaction_login_refused(struct buf *out, const char *code, const char *text);

#endif
