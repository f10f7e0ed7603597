#include "session/task_session.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/str.h"

void task_session_begin(struct task_session *session, const struct task *task, const char *peer)
{
    size_t local_length;
    const char *domain = str_domain(task->user, &local_length);
    int64_t now_s = task->order.at_s ? task->order.at_s : clock_now_s();
    session->local = alloc_string_n(task->user, local_length);
    session->facts = (struct restante_session_facts){
        .session_id = peer,
        .user = task->user,
        .local = session->local,
        .domain = domain ? domain : "",
        .peer = peer,
        .mechanism = "",
        .now_s = now_s,
        .login_s = now_s,
    };
}

void task_session_end(struct task_session *session)
{
    free(session->local);
    *session = (struct task_session){0};
}

static enum restante_status task_session_judge(const struct task_session *session, const struct task *task,
                                               struct restante_error *error)
{
    const struct restante_verdict *verdict = &session->answer.verdict;
    if (verdict->decision != RESTANTE_REFUSE && verdict->decision != RESTANTE_DISCONNECT)
        return RESTANTE_OK;
    const char *reason = session->answer.is_failure ? "it has failed, as the log says" : verdict->reason;
    return error_set(error, RESTANTE_PERMANENT, 0, NULL, "the policy %s lets nobody open the maildrop of %s%s%s%s%s",
                     session->answer.by ? session->answer.by->terms.name : "?", task->user, verdict->rule[0] ? ", " : "",
                     verdict->rule, reason[0] ? ": " : "", reason);
}

enum restante_status task_session_list(struct task_session *session, struct task *task, struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    if (!session->is_remembered) {
        status = maildrop_remember(task->maildrop, error);
        session->is_remembered = status == RESTANTE_OK;
    }
    if (status == RESTANTE_OK && !session->is_listed) {
        status = maildrop_list(task->maildrop, error);
        session->is_listed = status == RESTANTE_OK;
    }
    return status;
}

enum restante_status task_session_open(struct task_session *session, struct task *task, struct restante_error *error)
{
    enum restante_status status = task_session_list(session, task, error);
    if (status == RESTANTE_OK && !session->is_decided) {
        status = maildrop_decide(task->maildrop, &session->facts, &session->answer, error);
        session->is_decided = status == RESTANTE_OK;
    }
    return status == RESTANTE_OK ? task_session_judge(session, task, error) : status;
}
