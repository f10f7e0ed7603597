/*
 * policy/stack.c - asking and telling, one policy after the other. Runs in a worker.
 */
#include "policy/stack.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/failure.h"
#include "policy/watch.h"
#include "util/alloc.h"
#include "util/error.h"

#define STACK_DECISION(name) (UINT32_C(1) << RESTANTE_##name)

/* What may be answered before anything happens. */
#define STACK_BEFORE (STACK_DECISION(ALLOW) | STACK_DECISION(REFUSE) | STACK_DECISION(DELAY) | STACK_DECISION(DISCONNECT))

static const struct {
    const char *name;
    uint32_t answers;
} stack_events[RESTANTE_EVENT_COUNT] = {
    [RESTANTE_EVENT_LOGIN] = {"login", STACK_BEFORE | STACK_DECISION(LIMIT)},
    [RESTANTE_EVENT_OPEN] = {"open", STACK_BEFORE},
    [RESTANTE_EVENT_CAPA] = {"capa", STACK_BEFORE},
    [RESTANTE_EVENT_STAT] = {"stat", STACK_BEFORE},
    [RESTANTE_EVENT_LIST] = {"list", STACK_BEFORE},
    [RESTANTE_EVENT_UIDL] = {"uidl", STACK_BEFORE},
    [RESTANTE_EVENT_RETR] = {"retr", STACK_BEFORE},
    [RESTANTE_EVENT_TOP] = {"top", STACK_BEFORE},
    [RESTANTE_EVENT_DELE] = {"dele", STACK_BEFORE | STACK_DECISION(HIDE) | STACK_DECISION(SET_ASIDE)},
    [RESTANTE_EVENT_RSET] = {"rset", STACK_BEFORE},
    [RESTANTE_EVENT_QUIT] = {"quit", STACK_DECISION(ALLOW)},
    [RESTANTE_EVENT_CLOSE] = {"close", 0},
};

const char *policy_event_name(enum restante_event event)
{
    return stack_events[event].name;
}

bool policy_stack_add(struct policy_stack *stack, const struct policy_entry *entry)
{
    if (stack->count == POLICY_ENTRIES_MAX)
        return false;
    stack->entries = alloc_resize(stack->entries, stack->count + 1, sizeof(*stack->entries));
    stack->entries[stack->count++] = *entry;
    stack->wanted |= entry->terms.wanted;
    stack->wanted_after |= entry->terms.wanted_after;
    return true;
}

void policy_stack_close(struct policy_stack *stack)
{
    while (stack->count > 0) {
        struct policy_entry *entry = &stack->entries[--stack->count];
        entry->operations->stop(&entry->policy);
    }
    free(stack->entries);
    *stack = (struct policy_stack){0};
}

/* --- one policy ------------------------------------------------------------------------------------------------ */

bool policy_stack_wants(uint32_t wanted, enum restante_event event)
{
    return wanted & UINT32_C(1) << event;
}

static const struct restante_store *stack_store(const struct policy_entry *entry, policy_store_of store_of,
                                                void *context)
{
    return store_of ? store_of(context, entry->terms.name) : NULL;
}

/* What the answer is to a failure; "none" where nothing can be done any more. */
static const char *stack_consequence(const struct policy_entry *entry, const struct restante_facts *facts)
{
    if (facts->is_after)
        return "none";
    if (facts->event == RESTANTE_EVENT_QUIT)
        return "nothing-expired";
    switch (entry->terms.on_error) {
    case RESTANTE_ON_ERROR_ALLOW:
        return "allow";
    case RESTANTE_ON_ERROR_TRY_LATER:
        return "try-later";
    case RESTANTE_ON_ERROR_REFUSE:
        break;
    }
    return "refuse";
}

static bool stack_decide(const struct restante_facts *facts, size_t number, const struct restante_verdict *verdict)
{
    return policy_decisions_put(facts->host_data, number, verdict);
}

/* Its verdict, if that is one of the answers to such a question. */
static bool stack_judge(const struct policy_entry *entry, struct restante_facts *facts,
                        struct restante_verdict *verdict)
{
    struct restante_error error = {0};
    char hook[24];
    snprintf(hook, sizeof(hook), "%s%s", facts->is_after ? "after." : "", policy_event_name(facts->event));
    *verdict = (struct restante_verdict){.decision = RESTANTE_ALLOW};
    policy_watch_begin(entry, facts, hook);
    enum restante_status status = entry->operations->judge(entry->policy, facts, verdict, &error);
    policy_watch_end();
    if (status == RESTANTE_OK && !facts->is_after) {
        unsigned decision = (unsigned)verdict->decision;
        if (decision > RESTANTE_LIMIT || !(stack_events[facts->event].answers & UINT32_C(1) << decision))
            status = error_set(&error, RESTANTE_INVALID, 0, NULL, "decision %u is no answer to %s", decision,
                               policy_event_name(facts->event));
    }
    if (status == RESTANTE_OK)
        return true;
    policy_failure_log(entry, facts, hook, stack_consequence(entry, facts), &error);
    return false;
}

/* --- asking and telling ---------------------------------------------------------------------------------------- */

/* True: refused. */
static bool stack_ask_entry(const struct policy_stack *stack, size_t number, struct restante_facts *facts,
                            struct policy_decisions *decisions, struct policy_answer *answer)
{
    const struct policy_entry *entry = &stack->entries[number];
    struct restante_verdict verdict;
    facts->decide = decisions ? stack_decide : NULL;
    facts->host_data = decisions;
    if (decisions)
        policy_decisions_begin(decisions, number, facts->event);
    bool is_good = stack_judge(entry, facts, &verdict);
    if (decisions)
        policy_decisions_end(decisions, is_good);
    if (is_good)
        return policy_answer_take(entry, &verdict, answer);
    if (facts->event != RESTANTE_EVENT_QUIT)
        return policy_answer_take_failure(entry, answer);
    answer->has_failed = true;
    return false;
}

bool policy_stack_ask_next(const struct policy_stack *stack, size_t *next, struct restante_facts *facts,
                           policy_store_of store_of, void *context, struct policy_decisions *decisions,
                           struct policy_answer *answer)
{
    size_t number = *next;
    while (number < stack->count && !policy_stack_wants(stack->entries[number].terms.wanted, facts->event))
        number++;
    *next = number + 1;
    if (number >= stack->count)
        return false;
    facts->is_after = false;
    facts->store = stack_store(&stack->entries[number], store_of, context);
    return !stack_ask_entry(stack, number, facts, decisions, answer);
}

void policy_stack_ask(const struct policy_stack *stack, struct restante_facts *facts, policy_store_of store_of,
                      void *context, struct policy_decisions *decisions, struct policy_answer *answer)
{
    size_t next = 0;
    *answer = (struct policy_answer){0};
    while (policy_stack_ask_next(stack, &next, facts, store_of, context, decisions, answer))
        ;
}

void policy_stack_tell(const struct policy_stack *stack, struct restante_facts *facts, policy_store_of store_of,
                       void *context)
{
    struct restante_verdict verdict;
    facts->is_after = true;
    facts->decide = NULL;
    facts->host_data = NULL;
    for (size_t i = 0; i < stack->count; i++) {
        if (!policy_stack_wants(stack->entries[i].terms.wanted_after, facts->event))
            continue;
        facts->store = stack_store(&stack->entries[i], store_of, context);
        stack_judge(&stack->entries[i], facts, &verdict);
    }
}
