/*
 * session/task_forecast.c - questions at chosen times, and what each says of every message. In a task's worker.
 */
#include "session/task_forecast.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "util/alloc.h"

enum { FORECAST_MINUTE_S = 60, FORECAST_HOUR_S = 3600, FORECAST_DAY_S = 86400, FORECAST_GUESSES = 2 };
/* Messages that are judged at most; then moments are as near as they are. */
#define FORECAST_JUDGED_MAX 8000000

/* The times that are asked about first, from now. */
static const int64_t forecast_first[] = {
    0,
    FORECAST_HOUR_S,
    6 * FORECAST_HOUR_S,
    FORECAST_DAY_S,
    2 * FORECAST_DAY_S,
    4 * FORECAST_DAY_S,
    7 * FORECAST_DAY_S,
    14 * FORECAST_DAY_S,
    30 * FORECAST_DAY_S,
    60 * FORECAST_DAY_S,
    90 * FORECAST_DAY_S,
    180 * FORECAST_DAY_S,
    365 * FORECAST_DAY_S,
    (int64_t)FORECAST_DAYS * FORECAST_DAY_S,
};
enum { FORECAST_FIRST = sizeof(forecast_first) / sizeof(forecast_first[0]) };

void forecast_begin(struct forecast *forecast, const struct task *task, const struct restante_session_facts *session,
                    int64_t fetched_s)
{
    struct restante_ledger *ledger = maildrop_ledger(task->maildrop);
    *forecast = (struct forecast){.count = maildrop_listed(task->maildrop),
                                  .now_s = session->now_s,
                                  .fetched_s = fetched_s,
                                  .foresight = {.event = RESTANTE_EVENT_OPEN}};
    forecast->messages = alloc_array(forecast->count + 1, sizeof(*forecast->messages));
    for (size_t i = 0; i < forecast->count; i++) {
        const struct ledger_entry *entry = ledger_find(ledger, maildrop_listed_uidl(task->maildrop, i));
        forecast->messages[i].set_aside_until_s = ledger_marks(ledger, entry)->set_aside_until_s;
        forecast->messages[i].delivered_s = maildrop_foresee_delivered_s(task->maildrop, i);
    }
    forecast->whys = alloc_array(1, sizeof(*forecast->whys));
    forecast->whys[0] = (struct forecast_why){alloc_string("set aside"), alloc_string(""), alloc_string("")};
    forecast->whys_count = 1;
}

/* --- what an answer says --------------------------------------------------------------------------------------- */

/* The number of what was decided about message `number`. */
static uint32_t forecast_note_why(struct forecast *forecast, const struct task *task, size_t number)
{
    const struct policy_decisions *decisions = forecast->foresight.decisions;
    const char *policy = maildrop_foresee_policy(task->maildrop, decisions, number);
    const char *rule = policy_decisions_rule(decisions, number), *reason = policy_decisions_reason(decisions, number);
    for (size_t i = forecast->whys_count; i > 1; i--) {
        const struct forecast_why *why = &forecast->whys[i - 1];
        if (strcmp(why->policy, policy) == 0 && strcmp(why->rule, rule) == 0 && strcmp(why->reason, reason) == 0)
            return (uint32_t)(i - 1);
    }
    /* A reason may differ from message to message; some say enough. */
    if (forecast->whys_count == POLICY_REASONS_MAX)
        return (uint32_t)(forecast->whys_count - 1);
    forecast->whys = alloc_resize(forecast->whys, forecast->whys_count + 1, sizeof(*forecast->whys));
    forecast->whys[forecast->whys_count] =
        (struct forecast_why){alloc_string(policy), alloc_string(rule), alloc_string(reason)};
    return (uint32_t)forecast->whys_count++;
}

/* At the time asked about it is so, or not. True: that is the earliest time known. */
static bool forecast_take_moment(struct forecast_moment *moment, bool is_so, int64_t at_s)
{
    bool is_earlier = moment->from_s == 0 || at_s < moment->from_s;
    if (is_so && is_earlier) {
        moment->from_s = at_s;
        return true;
    }
    if (!is_so && is_earlier && at_s > moment->before_s)
        moment->before_s = at_s;
    return false;
}

static void forecast_take(struct forecast *forecast, const struct task *task)
{
    const struct policy_decisions *decisions = forecast->foresight.decisions;
    for (size_t i = 0; i < forecast->count; i++) {
        struct forecast_message *message = &forecast->messages[i];
        enum restante_decision decision = policy_decisions_get(decisions, i + 1);
        bool is_over = message->set_aside_until_s && message->set_aside_until_s <= forecast->asking_s;
        bool is_going = decision == RESTANTE_EXPIRE || (is_over && decision != RESTANTE_HOLD);
        if (forecast_take_moment(&message->going, is_going, forecast->asking_s))
            message->going.why = is_over ? 0 : forecast_note_why(forecast, task, i + 1);
        if (forecast_take_moment(&message->hiding, decision == RESTANTE_HIDE, forecast->asking_s))
            message->hiding.why = forecast_note_why(forecast, task, i + 1);
    }
    forecast->judged += forecast->count + 1;
}

/* --- when to ask ------------------------------------------------------------------------------------------------- */

