/*
 * policy/answer.h - one policy, and what the answers of several come to. Runs in a worker.
 */
#ifndef POLICY_ANSWER_H
#define POLICY_ANSWER_H

#include <stdbool.h>

#include <restante/policy.h>

struct policy_entry {
    const struct restante_policy *operations;
    void *policy;                       /* what its start made */
    struct restante_policy_terms terms; /* its name is never empty */
};

/* What a question came to; zeroed: allowed. */
struct policy_answer {
    /*
     * `decision` is RESTANTE_ALLOW, REFUSE, DISCONNECT, HIDE or SET_ASIDE: delay_ms and limits stand beside it, and
     * are 0 with a refusal. Texts and code are clean.
     */
    struct restante_verdict verdict;
    const struct policy_entry *by;         /* who decided it; NULL: nobody had anything against it */
    const struct policy_entry *delayed_by; /* whose delay it is */
    char delay_rule[64];
    bool is_failure; /* refused because `by` failed, which has been logged */
    bool has_failed; /* somebody failed, whatever came of it */
};

/* Add the verdict of one more policy. True: it is refused, and nobody else is asked. */
bool policy_answer_take(const struct policy_entry *entry, const struct restante_verdict *verdict,
                        struct policy_answer *answer);
/* Add what its on_error says for one that failed. True: as above. */
bool policy_answer_take_failure(const struct policy_entry *entry, struct policy_answer *answer);

#endif
