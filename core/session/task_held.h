/*
 * session/task_held.h - the messages of a maildrop that are set aside or hidden, and which of them an order means.
 */
#ifndef SESSION_TASK_HELD_H
#define SESSION_TASK_HELD_H

#include "session/task.h"

/* One message with a mark. */
struct held {
    size_t index; /* the storage driver's */
    int64_t hidden_s, set_aside_s, set_aside_until_s;
    char *hidden_rule, *set_aside_rule; /* NULL: not marked so */
};

/* Zeroed: not begun. In the order of the maildrop. */
struct held_list {
    struct held *list;
    size_t count, capacity;
    const char **wanted; /* the order's unique-ids, sorted; none: every message with a mark */
    bool *is_found;      /* for each of them */
    size_t wanted_count;
    size_t looked_at; /* messages */
    bool is_begun;
};

/* Once the maildrop is listed: RESTANTE_AGAIN: call again. */
enum restante_status held_find(struct held_list *held, const struct task *task);
/* What was asked for by name and is not there is counted as failed, and said. */
void held_tell_missing(const struct held_list *held, struct task *task);
/* The mark that decides about it: "set aside" or "hidden". */
const char *held_state(const struct held *one);
/* As it was, or none at all, in the ledger's memory. */
void held_mark(const struct held *one, const struct task *task);
void held_unmark(const struct held *one, const struct task *task);
void held_free(struct held_list *held);

#endif
