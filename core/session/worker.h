/*
 * session/worker.h - a worker: forked by the nursery before any user is known, it becomes the mailbox owner of its first
 * session and serves that session, and in isolation "uid" further ones of the same owner, from one event loop.
 */
#ifndef SESSION_WORKER_H
#define SESSION_WORKER_H

#include <signal.h>

#include "sandbox/confine.h"
#include "session/nursery_storage.h"
#include "session/session.h"

/* What a worker has from its nursery; everything else comes through the channel (FRAME_SESSION). */
struct worker_start {
    const struct session_settings *settings;
    const struct nursery_storages *storages;
    const struct confine_prepared *confinement;
    uint32_t minimum_uid;
    int channel_fd; /* to the nursery */
    int life_fd;    /* readable when the nursery has ended or wants us to end now */
    const sigset_t *mask; /* what was blocked before the fork */
};

/* In the child, right after fork. Never returns. */
void worker_main(const struct worker_start *start) __attribute__((noreturn));

#endif
