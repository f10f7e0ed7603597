/*
 * session/task.h - one operation of maintenance on one maildrop, for people who never log in. Runs in a worker of its
 * own, as the mailbox owner. An operation takes the session lock like a session, works in steps, and answers with rows
 * of text and with counts.
 */
#ifndef SESSION_TASK_H
#define SESSION_TASK_H

#include "ipc/messages_task.h"
#include "session/maildrop.h"
#include "session/session.h"
#include "util/buf.h"

struct task;

/* What a task does; one row of a table in task.c. */
struct task_operation {
    bool makes_state;  /* where there is no state directory yet, one is made; not for a dry run */
    bool is_read_only; /* opens the maildrop for looking, as a dry run does */
    bool is_by_hand;   /* rules remove nothing, whatever they say */
    bool is_lockless;  /* reads what may grow meanwhile, and waits for nobody */
    /*
     * A step of some milliseconds. RESTANTE_AGAIN: call again; RESTANTE_WAIT: after a pause; RESTANTE_OK: done; else
     * it has failed.
     */
    enum restante_status (*step)(struct task *task, struct restante_error *error);
    void (*end)(struct task *task); /* free `state`; may be NULL */
};

struct task_request {
    const struct session_settings *settings;
    struct maildrop_request maildrop; /* strings are copied; state_fd, which may be -1, is taken over */
    const struct task_order *order;   /* copied */
};

/* What the operations see. */
struct task {
    const struct task_operation *operation;
    const struct session_settings *settings;
    struct task_order order;
    char *user;
    struct maildrop *maildrop; /* locked, unless the operation is lockless */
    int state_fd;              /* the state directory; -1: there is none */
    bool is_unbreakable;       /* what has begun must come to its end, whoever wants this process to end */
    struct buf rows;           /* cells for the master, each with its NUL */
    struct task_counts counts;
    char note[MESSAGE_NOTE_MAX + 1];
    void *state; /* the operation's own */
    int64_t locking_until_ms;
    bool is_locked;
};

/* Is a state directory to be made for it? */
bool task_makes_state(const struct task_order *order);
/* Touches nothing yet. */
struct task *task_open(const struct task_request *request);
/* The lock, then the operation. As the operation's own step; RESTANTE_IN_USE: somebody else holds the maildrop. */
enum restante_status task_step(struct task *task, struct restante_error *error);
/* Whoever closes it early leaves things as they were, unless it is unbreakable. Unlocks. */
void task_close(struct task **task);

/* --- for the operations --- */

/* One row: cells up to a NULL. */
void task_row(struct task *task, const char *cell, ...) __attribute__((sentinel));
/* Enough rows: return RESTANTE_AGAIN, so that they can be sent. */
bool task_is_full(const struct task *task);
/* A sentence for whoever gave the order; a further one follows the first after "; ". */
void task_note(struct task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Is this one of the order's arguments? */
bool task_has_argument(const struct task *task, const char *argument);
/* The next of the order's arguments; start with NULL. NULL at the end. */
const char *task_argument(const struct task *task, const char *before);

extern const struct task_operation task_expire, task_explain, task_forget, task_held_list, task_held_purge,
    task_held_restore, task_journal;

#endif
