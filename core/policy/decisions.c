/*
 * policy/decisions.c - decisions per message, and the reasons that they share. Runs in a worker.
 */
#include "policy/decisions.h"

#include <stdlib.h>
#include <string.h>

#include "policy/text.h"
#include "util/alloc.h"
#include "util/str.h"

enum { REASONS_BUCKETS = 2 * POLICY_REASONS_MAX };

struct policy_decision {
    uint8_t decision; /* enum restante_decision */
    uint16_t entry;
    uint32_t reason; /* of `reasons` */
};

struct policy_reason {
    char *rule, *reason;
};

struct policy_decisions {
    size_t count;
    struct policy_decision *messages; /* by number, less 1 */
    struct policy_decision *pending;  /* of the policy that is being asked */
    uint16_t entry;                   /* that policy */
    enum restante_event event;
    bool has_pending;
    bool is_incomplete; /* somebody failed at OPEN */
    struct policy_reason *reasons; /* the first stands for those that are too many */
    size_t reasons_count;
    uint32_t *buckets; /* places in `reasons`; 0: free */
};

struct policy_decisions *policy_decisions_open(size_t count)
{
    struct policy_decisions *decisions = alloc_zeroed(sizeof(*decisions));
    decisions->count = count;
    return decisions;
}

static void decisions_add_reason(struct policy_decisions *decisions, const char *rule, const char *reason)
{
    struct policy_reason *added = &decisions->reasons[decisions->reasons_count++];
    added->rule = alloc_string(rule);
    added->reason = alloc_string(reason);
}

/* Memory for what is decided: most maildrops never need any. */
static void decisions_prepare(struct policy_decisions *decisions)
{
    if (!decisions->pending)
        decisions->pending = alloc_array(decisions->count + 1, sizeof(*decisions->pending));
    if (decisions->messages)
        return;
    decisions->messages = alloc_array(decisions->count + 1, sizeof(*decisions->messages));
    decisions->reasons = alloc_array(POLICY_REASONS_MAX + 1, sizeof(*decisions->reasons));
    decisions->buckets = alloc_array(REASONS_BUCKETS, sizeof(*decisions->buckets));
    decisions_add_reason(decisions, "one of many rules", "");
}

void policy_decisions_close(struct policy_decisions **decisions)
{
    struct policy_decisions *closed = *decisions;
    *decisions = NULL;
    if (!closed)
        return;
    for (size_t i = 0; i < closed->reasons_count; i++) {
        free(closed->reasons[i].rule);
        free(closed->reasons[i].reason);
    }
    free(closed->reasons);
    free(closed->buckets);
    free(closed->pending);
    free(closed->messages);
    free(closed);
}

/* --- reasons --------------------------------------------------------------------------------------------------- */

/* FNV-1a */
static uint32_t decisions_hash(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
    return hash;
}

/* Rule and reason, kept once; 0 when there are too many different ones. */
static uint32_t decisions_reason(struct policy_decisions *decisions, const struct restante_verdict *verdict)
{
    char rule[sizeof(verdict->rule)], reason[sizeof(verdict->reason)];
    policy_text_clean(rule, sizeof(rule), verdict->rule, sizeof(verdict->rule));
    policy_text_clean(reason, sizeof(reason), verdict->reason, sizeof(verdict->reason));
    uint32_t hash = decisions_hash(decisions_hash(UINT32_C(2166136261), rule) ^ '\n', reason);
    for (size_t at = hash % REASONS_BUCKETS;; at = (at + 1) % REASONS_BUCKETS) {
        uint32_t place = decisions->buckets[at];
        if (place == 0) {
            if (decisions->reasons_count > POLICY_REASONS_MAX)
                return 0;
            decisions->buckets[at] = (uint32_t)decisions->reasons_count;
            decisions_add_reason(decisions, rule, reason);
            return decisions->buckets[at];
        }
        if (strcmp(decisions->reasons[place].rule, rule) == 0 &&
            strcmp(decisions->reasons[place].reason, reason) == 0)
            return place;
    }
}

/* --- deciding -------------------------------------------------------------------------------------------------- */

/* 0: cannot be decided about a message. */
static unsigned decisions_strength(unsigned decision)
{
    switch (decision) {
    case RESTANTE_HOLD:
        return 3;
    case RESTANTE_EXPIRE:
        return 2;
    case RESTANTE_HIDE:
        return 1;
    default:
        return 0;
    }
}

static void decisions_merge(struct policy_decision *into, const struct policy_decision *from)
{
    if (decisions_strength(from->decision) > decisions_strength(into->decision))
        *into = *from;
}

void policy_decisions_begin(struct policy_decisions *decisions, size_t entry, enum restante_event event)
{
    decisions->entry = (uint16_t)entry;
    decisions->event = event;
    decisions->has_pending = false;
}

bool policy_decisions_put(struct policy_decisions *decisions, size_t number, const struct restante_verdict *verdict)
{
    struct policy_decision decision = {.decision = (uint8_t)verdict->decision, .entry = decisions->entry};
    if (number < 1 || number > decisions->count)
        return false;
    if (verdict->decision == RESTANTE_ALLOW)
        return true;
    if (decisions_strength((unsigned)verdict->decision) == 0 ||
        (decisions->event == RESTANTE_EVENT_QUIT && verdict->decision != RESTANTE_EXPIRE))
        return false;
    decisions_prepare(decisions);
    decision.reason = decisions_reason(decisions, verdict);
    decisions->has_pending = true;
    decisions_merge(&decisions->pending[number - 1], &decision);
    return true;
}

void policy_decisions_end(struct policy_decisions *decisions, bool is_good)
{
    for (size_t i = 0; is_good && decisions->has_pending && i < decisions->count; i++)
        decisions_merge(&decisions->messages[i], &decisions->pending[i]);
    free(decisions->pending);
    decisions->pending = NULL;
    decisions->has_pending = false;
    if (!is_good && decisions->event == RESTANTE_EVENT_OPEN)
        decisions->is_incomplete = true;
}

/* --- reading --------------------------------------------------------------------------------------------------- */

static const struct policy_decision *decisions_find(const struct policy_decisions *decisions, size_t number)
{
    static const struct policy_decision nothing = {.decision = RESTANTE_ALLOW};
    if (!decisions->messages || number < 1 || number > decisions->count)
        return &nothing;
    return &decisions->messages[number - 1];
}

enum restante_decision policy_decisions_get(const struct policy_decisions *decisions, size_t number)
{
    enum restante_decision decision = (enum restante_decision)decisions_find(decisions, number)->decision;
    /* WHY: who failed may have wanted to hold it. */
    return decision == RESTANTE_EXPIRE && decisions->is_incomplete ? RESTANTE_ALLOW : decision;
}

bool policy_decisions_is_incomplete(const struct policy_decisions *decisions)
{
    return decisions->is_incomplete;
}

size_t policy_decisions_entry(const struct policy_decisions *decisions, size_t number)
{
    return decisions_find(decisions, number)->entry;
}

const char *policy_decisions_rule(const struct policy_decisions *decisions, size_t number)
{
    return decisions->messages ? decisions->reasons[decisions_find(decisions, number)->reason].rule : "";
}

const char *policy_decisions_reason(const struct policy_decisions *decisions, size_t number)
{
    return decisions->messages ? decisions->reasons[decisions_find(decisions, number)->reason].reason : "";
}
