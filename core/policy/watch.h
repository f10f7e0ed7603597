/*
 * policy/watch.h - a policy that does not come back ends the process, as the last resort. Runs in a worker.
 *
 * WHY: a policy is bounded by its engine, but for what goes on within one call of a library. The time is generous, so
 * that the engine's own limits come first: 14 s of processor time at least, more for maildrops with many messages.
 */
#ifndef POLICY_WATCH_H
#define POLICY_WATCH_H

#include "policy/answer.h"

/* From here to the end this policy is in this hook; the facts have to stay as long. */
void policy_watch_begin(const struct policy_entry *entry, const struct restante_facts *facts, const char *hook);
void policy_watch_end(void);

#endif
