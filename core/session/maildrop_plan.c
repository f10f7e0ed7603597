/*
 * session/maildrop_plan.c - what the end of a session does to each message: the client's wishes, when it has said QUIT,
 * and the rules'. Runs in a worker. Decides; removes nothing.
 *
 * Hold beats everything. A DELE of a message that is held, and one that a policy answered with "hide" or "set aside",
 * marks it.
 */
#include "session/maildrop_state.h"
#include "util/alloc.h"

enum { MAILDROP_PLANS_PER_STEP = 8192 };

bool maildrop_plan_is_rule(enum maildrop_act act)
{
    return act == MAILDROP_EXPIRE || act == MAILDROP_EXPIRE_AT_QUIT || act == MAILDROP_LET_GO;
}

bool maildrop_plan_is_removal(enum maildrop_act act)
{
    return act == MAILDROP_DELETE || maildrop_plan_is_rule(act);
}

enum maildrop_act maildrop_plan_act(const struct maildrop *maildrop, size_t index)
{
    return (enum maildrop_act)(maildrop->progress.acts[index] & ~MAILDROP_RETRIEVED);
}

void maildrop_plan_why(const struct maildrop *maildrop, size_t index, struct maildrop_why *why)
{
    const struct maildrop_mark *mark;
    *why = (struct maildrop_why){.policy = "", .rule = "", .reason = ""};
    switch (maildrop_plan_act(maildrop, index)) {
    case MAILDROP_KEEP:
    case MAILDROP_DELETE:
        break;
    case MAILDROP_EXPIRE:
    case MAILDROP_HOLD:
        maildrop_decided_why(maildrop, maildrop->decisions, index, why);
        break;
    case MAILDROP_EXPIRE_AT_QUIT:
        maildrop_decided_why(maildrop, maildrop->progress.decisions, maildrop_visible(maildrop, index), why);
        break;
    case MAILDROP_LET_GO:
        why->policy = "set aside";
        why->rule = "its time is over";
        why->reason = maildrop_mark_rule(maildrop, index);
        break;
    case MAILDROP_SET_ASIDE:
    case MAILDROP_HIDE:
        mark = maildrop_mark_find(maildrop, index);
        *why = (struct maildrop_why){.policy = mark->policy, .rule = mark->rule, .reason = mark->reason,
                                     .until_s = mark->until_s};
        break;
    }
}

/* One policy. */
enum restante_status maildrop_plan_ask(struct maildrop *maildrop, const struct maildrop_update *update)
{
    struct maildrop_progress *progress = &maildrop->progress;
    struct restante_session_facts nobody;
    struct restante_maildrop_facts shown;
    if (!update->has_quit || !maildrop_wants(maildrop, RESTANTE_EVENT_QUIT))
        return RESTANTE_OK;
    if (!progress->decisions)
        progress->decisions = policy_decisions_open(maildrop->view.count);
    maildrop_facts(maildrop, &update->client, &shown);
    struct restante_facts facts = {.event = RESTANTE_EVENT_QUIT,
                                   .session = maildrop_session(update->session, &nobody),
                                   .maildrop = &shown};
    bool has_more = policy_stack_ask_next(maildrop->rules->policies, &progress->asked, &facts, maildrop_store, maildrop,
                                          progress->decisions, &progress->answer);
    return has_more ? RESTANTE_AGAIN : RESTANTE_OK;
}

/* --- one message ----------------------------------------------------------------------------------------------- */

static enum maildrop_act maildrop_plan_delete(const struct maildrop *maildrop, size_t index)
{
    const struct maildrop_mark *mark = maildrop_mark_find(maildrop, index);
    if (mark)
        /* WHY: a time that was made from a wrong one may be over as soon as the clock is right. */
        return mark->is_set_aside && maildrop->progress.has_time ? MAILDROP_SET_ASIDE : MAILDROP_HIDE;
    return maildrop_decision(maildrop, index) == RESTANTE_HOLD ? MAILDROP_HOLD : MAILDROP_DELETE;
}

static uint8_t maildrop_plan_shown(const struct maildrop *maildrop, const struct maildrop_update *update, size_t index,
                                   size_t visible)
{
    const struct maildrop_client *client = &update->client;
    uint8_t fate = client->fates ? client->fates[visible] : RESTANTE_KEEP;
    bool is_retrieved = fate == RESTANTE_KEEP_RETRIEVED || (client->retrieved && client->retrieved[visible]);
    enum maildrop_act act = MAILDROP_KEEP;
    if (!update->has_quit)
        return MAILDROP_KEEP;
    if (fate == RESTANTE_DELETE)
        act = maildrop_plan_delete(maildrop, index);
    else if (maildrop->progress.decisions &&
             policy_decisions_get(maildrop->progress.decisions, visible + 1) == RESTANTE_EXPIRE &&
             maildrop_decision(maildrop, index) != RESTANTE_HOLD)
        act = MAILDROP_EXPIRE_AT_QUIT;
    return (uint8_t)(is_retrieved ? act | MAILDROP_RETRIEVED : act);
}

