/*
 * master/maintain_tell.h - what the commands have in common when they tell of outcomes: failures and skipped maildrops
 * on standard error, counted for the exit status.
 */
#ifndef MASTER_MAINTAIN_TELL_H
#define MASTER_MAINTAIN_TELL_H

#include "master/maintain.h"

struct maintain_tell {
    size_t well, failed, in_use; /* maildrops */
};

/* Say what went wrong, if anything did, and count. True: it went well, perhaps with a note that is still to be said. */
bool maintain_tell_outcome(struct maintain_tell *tell, const char *user, const struct message_task_done *done);
/* For operations without rows. */
void maintain_tell_no_rows(void *context, const char *user, const char *cells, size_t length);
/* "restante: USER: text" on standard error. */
void maintain_tell_note(const char *user, const char *text);
/* `status` is maintain_run's. */
int maintain_tell_status(const struct maintain_tell *tell, int status);

#endif
