/*
 * session/maildrop_foresee.c - the policies' questions at OPEN and QUIT, once more and for another time. What a policy
 * puts into its store while it is asked is forgotten: every question begins from the store as it is.
 */
#include "session/maildrop_foresee.h"

#include <stdlib.h>
#include <string.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"

/* Facts as they would be after a session that has fetched everything. */
struct foresee_fetched {
    struct restante_maildrop_facts as_it_is;
    int64_t fetched_s;
};

static bool foresee_message(const struct restante_maildrop_facts *facts, size_t number,
                            struct restante_message_facts *message)
{
    const struct foresee_fetched *fetched = facts->host_data;
    if (!fetched->as_it_is.message(&fetched->as_it_is, number, message))
        return false;
    if (message->first_retrieved_s == 0)
        message->first_retrieved_s = fetched->fetched_s;
    message->retrieved_count++;
    return true;
}

static bool foresee_put(const struct restante_store *store, const char *name, const char *value)
{
    (void)store;
    (void)name;
    (void)value;
    return true;
}

static const char *foresee_get(const struct restante_store *store, const char *name)
{
    const struct restante_store *kept = store->host_data;
    return kept ? kept->get(kept, name) : NULL;
}

/* One policy is asked at a time. */
static const struct restante_store *foresee_store(void *context, const char *policy_name)
{
    static struct restante_store store;
    store = (struct restante_store){.get = foresee_get, .put = foresee_put,
                                    .host_data = (void *)(uintptr_t)maildrop_store(context, policy_name)};
    return &store;
}

static bool foresee_is_refused(const struct policy_answer *answer)
{
    return answer->verdict.decision == RESTANTE_REFUSE || answer->verdict.decision == RESTANTE_DISCONNECT;
}

/* The maildrop as it is told; `fetched` is used where something is made up. */
static void foresee_facts(struct maildrop *maildrop, struct maildrop_foresight *foresight,
                          struct foresee_fetched *fetched, struct restante_maildrop_facts *facts)
{
    if (foresight->event == RESTANTE_EVENT_QUIT) {
        maildrop_facts(maildrop, &(struct maildrop_client){.retrieved = foresight->retrieved}, facts);
        return;
    }
    maildrop_facts_all(maildrop, facts);
    if (foresight->fetched_s == 0)
        return;
    *fetched = (struct foresee_fetched){.as_it_is = *facts, .fetched_s = foresight->fetched_s};
    facts->message = foresee_message;
    facts->host_data = fetched;
}

static size_t foresee_count(const struct maildrop *maildrop, const struct maildrop_foresight *foresight)
{
    return foresight->event == RESTANTE_EVENT_QUIT ? maildrop->view.count : maildrop->count;
}

enum restante_status maildrop_foresee(struct maildrop *maildrop, const struct restante_session_facts *session,
                                      struct maildrop_foresight *foresight)
{
    struct foresee_fetched fetched;
    struct restante_maildrop_facts all;
    struct policy_answer answer = {0};
    size_t count = foresee_count(maildrop, foresight);
    if (!foresight->decisions) {
        foresight->decisions = policy_decisions_open(count);
        foresight->retrieved = alloc_array(count + 1, sizeof(*foresight->retrieved));
        memset(foresight->retrieved, 1, (count + 1) * sizeof(*foresight->retrieved));
    }
    if (!maildrop_wants(maildrop, foresight->event))
        return RESTANTE_OK;
    foresee_facts(maildrop, foresight, &fetched, &all);
    struct restante_facts facts = {.event = foresight->event, .session = session, .maildrop = &all};
    bool has_more = policy_stack_ask_next(maildrop->rules->policies, &foresight->asked, &facts, foresee_store, maildrop,
                                          foresight->decisions, &answer);
    foresight->has_failed |= answer.has_failed || foresee_is_refused(&answer);
    maildrop->client = (struct maildrop_client){0};
    return has_more && !foresight->has_failed ? RESTANTE_AGAIN : RESTANTE_OK;
}

void maildrop_foresee_end(struct maildrop_foresight *foresight)
{
    policy_decisions_close(&foresight->decisions);
    free(foresight->retrieved);
    *foresight = (struct maildrop_foresight){.event = foresight->event};
}

size_t maildrop_foresee_visible(const struct maildrop *maildrop, size_t index)
{
    struct maildrop_outlook outlook;
    maildrop_outlook(maildrop, index, &outlook);
    return outlook.is_shown ? maildrop_visible(maildrop, index) : SIZE_MAX;
}

int64_t maildrop_foresee_delivered_s(struct maildrop *maildrop, size_t index)
{
    struct restante_maildrop_facts all;
    struct restante_message_facts message;
    maildrop_facts_all(maildrop, &all);
    return all.message(&all, index + 1, &message) ? message.delivered_s : 0;
}

const char *maildrop_foresee_policy(const struct maildrop *maildrop, const struct policy_decisions *decisions,
                                    size_t number)
{
    return maildrop->rules->policies->entries[policy_decisions_entry(decisions, number)].terms.name;
}
