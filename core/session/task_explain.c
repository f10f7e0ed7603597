/*
 * session/task_explain.c - `restante policy explain`: for each message what policies say of it at a given time, what
 * becomes of it then and when, by which policy and why. Changes nothing.
 *
 * A row: number, unique-id, octets, age, how it stands, what becomes of it, when, by whom, why, and what becomes of it
 * once it is fetched at the given time. What is first hidden and later removed has two.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/ledger.h"
#include "session/task_forecast.h"
#include "session/task_session.h"
#include "util/alloc.h"
#include "util/when.h"

enum explain_phase { EXPLAIN_OPEN = 0, EXPLAIN_QUIT, EXPLAIN_FORECAST, EXPLAIN_FORECAST_FETCHED, EXPLAIN_ROWS };

struct explain {
    struct task_session session;
    enum explain_phase phase;
    struct maildrop_foresight quit; /* with everything fetched */
    struct forecast forecast, fetched;
    size_t next; /* to be told of */
    size_t stopped;
};

/* What a row says beside what is the same for all rows of a message. */
struct explain_event {
    const char *what, *policy, *rule, *reason;
    int64_t when_s; /* 0: "-" */
    bool is_exact;
};

static void explain_age(char *to, size_t capacity, int64_t delivered_s, int64_t now_s)
{
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t age_s = now_s - delivered_s;
    size_t unit = 0;
    while (unit < 3 && age_s < units[unit].seconds)
        unit++;
    if (delivered_s <= 0 || age_s < 0)
        snprintf(to, capacity, "-");
    else
        snprintf(to, capacity, "%" PRId64 "%c", age_s / units[unit].seconds, units[unit].letter);
}

/* "by 2026-12-24 18:30" where it may also be earlier. */
static void explain_when(char *to, size_t capacity, int64_t when_s, bool is_exact)
{
    char date[32];
    when_format(date, sizeof(date), when_s);
    snprintf(to, capacity, "%s%s", when_s && !is_exact ? "by " : "", date);
}

static void explain_by(char *to, size_t capacity, const struct explain_event *event)
{
    if (event->policy[0])
        snprintf(to, capacity, "%s%s%s", event->policy, event->rule[0] ? ", " : "", event->rule);
    else
        snprintf(to, capacity, "-");
}

static bool explain_is_exact(const struct forecast_moment *moment)
{
    return moment->before_s == 0 || moment->from_s - moment->before_s <= 60;
}

static const char *explain_state(const struct maildrop_outlook *outlook)
{
    bool is_held = outlook->decision == RESTANTE_HOLD;
    if (outlook->is_set_aside)
        return is_held ? "set aside, held" : "set aside";
    if (outlook->is_hidden || (!outlook->is_shown && !outlook->is_going))
        return is_held ? "hidden, held" : "hidden";
    return is_held ? "held" : outlook->is_going ? "going" : "shown";
}

/* What becomes of it once it is fetched, where that is more than what becomes of it anyway. */
static void explain_fetched(const struct explain *explain, const struct task *task, size_t index,
                            const struct maildrop_outlook *outlook, char *to, size_t capacity)
{
    size_t visible = maildrop_foresee_visible(task->maildrop, index);
    const struct forecast_moment *anyway = &explain->forecast.messages[index].going;
    const struct forecast_moment *fetched =
        explain->fetched.messages ? &explain->fetched.messages[index].going : anyway;
    snprintf(to, capacity, "-");
    if (visible == SIZE_MAX)
        return;
    if (explain->quit.decisions && !explain->quit.has_failed && outlook->decision != RESTANTE_HOLD &&
        policy_decisions_get(explain->quit.decisions, visible + 1) == RESTANTE_EXPIRE)
        snprintf(to, capacity, "removed with QUIT");
    else if (fetched->from_s && (!anyway->from_s || fetched->from_s < anyway->from_s))
        explain_when(to, capacity, fetched->from_s, explain_is_exact(fetched));
}

static void explain_row(struct task *task, const struct explain *explain, size_t index, const struct explain_event *event)
{
    char number[24], octets[24], age[32], when[48], by[160], fetched[48];
    struct maildrop_outlook outlook;
    const struct forecast_message *message = &explain->forecast.messages[index];
    maildrop_outlook(task->maildrop, index, &outlook);
    snprintf(number, sizeof(number), "%zu", index + 1);
    snprintf(octets, sizeof(octets), "%" PRIu64, maildrop_listed_octets(task->maildrop, index));
    explain_age(age, sizeof(age), message->delivered_s, explain->session.facts.now_s);
    explain_when(when, sizeof(when), event->when_s, event->is_exact);
    explain_by(by, sizeof(by), event);
    explain_fetched(explain, task, index, &outlook, fetched, sizeof(fetched));
    task_row(task, number, maildrop_listed_uidl(task->maildrop, index), octets, age, explain_state(&outlook), event->what,
             when, by, event->reason[0] ? event->reason : "-", fetched, NULL);
}

static struct explain_event explain_decided(const char *what, const struct maildrop_outlook *outlook)
{
    return (struct explain_event){.what = what, .policy = outlook->policy, .rule = outlook->rule,
                                  .reason = outlook->reason};
}

