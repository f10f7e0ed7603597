/*
 * ipc/messages_task.h - maintenance: what a command's master asks the rooms that it has started of its own, and what
 * they answer. An account is looked up by an auth worker; a task, one operation on one maildrop, goes through the
 * nursery to a worker that becomes the mailbox owner, and its rows and outcome come back the same way.
 */
#ifndef IPC_MESSAGES_TASK_H
#define IPC_MESSAGES_TASK_H

#include "ipc/messages.h"

#define MESSAGE_USERS_MAX 65536     /* octets of names in one frame */
#define MESSAGE_ARGUMENTS_MAX 65536 /* octets of a task's arguments */
#define MESSAGE_ROWS_MAX 65536      /* octets of rows in one frame */
#define MESSAGE_NOTE_MAX 1023       /* characters of a task's last words */

/* FRAME_LOOKUP: who is this user? */
struct message_lookup {
    uint64_t request_id;
    char user[RESTANTE_USER_MAX + 1];
};
void message_put_lookup(struct frame_out *frame, const struct message_lookup *message);
bool message_get_lookup(struct frame_in *frame, struct message_lookup *message);

/* FRAME_FOUND: the account, checked and completed as after a login; or why not. */
struct message_found {
    uint64_t request_id;
    uint8_t status; /* RESTANTE_OK, or _DENIED (none such), _END (never anybody's mail), _TEMPORARY, _PERMANENT */
    struct restante_account account;
    char log[512];
};
void message_put_found(struct frame_out *frame, const struct message_found *message);
bool message_get_found(struct frame_in *frame, struct message_found *message);

/* FRAME_LIST: some more users, from a cursor on; 0 is the first. */
struct message_list {
    uint64_t cursor;
};
void message_put_list(struct frame_out *frame, const struct message_list *message);
bool message_get_list(struct frame_in *frame, struct message_list *message);

/* FRAME_LISTED: RESTANTE_OK: there may be more; _END: these are the last; else why not, and nothing is there. */
struct message_listed {
    uint64_t cursor; /* for the next FRAME_LIST */
    uint8_t status;
    const char *users; /* names, each with its NUL; a view into the frame */
    size_t users_length;
    char log[512];
};
void message_put_listed(struct frame_out *frame, const struct message_listed *message);
bool message_get_listed(struct frame_in *frame, struct message_listed *message);

/* What is to be done with a maildrop. */
enum task_kind {
    TASK_FORGET = 1, /* its state is removed, as if it had never been opened */
    TASK_EXPIRE,  /* what policies want to be removed is removed; is_forced approves the brake */
    TASK_HELD_LIST, /* what is set aside or hidden; arguments are unique-ids, none: all */
    TASK_HELD_RESTORE,
    TASK_HELD_PURGE,
    TASK_JOURNAL, /* what was done to its messages; arguments "json" and "by-peer" say how that is shown */
    TASK_EXPLAIN, /* what becomes of each message, when and why */
    TASK_KIND_COUNT,
};

struct task_order {
    uint8_t kind; /* enum task_kind */
    bool is_dry_run;   /* change nothing at all */
    bool is_forced;    /* --force: what it approves depends on the operation */
    int64_t at_s;      /* the time that it is taken to be; 0: the present one */
    int64_t since_s;   /* what is older does not matter */
    const char *arguments; /* texts, each with its NUL: unique-ids or what the operation takes */
    size_t arguments_length;
};

/* FRAME_TASK, master to nursery. `order.arguments` is a view into the frame. */
struct message_task {
    uint64_t task_id; /* only ever grows */
    struct restante_account account;
    struct task_order order;
};
void message_put_task(struct frame_out *frame, const struct message_task *message);
bool message_get_task(struct frame_in *frame, struct message_task *message);

/* FRAME_WORK, nursery to worker: once. Its texts are views into the frame. */
struct message_work {
    uint64_t task_id;
    struct message_owner owner;
    uint32_t storage; /* which item of the nursery's list, from 0 */
    const char *path, *user;
    const char *state_dir; /* "": there is none, and none is to be made */
    struct task_order order;
};
void message_put_work(struct frame_out *frame, const struct message_work *message);
bool message_get_work(struct frame_in *frame, struct message_work *message);

/*
 * FRAME_TASK_ROWS: some rows of the operation's table, cell after cell, each with its NUL. No more come before
 * FRAME_TASK_NEXT: so nothing grows where a reader is slow.
 */
struct message_task_rows {
    uint64_t task_id;
    const char *cells;
    size_t length;
};
void message_put_task_rows(struct frame_out *frame, const struct message_task_rows *message);
bool message_get_task_rows(struct frame_in *frame, struct message_task_rows *message);
void message_put_task_next(struct frame_out *frame, uint64_t task_id);
bool message_get_task_next(struct frame_in *frame, uint64_t *task_id);

/* What was counted; what does not apply is 0. */
struct task_counts {
    uint64_t messages, octets; /* the maildrop's, as it was found */
    uint64_t done, done_octets; /* messages removed, restored; files forgotten */
    uint64_t failed;           /* that were to be, and are not */
    uint64_t left_alone;       /* that something stopped: the brake, the clock guard */
};

/* FRAME_TASK_DONE: the last word about a task. */
struct message_task_done {
    uint64_t task_id;
    uint8_t status; /* RESTANTE_OK; _IN_USE: skipped; _END: not begun or broken off, for everything ends; else failed */
    struct task_counts counts;
    char note[MESSAGE_NOTE_MAX + 1]; /* for people: why not, or what else is to be known; "" mostly */
};
void message_put_task_done(struct frame_out *frame, const struct message_task_done *message);
bool message_get_task_done(struct frame_in *frame, struct message_task_done *message);

#endif
