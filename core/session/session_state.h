/*
 * session/session_state.h - what the files of a session share; nobody else includes it.
 *
 *     session.c          opening, shutting down, what wakes a session up
 *     session_begin.c    from the lock to the greeting
 *     session_talk.c     TRANSACTION: the engine between input and output
 *     session_end.c      whichever way it ends: UPDATE, what is remembered, the last octets
 *     session_policy.c   what the policies are asked and told
 *     session_output.c   what is to be sent
 *     session_events.c   timers and sockets
 */
#ifndef SESSION_SESSION_STATE_H
#define SESSION_SESSION_STATE_H

#include "session/session.h"
#include "session/session_policy.h"
#include "session/session_socket.h"
#include "util/buf.h"

enum {
    SESSION_OUTPUT_LIMIT = 131072, /* octets made before they are sent */
    SESSION_RETRY_MS = 100,        /* where somebody else has to act first */
};

/* In this order; UPDATING comes behind TALKING alone, SAVING and FLUSHING behind any of them. */
enum session_state {
    SESSION_LOCKING,
    SESSION_REMEMBERING, /* reading the ledger */
    SESSION_LISTING,  /* and before it, waiting as a policy wants it */
    SESSION_DECIDING, /* policies look at all messages */
    SESSION_GREETING, /* waiting as a policy wants it */
    SESSION_TALKING,
    SESSION_UPDATING,
    SESSION_SAVING, /* what has to be remembered but for UPDATE */
    SESSION_FLUSHING,
};

struct session {
    const struct session_settings *settings;
    session_ended ended;
    void *context;
    enum session_state state;
    int fd;
    struct message_session facts;
    char *user;
    struct maildrop *maildrop;
    struct session_policy policy;
    struct transaction *transaction; /* from TALKING on */
    struct transaction_settings transaction_settings;
    struct buf input; /* pipelined behind the credentials, until there is a transaction */
    struct buf out;   /* what is to be sent: the loop's buffer for a while, or what the client has not taken */
    struct event *readable, *writable;
    struct event *step; /* the next step of a long operation, or the next try */
    struct event *deadline;
    int64_t opened_ms;
    int64_t waiting_ms;   /* since when for somebody else, who holds the maildrop */
    int64_t delayed_until_ms; /* a policy lets a command wait; 0: none does */
    int64_t idle_ms;      /* as configured, or as a policy wants it */
    uint32_t bad_commands;
    int64_t active_ms;     /* when a command was completed or output taken as a whole */
    int64_t line_began_ms; /* 0: no line is incomplete */
    size_t messages;
    bool is_reading, is_writing;
    bool is_at_end;        /* the client sends no more */
    bool has_quit;
    bool is_gone;          /* nothing more is sent to the client */
    bool is_shutting_down; /* end when what has begun is done */
    const char *how;
    struct maildrop_counts counts; /* as far as it got */
};

/* --- session_events.c */

/* Call session_step after this time; 0: with the next turn of the loop. */
void session_step_after(struct session *session, int64_t delay_ms);
/* Which of the two wakes the session up. */
void session_watch(struct session *session, bool read, bool write);
/* How long until it is over unless something happens; where nobody waits for the client, until it is asked again. */
int64_t session_time_left_ms(const struct session *session);
void session_set_deadline(struct session *session, int64_t delay_ms);
/* The engine wants input: has a line been begun? `has_completed`: after a command was carried out. */
void session_note_line(struct session *session, bool has_completed);
void session_free_events(struct session *session);

/* --- session_output.c */

/* Somewhere to write, before session_send or session_keep_rest. */
struct buf *session_out(struct session *session);
/* The shared buffer goes back; what is left is kept in as much memory as it needs. */
void session_keep_rest(struct session *session);
/* Send what was made; what the client does not take is kept. SESSION_SOCKET_DONE: it has taken everything. */
enum session_socket_result session_send(struct session *session);

/* --- session_begin.c, session_talk.c */

/* One step of the state, from LOCKING to GREETING. */
void session_begin_step(struct session *session);
/* Make output and send it, in turns, until the client has to act or others have waited long enough. */
void session_talk(struct session *session);

/* --- session_end.c */

/*
 * Nothing more comes from the client. What has to be done is done, then it gets what is to be sent, and the session is
 * over; `how` says why unless that is known already. Nothing may touch the session afterwards.
 */
void session_leave(struct session *session, const char *how);
/* The same without a client: it is gone, or has to be. */
void session_end(struct session *session, const char *how);
/* The login has failed: the client gets the error. */
void session_fail(struct session *session, const char *event, const struct restante_error *error);
/* One step of the state, from UPDATING on. */
void session_end_step(struct session *session);
/* Over now, whatever is left undone. */
void session_finish(struct session *session, const char *how);

#endif
