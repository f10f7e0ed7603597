/*
 * session/session.h - one session: a client's socket, the engine and a maildrop in an event loop. Runs in a worker, as
 * the mailbox owner. Several sessions can share a loop: none of them ever waits.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <event2/event.h>

#include "ipc/messages.h"
#include "session/maildrop.h"

struct session;

/* The same for many sessions; must outlive them. */
struct session_settings {
    const char *hostname;
    struct wire_compatibility compatibility;
    uint32_t bad_commands;
    int64_t idle_ms;    /* without a completed command, and without output being taken */
    int64_t command_ms; /* for a line that was begun */
    int64_t lock_ms; /* how long to wait for a maildrop that is in use */
    struct maildrop_rules rules;
};

struct session_request {
    int client_fd; /* a stream socket; taken over */
    struct message_session facts;
    struct maildrop_request maildrop; /* strings are copied */
    const void *input;                /* what the client sent behind its credentials */
    size_t input_length;              /* at most MESSAGE_INPUT_MAX */
};

/* The session has ended, been logged and closed; it is freed when this returns. */
typedef void (*session_ended)(struct session *session, void *context);

/* Begins with the next turn of the loop. */
struct session *session_open(struct event_base *base, const struct session_settings *settings,
                             const struct session_request *request, session_ended ended, void *context);
/* End now, without UPDATE; a commit that has begun is carried to its end first. May call `ended` at once. */
void session_shutdown(struct session *session);

/* How many messages its maildrop held; 0 before it was listed. */
size_t session_messages(const struct session *session);

/* Answer a client whose session cannot begin: one -ERR, then its socket is closed. */
void session_turn_away(int *client_fd, const struct restante_error *error);

#endif
