/*
 * policy/failure.h - the line of the log that says that a policy has failed.
 */
#ifndef POLICY_FAILURE_H
#define POLICY_FAILURE_H

#include "policy/answer.h"

/* In `hook` of this policy; `answer` is what is done about it. Allocates nothing. */
void policy_failure_log(const struct policy_entry *entry, const struct restante_facts *facts, const char *hook,
                        const char *answer, const struct restante_error *error);

#endif
