/*
 * session/session_policy.c - see session_policy.h. Runs in a worker, as the mailbox owner.
 */
#include "session/session_policy.h"

#include <stdlib.h>
#include <string.h>

#include "session/session_log.h"
#include "session/session_state.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/str.h"

/* Of one session: who is refused a thousand times cannot fill the log. */
enum { SESSION_POLICY_LINES_MAX = 100 };

/* After a question that took as long other sessions have their turn. */
enum { SESSION_POLICY_LONG_MS = 2 };

/* The facts of one question; they point to each other. */
struct session_question {
    struct restante_session_facts session;
    struct restante_maildrop_facts maildrop;
    struct restante_message_facts message;
    struct restante_facts facts;
};

static const struct policy_stack session_no_policies;

static const struct policy_stack *session_stack(const struct session *session)
{
    const struct policy_stack *stack = session->settings->rules.policies;
    return stack ? stack : &session_no_policies;
}

void session_policy_open(struct session *session)
{
    struct session_policy *policy = &session->policy;
    size_t local_length;
    const char *domain = str_domain(session->user, &local_length);
    policy->localpart = alloc_string_n(session->user, local_length);
    policy->domain = domain ? domain : "";
    policy->login_s = clock_now_s();
}

void session_policy_close(struct session *session)
{
    free(session->policy.localpart);
}

/* --- facts ----------------------------------------------------------------------------------------------------- */

void session_policy_facts(const struct session *session, struct restante_session_facts *facts)
{
    *facts = (struct restante_session_facts){
        .session_id = session->facts.id,
        .user = session->user,
        .local = session->policy.localpart,
        .domain = session->policy.domain,
        .peer = session->facts.peer,
        .mechanism = session->facts.mechanism,
        .is_tls = session->facts.tls[0] != '\0',
        .now_s = clock_now_s(),
        .login_s = session->policy.login_s,
    };
}

static struct maildrop_client session_client(const struct session *session)
{
    if (!session->transaction)
        return (struct maildrop_client){0};
    return (struct maildrop_client){.fates = transaction_fates(session->transaction),
                                    .retrieved = transaction_retrieved(session->transaction)};
}

/* About a message, or TRANSACTION_NO_MESSAGE; `client` has to stay as long as the question. */
static void session_question(struct session *session, enum restante_event event, size_t index,
                             const struct maildrop_client *client, struct session_question *question)
{
    session_policy_facts(session, &question->session);
    question->facts = (struct restante_facts){.event = event, .session = &question->session};
    if (session->state < SESSION_GREETING)
        return;
    maildrop_facts(session->maildrop, client, &question->maildrop);
    question->facts.maildrop = &question->maildrop;
    if (index != TRANSACTION_NO_MESSAGE &&
        question->maildrop.message(&question->maildrop, index + 1, &question->message))
        question->facts.message = &question->message;
}

/* --- the log --------------------------------------------------------------------------------------------------- */

static void session_log_answer(struct session *session, enum restante_event event, size_t index)
{
    const struct policy_answer *answer = &session->policy.answer;
    struct session_log who = {.session_id = session->facts.id, .user = session->user, .peer = session->facts.peer};
    struct session_log_answer line = {.hook = policy_event_name(event), .answer = answer};
    bool is_refused = session_policy_is_refused(session);
    if (is_refused)
        session->policy.refused++;
    if ((!is_refused && answer->verdict.delay_ms == 0) || answer->is_failure)
        return;
    if (session->policy.lines == SESSION_POLICY_LINES_MAX)
        return;
    line.is_last = ++session->policy.lines == SESSION_POLICY_LINES_MAX;
    if (index != TRANSACTION_NO_MESSAGE) {
        const struct transaction_maildrop *view = maildrop_view(session->maildrop);
        line.number = index + 1;
        line.uidl = view->uidl(view->context, index);
    }
    session_log_answer_line(&who, &line);
}

/* --- the login ------------------------------------------------------------------------------------------------- */

bool session_policy_is_refused(const struct session *session)
{
    enum restante_decision decision = session->policy.answer.verdict.decision;
    return decision == RESTANTE_REFUSE || decision == RESTANTE_DISCONNECT;
}

void session_policy_ask_login(struct session *session)
{
    const struct policy_stack *stack = session_stack(session);
    struct session_question question;
    session->policy.answer = (struct policy_answer){0};
    if (!policy_stack_wants(stack->wanted, RESTANTE_EVENT_LOGIN))
        return;
    session_question(session, RESTANTE_EVENT_LOGIN, TRANSACTION_NO_MESSAGE, NULL, &question);
    policy_stack_ask(stack, &question.facts, maildrop_store, session->maildrop, NULL, &session->policy.answer);
    session_log_answer(session, RESTANTE_EVENT_LOGIN, TRANSACTION_NO_MESSAGE);
}

