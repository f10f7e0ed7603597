/*
 * tests/unit/fake_policy.h - policies made of C: each says what a test has told it to, and remembers what it was asked.
 */
#ifndef TESTS_FAKE_POLICY_H
#define TESTS_FAKE_POLICY_H

#include <restante/policy.h>

#include "policy/stack.h"

#define FAKE_POLICIES_MAX 4
#define FAKE_DECISIONS_MAX 8

struct fake_policy {
    struct restante_verdict verdicts[RESTANTE_EVENT_COUNT];
    bool fails[RESTANTE_EVENT_COUNT];
    /* At OPEN and QUIT: decided about message numbers, until one is 0; whether they were taken. */
    struct {
        size_t number;
        struct restante_verdict verdict;
        bool is_taken;
    } decisions[FAKE_DECISIONS_MAX];
    struct restante_announcement announcement; /* after login */
    bool fails_to_announce;
    /* What it was asked. */
    unsigned asked[RESTANTE_EVENT_COUNT], told[RESTANTE_EVENT_COUNT];
    struct restante_message_facts message; /* of the last question about one */
    struct restante_message_facts messages[FAKE_DECISIONS_MAX]; /* of the last one about a maildrop */
    size_t count;                          /* messages in the maildrop at the last question; 0 without */
    const struct restante_store *store;
    bool is_stopped;
};

extern struct fake_policy fake_policies[FAKE_POLICIES_MAX];

/* Forget everything and make a stack of `count`: "first", "second", … that want the events of the masks. */
void fake_policy_stack(struct policy_stack *stack, size_t count, uint32_t wanted, uint32_t wanted_after);

/* Policy number `place` from now on answers `decision` at `event`; returns the verdict, to add to it. */
struct restante_verdict *fake_policy_answers(size_t place, enum restante_event event, enum restante_decision decision);
/* At OPEN or QUIT it decides this about a message. */
void fake_policy_decides(size_t place, size_t number, enum restante_decision decision);

#endif
