/*
 * session/task_worker.h - a process forked by the nursery for one task.
 */
#ifndef SESSION_TASK_WORKER_H
#define SESSION_TASK_WORKER_H

#include "session/worker.h"

/* In the child, right after fork; the channel brings FRAME_WORK. Never returns. */
void task_worker_main(const struct worker_start *start) __attribute__((noreturn));

#endif
