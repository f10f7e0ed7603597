/*
 * master/policy_trial.h - the files that a policy room is given, and what it says about them.
 */
#ifndef MASTER_POLICY_TRIAL_H
#define MASTER_POLICY_TRIAL_H

#include <limits.h>

#include "ipc/messages_policy.h"
#include "master/generation.h"

struct master_trial {
    enum policy_operation operation;
    const char *driver;
    char **files; /* absolute */
    size_t count;
    char folder[PATH_MAX + 1]; /* where the command was given, with a slash; or "" */
    unsigned passed, failed;
};

/* What the room is to look at, before its START. */
void policy_trial_send_files(struct master_slot *slot);
/* One line that it has found: printed and counted. */
void policy_trial_take(const struct master_slot *slot, const struct message_policy_report *report);

#endif