/* What was decided at OPEN and could not be done then is not done now. */
static uint8_t maildrop_plan_unseen(const struct maildrop *maildrop, size_t index)
{
    enum maildrop_act wish = maildrop_wish(maildrop, index);
    return (uint8_t)(maildrop_may(maildrop->stop, wish) ? wish : MAILDROP_KEEP);
}

/* --- all of them ----------------------------------------------------------------------------------------------- */

static void maildrop_plan_count(struct maildrop *maildrop, size_t index)
{
    struct maildrop_progress *progress = &maildrop->progress;
    enum maildrop_act act = maildrop_plan_act(maildrop, index);
    bool is_retrieved = progress->acts[index] & MAILDROP_RETRIEVED;
    progress->retrieved += is_retrieved;
    if (act == MAILDROP_KEEP)
        return;
    if (!maildrop_plan_is_removal(act))
        progress->marked++;
    else if (act == MAILDROP_DELETE)
        progress->deletes++;
    else
        progress->rules++;
    if ((act == MAILDROP_EXPIRE || act == MAILDROP_EXPIRE_AT_QUIT) && !is_retrieved && progress->unfetched++ == 0)
        progress->first = index;
}

/* As the driver is to be told. */
static uint8_t maildrop_plan_fate(const struct maildrop *maildrop, size_t index)
{
    if (maildrop_plan_is_removal(maildrop_plan_act(maildrop, index)))
        return RESTANTE_DELETE;
    return maildrop->progress.acts[index] & MAILDROP_RETRIEVED ? RESTANTE_KEEP_RETRIEVED : RESTANTE_KEEP;
}

void maildrop_plan_drop_rules(struct maildrop *maildrop, enum maildrop_stop stop)
{
    struct maildrop_progress *progress = &maildrop->progress;
    for (size_t i = 0; progress->rules > 0 && i < maildrop->count; i++) {
        enum maildrop_act act = maildrop_plan_act(maildrop, i);
        if (!maildrop_plan_is_rule(act) || maildrop_may(stop, act))
            continue;
        progress->acts[i] &= MAILDROP_RETRIEVED;
        progress->fates[i] = maildrop_plan_fate(maildrop, i);
        progress->rules--;
    }
}

/* What speaks against it now: QUIT may have added to it, and the clock may have jumped. */
static void maildrop_plan_brake(struct maildrop *maildrop, const struct maildrop_update *update)
{
    const struct maildrop_progress *progress = &maildrop->progress;
    struct restante_session_facts nobody;
    struct maildrop_weight weight = {.expire = progress->unfetched};
    if (progress->rules == 0)
        return;
    if (progress->unfetched > 0)
        maildrop_plan_why(maildrop, progress->first, &weight.first);
    weight.going = progress->rules - progress->unfetched;
    enum maildrop_stop stop = maildrop_brake(maildrop, maildrop_session(update->session, &nobody), &weight);
    if (stop != MAILDROP_GOES)
        maildrop_plan_drop_rules(maildrop, stop);
}

enum restante_status maildrop_plan(struct maildrop *maildrop, const struct maildrop_update *update)
{
    struct maildrop_progress *progress = &maildrop->progress;
    if (!progress->acts) {
        progress->acts = alloc_array(maildrop->count + 1, sizeof(*progress->acts));
        progress->fates = alloc_array(maildrop->count + 1, sizeof(*progress->fates));
        progress->removals = alloc_array(maildrop->count + 1, sizeof(*progress->removals));
        progress->has_time = maildrop_brake_knows_time(maildrop);
        maildrop_mark_sort(maildrop);
    }
    size_t end = maildrop_step_end(progress->at, maildrop->count, MAILDROP_PLANS_PER_STEP);
    for (; progress->at < end; progress->at++) {
        size_t i = progress->at;
        bool is_shown = progress->visible < maildrop->view.count &&
                        maildrop_index(maildrop, progress->visible) == i;
        progress->acts[i] = is_shown ? maildrop_plan_shown(maildrop, update, i, progress->visible++)
                                     : maildrop_plan_unseen(maildrop, i);
        progress->fates[i] = maildrop_plan_fate(maildrop, i);
        maildrop_plan_count(maildrop, i);
    }
    if (end < maildrop->count)
        return RESTANTE_AGAIN;
    maildrop_plan_brake(maildrop, update);
    return RESTANTE_OK;
}
