/*
 * session/maildrop_decide.c - OPEN: marks and decisions come together, and from them what the client is shown. Runs in
 * a worker. Decides; removes nothing.
 *
 * Where rules are stopped (maildrop_brake.c), what they wanted to remove stays visible. What was set aside or hidden
 * stays hidden.
 */
#include <stdlib.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { MAILDROP_DECISIONS_PER_STEP = 8192 };

size_t maildrop_step_end(size_t at, size_t count, size_t most)
{
    return count - at > most ? at + most : count;
}

const struct restante_session_facts *maildrop_session(const struct restante_session_facts *session,
                                                      struct restante_session_facts *nobody)
{
    if (session)
        return session;
    int64_t now_s = clock_now_s();
    *nobody = (struct restante_session_facts){.session_id = "", .user = "", .local = "", .domain = "", .peer = "",
                                              .mechanism = "", .now_s = now_s, .login_s = now_s};
    return nobody;
}

/* --- how a message stands -------------------------------------------------------------------------------------- */

bool maildrop_wants(const struct maildrop *maildrop, enum restante_event event)
{
    const struct policy_stack *policies = maildrop->rules ? maildrop->rules->policies : NULL;
    return policies && policy_stack_wants(policies->wanted, event);
}

bool maildrop_is_plain(const struct maildrop *maildrop)
{
    return !maildrop->decisions && !maildrop->standings;
}

uint8_t maildrop_standing(const struct maildrop *maildrop, size_t index)
{
    return maildrop->standings ? maildrop->standings[index] : 0;
}

enum restante_decision maildrop_decision(const struct maildrop *maildrop, size_t index)
{
    return maildrop->decisions ? policy_decisions_get(maildrop->decisions, index + 1) : RESTANTE_ALLOW;
}

enum maildrop_act maildrop_wish(const struct maildrop *maildrop, size_t index)
{
    enum restante_decision decision = maildrop_decision(maildrop, index);
    if (decision == RESTANTE_HOLD)
        return MAILDROP_KEEP;
    if (maildrop_standing(maildrop, index) & MAILDROP_IS_OVER)
        return MAILDROP_LET_GO;
    return decision == RESTANTE_EXPIRE ? MAILDROP_EXPIRE : MAILDROP_KEEP;
}

bool maildrop_may(enum maildrop_stop stop, enum maildrop_act act)
{
    return stop == MAILDROP_GOES || (stop == MAILDROP_IS_BRAKED && act == MAILDROP_LET_GO);
}

static bool maildrop_is_shown(const struct maildrop *maildrop, size_t index)
{
    enum maildrop_act wish = maildrop_wish(maildrop, index);
    if (maildrop_standing(maildrop, index) || maildrop_decision(maildrop, index) == RESTANTE_HIDE)
        return false;
    return wish == MAILDROP_KEEP || !maildrop_may(maildrop->stop, wish);
}

void maildrop_decided_why(const struct maildrop *maildrop, const struct policy_decisions *decisions, size_t index,
                          struct maildrop_why *why)
{
    *why = (struct maildrop_why){.policy = "", .rule = "", .reason = ""};
    if (!decisions || policy_decisions_get(decisions, index + 1) == RESTANTE_ALLOW)
        return;
    why->policy = maildrop->rules->policies->entries[policy_decisions_entry(decisions, index + 1)].terms.name;
    why->rule = policy_decisions_rule(decisions, index + 1);
    why->reason = policy_decisions_reason(decisions, index + 1);
}

/* --- steps ----------------------------------------------------------------------------------------------------- */

static void maildrop_decide_next(struct maildrop *maildrop, enum maildrop_deciding_phase phase)
{
    maildrop->deciding.phase = phase;
    maildrop->deciding.at = 0;
}

static void maildrop_read_marks(struct maildrop *maildrop, const struct restante_session_facts *session)
{
    struct maildrop_deciding *deciding = &maildrop->deciding;
    if (ledger_marked(maildrop->ledger) == 0) {
        maildrop_decide_next(maildrop, MAILDROP_ASK);
        return;
    }
    if (!maildrop->standings)
        maildrop->standings = alloc_array(maildrop->count + 1, sizeof(*maildrop->standings));
    size_t end = maildrop_step_end(deciding->at, maildrop->count, MAILDROP_DECISIONS_PER_STEP);
    for (; deciding->at < end; deciding->at++)
        maildrop->standings[deciding->at] = maildrop_mark_standing(maildrop, deciding->at, session->now_s);
    if (end == maildrop->count)
        maildrop_decide_next(maildrop, MAILDROP_ASK);
}

static bool maildrop_is_refused(const struct policy_answer *answer)
{
    return answer->verdict.decision == RESTANTE_REFUSE || answer->verdict.decision == RESTANTE_DISCONNECT;
}

