/*
 * policy/answer.c - what several answers come to. Runs in a worker.
 *
 * TRUST: a policy is a module of others. Its texts are cleaned and its numbers bounded here, once.
 */
#include "policy/answer.h"

#include "policy/text.h"
#include "util/str.h"

#define ANSWER_IDLE_MIN_MS (10 * 60 * 1000) /* RFC 1939 section 3 */

static void answer_take_text(struct restante_verdict *to, const struct restante_verdict *from)
{
    policy_text_clean(to->text, sizeof(to->text), from->text, sizeof(from->text));
    policy_text_clean(to->reason, sizeof(to->reason), from->reason, sizeof(from->reason));
    policy_text_clean(to->rule, sizeof(to->rule), from->rule, sizeof(from->rule));
    if (policy_text_is_code(from->code, sizeof(from->code)))
        str_copy(to->code, sizeof(to->code), from->code);
}

/* It is decided by this one: what others wanted to wait for or to limit is not looked at any more. */
static void answer_refuse(const struct policy_entry *entry, const struct restante_verdict *verdict,
                          struct policy_answer *answer)
{
    *answer = (struct policy_answer){
        .verdict = {.decision = verdict->decision}, .by = entry, .has_failed = answer->has_failed};
    answer_take_text(&answer->verdict, verdict);
}

bool policy_answer_take_failure(const struct policy_entry *entry, struct policy_answer *answer)
{
    struct restante_verdict verdict = {.decision = RESTANTE_REFUSE};
    answer->has_failed = true;
    if (entry->terms.on_error == RESTANTE_ON_ERROR_ALLOW)
        return false;
    bool is_later = entry->terms.on_error == RESTANTE_ON_ERROR_TRY_LATER;
    str_copy(verdict.code, sizeof(verdict.code), is_later ? "SYS/TEMP" : "SYS/PERM");
    str_copy(verdict.text, sizeof(verdict.text),
             is_later ? "This cannot be checked now, try again later" : "This cannot be checked and is refused");
    answer_refuse(entry, &verdict, answer);
    answer->is_failure = true;
    return true;
}

static void answer_take_delay(const struct policy_entry *entry, const struct restante_verdict *verdict,
                              struct policy_answer *answer)
{
    uint32_t delay_ms = verdict->delay_ms < RESTANTE_DELAY_MAX_MS ? verdict->delay_ms : RESTANTE_DELAY_MAX_MS;
    if (delay_ms <= answer->verdict.delay_ms)
        return;
    answer->verdict.delay_ms = delay_ms;
    answer->delayed_by = entry;
    policy_text_clean(answer->delay_rule, sizeof(answer->delay_rule), verdict->rule, sizeof(verdict->rule));
}

static void answer_take_limits(const struct restante_limits *limits, struct restante_limits *tightest)
{
    int64_t idle_ms = limits->idle_ms > 0 && limits->idle_ms < ANSWER_IDLE_MIN_MS ? ANSWER_IDLE_MIN_MS : limits->idle_ms;
    if (idle_ms > 0 && (tightest->idle_ms == 0 || idle_ms < tightest->idle_ms))
        tightest->idle_ms = idle_ms;
    if (limits->bad_commands > 0 &&
        (tightest->bad_commands == 0 || limits->bad_commands < tightest->bad_commands))
        tightest->bad_commands = limits->bad_commands;
}

/* What becomes of the message at DELE: the first who says it. */
static void answer_take_fate(const struct policy_entry *entry, const struct restante_verdict *verdict,
                             struct policy_answer *answer)
{
    if (answer->by)
        return;
    answer->by = entry;
    answer->verdict.decision = verdict->decision;
    answer->verdict.until_s = verdict->until_s;
    answer_take_text(&answer->verdict, verdict);
}

bool policy_answer_take(const struct policy_entry *entry, const struct restante_verdict *verdict,
                        struct policy_answer *answer)
{
    switch (verdict->decision) {
    case RESTANTE_REFUSE:
    case RESTANTE_DISCONNECT:
        answer_refuse(entry, verdict, answer);
        return true;
    case RESTANTE_DELAY:
        answer_take_delay(entry, verdict, answer);
        break;
    case RESTANTE_LIMIT:
        answer_take_limits(&verdict->limits, &answer->verdict.limits);
        break;
    case RESTANTE_HIDE:
    case RESTANTE_SET_ASIDE:
        answer_take_fate(entry, verdict, answer);
        break;
    case RESTANTE_ALLOW:
    case RESTANTE_EXPIRE:
    case RESTANTE_HOLD:
        break;
    }
    return false;
}
