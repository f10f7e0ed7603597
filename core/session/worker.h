/*
 * session/worker.h - what a forked worker does: become the mailbox owner, serve, exit.
 */
#ifndef SESSION_WORKER_H
#define SESSION_WORKER_H

#include <signal.h>

#include "sandbox/sandbox.h"
#include "session/session.h"

struct worker_start {
    const struct session_settings *settings;
    struct sandbox_identity owner;
    uint32_t minimum_uid;
    int life_fd;           /* readable when the nursery has ended or wants us to */
    const sigset_t *mask;  /* what was blocked before the fork */
    const char *state_dir;
    struct session_request session; /* its maildrop.state_fd is filled in here */
};

/* In the child, right after fork. Never returns. */
void worker_main(struct worker_start *start) __attribute__((noreturn));

#endif
