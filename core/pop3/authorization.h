/*
 * pop3/authorization.h - the AUTHORIZATION state (RFC 1939 section 4), without I/O: bytes in, events and bytes out.
 * Runs in the frontend. Holds no memory but itself until a client sends something.
 */
#ifndef POP3_AUTHORIZATION_H
#define POP3_AUTHORIZATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

#include "pop3/capa.h"
#include "util/buf.h"

struct authorization;

/* The same for many connections; must outlive them. */
struct authorization_settings {
    const char *hostname;
    struct capa_announcements announcements;
    uint32_t bad_commands; /* after so many the connection is closed */
    uint32_t failed_logins; /* likewise */
};

/* What is true of this connection. */
struct authorization_facts {
    bool is_tls;         /* spoken now */
    bool offers_stls;    /* STLS is possible */
    bool allows_plain;   /* passwords may be sent as things are (TLS, or plaintext_auth says so) */
};

enum authorization_event {
    AUTHORIZATION_NEED_INPUT, /* everything fed has been handled */
    AUTHORIZATION_LOGIN,      /* credentials are complete: ask auth, then call authorization_verdict */
    AUTHORIZATION_RESPONSE,   /* the answer to a challenge: as above */
    AUTHORIZATION_STLS,       /* +OK is in `out`: send it, begin TLS, then call authorization_tls_begun */
    AUTHORIZATION_CLOSE,      /* send what is in `out`, then close; see authorization_close_reason */
};

struct authorization *authorization_open(const struct authorization_settings *settings,
                                         const struct authorization_facts *facts);
/* Wipes what it knew. */
void authorization_close(struct authorization **authorization);

/* The greeting line. */
void authorization_greet(struct authorization *authorization, struct buf *out);
/* The same for a connection that is turned away before it starts, with "-ERR [SYS/TEMP] text". */
void authorization_turn_away(struct buf *out, const char *text);

/* Add what the client sent. Refuses (false) more than MESSAGE_INPUT_MAX unhandled octets: stop reading until handled. */
bool authorization_feed(struct authorization *authorization, const char *data, size_t length);
/* Octets that may still be fed. */
size_t authorization_room(const struct authorization *authorization);
/* Handle lines until an event other than NEED_INPUT; replies are appended to `out`. */
enum authorization_event authorization_run(struct authorization *authorization, struct buf *out);

/* After LOGIN or RESPONSE: valid until the verdict. For "USER" and "LOGIN": user NUL secret. */
const char *authorization_mechanism(const struct authorization *authorization);
const void *authorization_response(const struct authorization *authorization, size_t *length);
/* The user name that was tried, for logs, cut; "" when unknown. */
const char *authorization_user(const struct authorization *authorization);

/* Auth's answer. RESTANTE_OK writes nothing: the worker does. Others write -ERR and go on (authorization_run). */
void authorization_verdict(struct authorization *authorization, enum restante_status status, struct buf *out);
/* Auth asks on: writes "+ ..." and goes on. */
void authorization_challenge(struct authorization *authorization, const void *data, size_t length, struct buf *out);
/* After RESTANTE_OK: what was pipelined behind the credentials. */
const char *authorization_unread(const struct authorization *authorization, size_t *length);

/*
 * TLS has begun after STLS. False when bytes had arrived behind STLS in the clear (CVE-2011-0411): close. Everything
 * learnt before, such as a user name, is forgotten (RFC 2595 section 4).
 */
bool authorization_tls_begun(struct authorization *authorization, bool allows_plain);

/* One word for the log: "quit", "bad-commands", "failed-logins", "protocol" … */
const char *authorization_close_reason(const struct authorization *authorization);

#endif