static struct explain_event explain_foreseen(const struct explain *explain, const char *what,
                                             const struct forecast_moment *moment)
{
    const struct forecast_why *why = forecast_why(&explain->forecast, moment);
    return (struct explain_event){.what = what,
                                  .policy = why->policy,
                                  .rule = why->rule,
                                  .reason = why->reason,
                                  .when_s = moment->from_s,
                                  .is_exact = explain_is_exact(moment)};
}

/* The marks in the ledger say why by themselves. */
static void explain_mark(const struct task *task, size_t index, const struct maildrop_outlook *outlook,
                         struct explain_event *event)
{
    const struct restante_ledger *ledger = maildrop_ledger(task->maildrop);
    const struct ledger_marks *marks =
        ledger_marks(ledger, ledger_find(ledger, maildrop_listed_uidl(task->maildrop, index)));
    const char *rule = outlook->is_set_aside ? marks->set_aside_rule : marks->hidden_rule;
    event->policy = outlook->is_set_aside ? "set aside" : "hidden";
    event->rule = "";
    event->reason = rule ? rule : "";
}

static void explain_message(struct task *task, struct explain *explain, size_t index)
{
    const struct forecast_message *message = &explain->forecast.messages[index];
    const struct forecast_moment *going = &message->going, *hiding = &message->hiding;
    struct maildrop_outlook outlook;
    struct explain_event event;
    maildrop_outlook(task->maildrop, index, &outlook);
    bool is_marked = outlook.is_hidden || outlook.is_set_aside;
    if (outlook.decision == RESTANTE_EXPIRE && !outlook.is_going) {
        explain->stopped++;
        event = explain_decided("stopped", &outlook);
        explain_row(task, explain, index, &event);
        return;
    }
    if (!is_marked && hiding->from_s > explain->forecast.now_s && (!going->from_s || hiding->from_s < going->from_s)) {
        event = explain_foreseen(explain, "hidden", hiding);
        explain_row(task, explain, index, &event);
    }
    if (going->from_s) {
        event = explain_foreseen(explain, "removed", going);
        if (going->why == 0)
            explain_mark(task, index, &outlook, &event);
    } else {
        event = explain_decided("kept", &outlook);
        if (is_marked && outlook.decision == RESTANTE_ALLOW)
            explain_mark(task, index, &outlook, &event);
    }
    explain_row(task, explain, index, &event);
}

static void explain_notes(struct task *task, const struct explain *explain)
{
    if (explain->stopped > 0 && maildrop_counts(task->maildrop)->is_braked)
        task_note(task, "the brake: rules would remove %zu of %zu messages at once, so they remove none; if that is right: "
                        "restante expire --user %s --force",
                  explain->stopped, maildrop_listed(task->maildrop), task->user);
    else if (explain->stopped > 0)
        task_note(task, "rules would remove %zu messages, and are stopped: what the log says of the clock, the ledger, the "
                        "journal or a policy that failed has to be put right first",
                  explain->stopped);
    if (explain->forecast.has_failed || explain->fetched.has_failed || explain->quit.has_failed)
        task_note(task, "a policy failed or refused, as the log says: what it would do later is not known");
    if (explain->forecast.is_rough || explain->fetched.is_rough)
        task_note(task, "there are many messages: where it says \"by\", it may be earlier");
}

static enum restante_status explain_rows(struct task *task, struct explain *explain)
{
    size_t count = maildrop_listed(task->maildrop);
    for (; explain->next < count && !task_is_full(task); explain->next++)
        explain_message(task, explain, explain->next);
    if (explain->next < count)
        return RESTANTE_AGAIN;
    task->counts.messages = count;
    explain_notes(task, explain);
    return RESTANTE_OK;
}

static enum restante_status explain_phase(struct task *task, struct explain *explain)
{
    const struct restante_session_facts *session = &explain->session.facts;
    switch (explain->phase) {
    case EXPLAIN_OPEN:
        explain->quit.event = RESTANTE_EVENT_QUIT;
        forecast_begin(&explain->forecast, task, session, 0);
        return RESTANTE_OK;
    case EXPLAIN_QUIT:
        return maildrop_foresee(task->maildrop, session, &explain->quit);
    case EXPLAIN_FORECAST:
        if (forecast_step(&explain->forecast, task, session) == RESTANTE_AGAIN)
            return RESTANTE_AGAIN;
        forecast_begin(&explain->fetched, task, session, session->now_s);
        return RESTANTE_OK;
    case EXPLAIN_FORECAST_FETCHED:
        return forecast_step(&explain->fetched, task, session);
    case EXPLAIN_ROWS:
        break;
    }
    return explain_rows(task, explain);
}

static enum restante_status explain_step(struct task *task, struct restante_error *error)
{
    struct explain *explain = task->state;
    if (!explain) {
        task->state = explain = alloc_zeroed(sizeof(*explain));
        task_session_begin(&explain->session, task, "explain");
    }
    enum restante_status status = task_session_open(&explain->session, task, error);
    if (status == RESTANTE_OK)
        status = explain_phase(task, explain);
    if (status != RESTANTE_OK || explain->phase == EXPLAIN_ROWS)
        return status;
    explain->phase++;
    return RESTANTE_AGAIN;
}

static void explain_end(struct task *task)
{
    struct explain *explain = task->state;
    if (!explain)
        return;
    maildrop_foresee_end(&explain->quit);
    forecast_free(&explain->forecast);
    forecast_free(&explain->fetched);
    task_session_end(&explain->session);
    free(explain);
}

const struct task_operation task_explain = {.is_read_only = true, .step = explain_step, .end = explain_end};
