/*
 * master/maintain.h - one operation on the maildrops of one user or of all, without anybody who logs in, beside a
 * server that runs or without one.
 *
 * The command's own rooms, one auth worker for each entry and a nursery, are started from the same configuration. For
 * each user an account is looked up and a task given to the nursery; some at a time. What comes back is told in the
 * order of the users. The master looks at no mail and no state itself.
 */
#ifndef MASTER_MAINTAIN_H
#define MASTER_MAINTAIN_H

#include "ipc/messages_task.h"

/* Where the answers go. Called in the order of the users, and for one user rows before the outcome. */
struct maintain_output {
    void (*begin)(void *context, size_t users); /* so many will be told of; may be NULL */
    /* Some rows: cells, each with its NUL. */
    void (*rows)(void *context, const char *user, const char *cells, size_t length);
    /* RESTANTE_DENIED: there is no such user. */
    void (*done)(void *context, const char *user, const struct message_task_done *done);
};

/* What this has to do with the time of the last run (master/clock_watch.h). */
enum maintain_clock {
    MAINTAIN_CLOCK_NONE = 0, /* rules remove nothing here */
    MAINTAIN_CLOCK_LOOK,     /* they would, and nothing is written down */
    MAINTAIN_CLOCK_KEEP,     /* they do: this is a run */
    MAINTAIN_CLOCK_APPROVE,  /* and the clock is right, says whoever gave the order */
};

struct maintain_plan {
    const char *file; /* of the configuration */
    const char *user; /* NULL: all that there are */
    struct task_order order;
    enum maintain_clock clock;
    const struct maintain_output *output;
    void *context;
};

/*
 * Returns an exit status: MASTER_EXIT_OK when `done` was called for every user, whatever it told; else what prevented
 * it has been printed.
 */
int maintain_run(const struct maintain_plan *plan);

#endif