static int64_t forecast_minute(int64_t at_s)
{
    return at_s - at_s % FORECAST_MINUTE_S;
}

/* A full minute between what is known, in the middle; 0: there is none. */
static int64_t forecast_middle(const struct forecast_moment *moment)
{
    if (moment->from_s == 0 || moment->before_s == 0)
        return 0;
    int64_t middle = forecast_minute(moment->before_s + (moment->from_s - moment->before_s) / 2);
    if (middle <= moment->before_s)
        middle += FORECAST_MINUTE_S;
    return middle < moment->from_s ? middle : 0;
}

/* As old as the last one was when it went: then, and a minute earlier. 0: no guess. */
static int64_t forecast_guess(const struct forecast *forecast, const struct forecast_message *message,
                              struct forecast_moment *moment)
{
    if (forecast->age_s <= 0 || message->delivered_s == 0)
        return 0;
    while (moment->guesses < FORECAST_GUESSES) {
        int64_t at_s = forecast_minute(message->delivered_s + forecast->age_s + FORECAST_MINUTE_S - 1) -
                       moment->guesses++ * FORECAST_MINUTE_S;
        if (at_s > moment->before_s && at_s < moment->from_s)
            return at_s;
    }
    return 0;
}

/*
 * The moment that is known worst; NULL: all are known to the minute. Before the first one is: the one that is known
 * best, for the sake of what it says of others.
 */
static struct forecast_moment *forecast_worst(const struct forecast *forecast, struct forecast_message **of)
{
    struct forecast_moment *worst = NULL;
    int64_t chosen = 0;
    for (size_t i = 0; i < forecast->count; i++) {
        struct forecast_message *message = &forecast->messages[i];
        struct forecast_moment *moments[] = {&message->going, &message->hiding};
        for (size_t at = 0; at < 2; at++) {
            int64_t width = moments[at]->from_s - moments[at]->before_s;
            bool is_better = forecast->age_s == 0 ? width < chosen : width > chosen;
            if (forecast_middle(moments[at]) == 0 || (worst && !is_better))
                continue;
            chosen = width;
            worst = moments[at];
            *of = message;
        }
    }
    return worst;
}

/* What a message that is known to the minute says of others. */
static void forecast_learn(struct forecast *forecast, const struct forecast_message *message)
{
    bool is_of_use = message->going.from_s > forecast->now_s && message->delivered_s > 0;
    forecast->age_s = is_of_use && message->set_aside_until_s == 0 ? message->going.from_s - message->delivered_s : -1;
}

/* The next time to ask about; 0: none. */
static int64_t forecast_next(struct forecast *forecast)
{
    struct forecast_message *message = NULL;
    struct forecast_moment *moment;
    if (forecast->first < FORECAST_FIRST) {
        int64_t ahead_s = forecast_first[forecast->first++];
        return ahead_s == 0 ? forecast->now_s : forecast_minute(forecast->now_s + ahead_s + FORECAST_MINUTE_S - 1);
    }
    moment = forecast_worst(forecast, &message);
    if (!moment)
        return 0;
    if (forecast->judged > FORECAST_JUDGED_MAX) {
        forecast->is_rough = true;
        return 0;
    }
    int64_t at_s = forecast_guess(forecast, message, moment);
    return at_s ? at_s : forecast_middle(moment);
}

enum restante_status forecast_step(struct forecast *forecast, const struct task *task,
                                   const struct restante_session_facts *session)
{
    if (forecast->has_failed)
        return RESTANTE_OK;
    if (!forecast->is_asking) {
        forecast->asking_s = forecast_next(forecast);
        if (forecast->asking_s == 0)
            return RESTANTE_OK;
        forecast->is_asking = true;
        forecast->foresight.fetched_s = forecast->fetched_s;
    }
    struct restante_session_facts then = *session;
    then.now_s = then.login_s = forecast->asking_s;
    if (maildrop_foresee(task->maildrop, &then, &forecast->foresight) == RESTANTE_AGAIN)
        return RESTANTE_AGAIN;
    forecast->is_asking = false;
    forecast->has_failed = forecast->foresight.has_failed;
    if (!forecast->has_failed)
        forecast_take(forecast, task);
    maildrop_foresee_end(&forecast->foresight);
    for (size_t i = 0; i < forecast->count && forecast->age_s == 0 && forecast->first == FORECAST_FIRST; i++) {
        const struct forecast_moment *going = &forecast->messages[i].going;
        if (going->from_s > forecast->now_s && forecast_middle(going) == 0)
            forecast_learn(forecast, &forecast->messages[i]);
    }
    return RESTANTE_AGAIN;
}

const struct forecast_why *forecast_why(const struct forecast *forecast, const struct forecast_moment *moment)
{
    return &forecast->whys[moment->why];
}

void forecast_free(struct forecast *forecast)
{
    maildrop_foresee_end(&forecast->foresight);
    for (size_t i = 0; i < forecast->whys_count; i++) {
        free(forecast->whys[i].policy);
        free(forecast->whys[i].rule);
        free(forecast->whys[i].reason);
    }
    free(forecast->whys);
    free(forecast->messages);
    *forecast = (struct forecast){.count = 0};
}