/* One policy. */
static void maildrop_ask(struct maildrop *maildrop, const struct restante_session_facts *session,
                         struct policy_answer *answer)
{
    struct restante_maildrop_facts all;
    bool has_more = false;
    if (maildrop_wants(maildrop, RESTANTE_EVENT_OPEN)) {
        if (!maildrop->decisions)
            maildrop->decisions = policy_decisions_open(maildrop->count);
        maildrop_facts_all(maildrop, &all);
        struct restante_facts facts = {.event = RESTANTE_EVENT_OPEN, .session = session, .maildrop = &all};
        has_more = policy_stack_ask_next(maildrop->rules->policies, &maildrop->deciding.at, &facts, maildrop_store,
                                         maildrop, maildrop->decisions, answer);
    }
    if (has_more)
        return;
    maildrop->has_failed_policy = maildrop->decisions && policy_decisions_is_incomplete(maildrop->decisions);
    maildrop_decide_next(maildrop, maildrop_is_refused(answer) ? MAILDROP_DECIDED : MAILDROP_WEIGH);
}

static void maildrop_decide_brake(struct maildrop *maildrop, const struct restante_session_facts *session)
{
    const struct maildrop_deciding *deciding = &maildrop->deciding;
    struct maildrop_weight weight = {.expire = deciding->expire, .going = deciding->going};
    if (deciding->expire > 0)
        maildrop_decided_why(maildrop, maildrop->decisions, deciding->first, &weight.first);
    maildrop->stop = maildrop_brake(maildrop, session, &weight);
}

static void maildrop_weigh(struct maildrop *maildrop, const struct restante_session_facts *session)
{
    struct maildrop_deciding *deciding = &maildrop->deciding;
    size_t end = maildrop_step_end(deciding->at, maildrop->count, MAILDROP_DECISIONS_PER_STEP);
    if (maildrop_is_plain(maildrop))
        deciding->at = end = maildrop->count;
    for (; deciding->at < end; deciding->at++) {
        enum maildrop_act wish = maildrop_wish(maildrop, deciding->at);
        if (maildrop_decision(maildrop, deciding->at) != RESTANTE_ALLOW)
            deciding->has_said = true;
        if (wish == MAILDROP_EXPIRE && deciding->expire++ == 0)
            deciding->first = deciding->at;
        deciding->going += wish == MAILDROP_LET_GO;
    }
    if (end < maildrop->count)
        return;
    if (!deciding->has_said)
        policy_decisions_close(&maildrop->decisions);
    maildrop_decide_brake(maildrop, session);
    maildrop_decide_next(maildrop, MAILDROP_SHOW);
}

static void maildrop_show(struct maildrop *maildrop)
{
    struct maildrop_deciding *deciding = &maildrop->deciding;
    if (maildrop_is_plain(maildrop)) {
        maildrop_view_make(maildrop, maildrop->count, maildrop->total_octets);
        maildrop_decide_next(maildrop, MAILDROP_DECIDED);
        return;
    }
    if (!maildrop->visible)
        maildrop->visible = alloc_array(maildrop->count + 1, sizeof(*maildrop->visible));
    size_t end = maildrop_step_end(deciding->at, maildrop->count, MAILDROP_DECISIONS_PER_STEP);
    for (; deciding->at < end; deciding->at++) {
        if (!maildrop_is_shown(maildrop, deciding->at))
            continue;
        maildrop->visible[deciding->shown++] = (uint32_t)deciding->at;
        maildrop->visible_octets += maildrop->octets[deciding->at];
    }
    if (end < maildrop->count)
        return;
    if (deciding->shown == maildrop->count) {
        free(maildrop->visible);
        maildrop->visible = NULL;
    }
    maildrop_view_make(maildrop, deciding->shown, maildrop->visible_octets);
    maildrop_decide_next(maildrop, MAILDROP_DECIDED);
}

enum restante_status maildrop_decide(struct maildrop *maildrop, const struct restante_session_facts *session,
                                     struct policy_answer *answer, struct restante_error *error)
{
    struct restante_session_facts nobody;
    (void)error;
    session = maildrop_session(session, &nobody);
    do {
        switch (maildrop->deciding.phase) {
        case MAILDROP_READ_MARKS:
            maildrop_read_marks(maildrop, session);
            break;
        case MAILDROP_ASK:
            maildrop_ask(maildrop, session, answer);
            break;
        case MAILDROP_WEIGH:
            maildrop_weigh(maildrop, session);
            break;
        case MAILDROP_SHOW:
            maildrop_show(maildrop);
            break;
        case MAILDROP_DECIDED:
            return RESTANTE_OK;
        }
    } while (maildrop->count <= MAILDROP_SMALL || maildrop_is_plain(maildrop));
    return maildrop->deciding.phase == MAILDROP_DECIDED ? RESTANTE_OK : RESTANTE_AGAIN;
}

/* --- for maintenance ------------------------------------------------------------------------------------------- */

void maildrop_outlook(const struct maildrop *maildrop, size_t index, struct maildrop_outlook *outlook)
{
    enum maildrop_act wish = maildrop_wish(maildrop, index);
    uint8_t standing = maildrop_standing(maildrop, index);
    struct maildrop_why why;
    maildrop_decided_why(maildrop, maildrop->decisions, index, &why);
    *outlook = (struct maildrop_outlook){
        .decision = maildrop_decision(maildrop, index),
        .policy = why.policy,
        .rule = why.rule,
        .reason = why.reason,
        .is_hidden = standing & MAILDROP_IS_HIDDEN,
        .is_set_aside = standing & MAILDROP_IS_SET_ASIDE,
        .is_shown = maildrop_is_shown(maildrop, index),
        .is_going = wish != MAILDROP_KEEP && maildrop_may(maildrop->stop, wish),
    };
}
