/*
 * policy/stack.h - the configured policies in their order, and what their answers to one question come to. Runs in a
 * worker, as the mailbox owner; the nursery fills the stack before it forks.
 *
 * The first refusal (or disconnect) wins and ends the asking. Otherwise: the longest delay, the tightest limits, and of
 * what becomes of a message at DELE the first answer. What is decided per message: decisions.h. A policy that fails
 * decides nothing: it is answered for as its on_error says, and the failure is one line of the log.
 */
#ifndef POLICY_STACK_H
#define POLICY_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/policy.h>

#include "policy/answer.h"
#include "policy/decisions.h"

/* Zeroed: no policies, nothing is wanted. */
struct policy_stack {
    struct policy_entry *entries;
    size_t count;
    uint32_t wanted, wanted_after; /* of all together: masks of RESTANTE_EVENT(x) */
};

/* What the policy of this name keeps in this maildrop's ledger; NULL: nothing is known, nothing is kept. */
typedef const struct restante_store *(*policy_store_of)(void *context, const char *policy_name);

/* Entries and masks; false when there are too many for decisions.h. The entry is copied. */
bool policy_stack_add(struct policy_stack *stack, const struct policy_entry *entry);
/* Stop every policy, the last one first. */
void policy_stack_close(struct policy_stack *stack);

/*
 * Ask everybody who wants it about facts->event. The store, `decide` and is_after are filled in here. `decisions` is
 * for OPEN and QUIT, else NULL. `store_of` may be NULL.
 */
void policy_stack_ask(const struct policy_stack *stack, struct restante_facts *facts, policy_store_of store_of,
                      void *context, struct policy_decisions *decisions, struct policy_answer *answer);
/*
 * The same in steps of one policy each, for questions about a whole maildrop: *next and *answer are zeroed before the
 * first. True: there is more to ask.
 */
bool policy_stack_ask_next(const struct policy_stack *stack, size_t *next, struct restante_facts *facts,
                           policy_store_of store_of, void *context, struct policy_decisions *decisions,
                           struct policy_answer *answer);

/* Tell everybody who wants to know that facts->event has been carried out. */
void policy_stack_tell(const struct policy_stack *stack, struct restante_facts *facts, policy_store_of store_of,
                       void *context);

/*
 * What CAPA announces: the shortest expiry and the longest login delay of all. Without facts: to everybody, before
 * login; with them to this session, where nothing differs any more. No policy: RESTANTE_NO_ANNOUNCEMENT.
 */
void policy_stack_announce(const struct policy_stack *stack, struct restante_facts *facts, policy_store_of store_of,
                           void *context, struct restante_announcement *announcement);

/* Is the event in this mask: `wanted` or `wanted_after`, of one policy or of all? */
bool policy_stack_wants(uint32_t wanted, enum restante_event event);

/* "dele"; "login". */
const char *policy_event_name(enum restante_event event);

#endif
