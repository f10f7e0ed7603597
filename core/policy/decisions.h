/*
 * policy/decisions.h - what policies have decided about the messages of a maildrop, at OPEN or at QUIT.
 *
 * Hold beats expire beats hide; among equals the first policy. The decisions of one policy count together or not at
 * all: one that fails half-way has decided nothing, and when that was at OPEN nothing expires for anybody: it might have
 * held what others let go. Eight octets a message; what is said about many is kept once.
 */
#ifndef POLICY_DECISIONS_H
#define POLICY_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/policy.h>

/* So many policies can be told apart. */
#define POLICY_ENTRIES_MAX UINT16_MAX
/* So many different rules with their reasons are kept; of further ones only that there was one. */
#define POLICY_REASONS_MAX 4096

struct policy_decisions;

/* For messages 1 to count; nothing is decided yet. */
struct policy_decisions *policy_decisions_open(size_t count);
void policy_decisions_close(struct policy_decisions **decisions);

/* What entry number `entry` of the stack decides about `event`, until policy_decisions_end. */
void policy_decisions_begin(struct policy_decisions *decisions, size_t entry, enum restante_event event);
/* False: there is no such message, or this cannot be decided about it at this event. */
bool policy_decisions_put(struct policy_decisions *decisions, size_t number, const struct restante_verdict *verdict);
/* Whether it counts. */
void policy_decisions_end(struct policy_decisions *decisions, bool is_good);

/* About message `number`: RESTANTE_ALLOW, HIDE, EXPIRE or HOLD. */
enum restante_decision policy_decisions_get(const struct policy_decisions *decisions, size_t number);
/* Has a policy failed at OPEN? Then a hold may be missing, and nothing expires. */
bool policy_decisions_is_incomplete(const struct policy_decisions *decisions);
/* By which entry of the stack, where, and why. Only where something was decided; valid until close. */
size_t policy_decisions_entry(const struct policy_decisions *decisions, size_t number);
const char *policy_decisions_rule(const struct policy_decisions *decisions, size_t number);
const char *policy_decisions_reason(const struct policy_decisions *decisions, size_t number);

#endif