enum restante_status session_policy_ask_open(struct session *session, struct restante_error *error)
{
    struct session_policy *policy = &session->policy;
    struct restante_session_facts facts;
    if (policy->decided_s == 0) {
        policy->decided_s = clock_now_s();
        policy->answer = (struct policy_answer){0};
    }
    session_policy_facts(session, &facts);
    facts.now_s = policy->decided_s;
    enum restante_status status = maildrop_decide(session->maildrop, &facts, &policy->answer, error);
    if (status == RESTANTE_OK)
        session_log_answer(session, RESTANTE_EVENT_OPEN, TRANSACTION_NO_MESSAGE);
    return status;
}

/* --- commands -------------------------------------------------------------------------------------------------- */

static void session_share_time(const struct session *session, int64_t began_ms)
{
    if (clock_monotonic_ms() - began_ms >= SESSION_POLICY_LONG_MS)
        transaction_yield(session->transaction);
}

static void session_on_ask(void *context, enum restante_event event, size_t index,
                           struct transaction_verdict *verdict)
{
    struct session *session = context;
    struct maildrop_client client = session_client(session);
    struct policy_answer *answer = &session->policy.answer;
    struct session_question question;
    int64_t began_ms = clock_monotonic_ms();
    session_question(session, event, index, &client, &question);
    policy_stack_ask(session_stack(session), &question.facts, maildrop_store, session->maildrop, NULL, answer);
    session_share_time(session, began_ms);
    session_log_answer(session, event, index);
    if (answer->verdict.decision == RESTANTE_REFUSE)
        verdict->kind = TRANSACTION_REFUSED;
    else if (answer->verdict.decision == RESTANTE_DISCONNECT)
        verdict->kind = TRANSACTION_DISCONNECTED;
    verdict->delay_ms = answer->verdict.delay_ms;
    memcpy(verdict->code, answer->verdict.code, sizeof(verdict->code));
    memcpy(verdict->text, answer->verdict.text, sizeof(verdict->text));
}

static void session_tell(struct session *session, enum restante_event event, size_t index)
{
    struct maildrop_client client = session_client(session);
    struct session_question question;
    session_question(session, event, index, &client, &question);
    policy_stack_tell(session_stack(session), &question.facts, maildrop_store, session->maildrop);
}

static void session_on_tell(void *context, enum restante_event event, size_t index)
{
    int64_t began_ms = clock_monotonic_ms();
    session_tell(context, event, index);
    session_share_time(context, began_ms);
}

void session_policy_tell(struct session *session, enum restante_event event)
{
    if (policy_stack_wants(session_stack(session)->wanted_after, event))
        session_tell(session, event, TRANSACTION_NO_MESSAGE);
}

/* The last question was about this very command. */
static void session_on_deleted(void *context, size_t index)
{
    struct session *session = context;
    maildrop_mark(session->maildrop, index, &session->policy.answer);
}

static void session_on_reset(void *context)
{
    const struct session *session = context;
    maildrop_unmark_all(session->maildrop);
}

static const struct capa_announcements *session_on_announce(void *context)
{
    struct session *session = context;
    struct session_policy *policy = &session->policy;
    struct maildrop_client client = session_client(session);
    struct restante_announcement announcement;
    struct session_question question;
    if (!policy->is_announced) {
        session_question(session, RESTANTE_EVENT_CAPA, TRANSACTION_NO_MESSAGE, &client, &question);
        policy_stack_announce(session_stack(session), &question.facts, maildrop_store, session->maildrop,
                              &announcement);
        capa_announce(&policy->announcements, &announcement);
        policy->is_announced = true;
    }
    return &policy->announcements;
}

void session_policy_prepare(struct session *session, struct transaction_policy *policy)
{
    const struct policy_stack *stack = session_stack(session);
    if (stack->count == 0)
        return;
    *policy = (struct transaction_policy){
        .context = session,
        .wanted = stack->wanted,
        .wanted_after = stack->wanted_after,
        .ask = session_on_ask,
        .tell = session_on_tell,
        .announce = session_on_announce,
    };
    if (policy_stack_wants(stack->wanted, RESTANTE_EVENT_DELE)) {
        policy->deleted = session_on_deleted;
        policy->reset = session_on_reset;
    }
}
