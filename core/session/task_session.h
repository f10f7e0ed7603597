/*
 * session/task_session.h - maintenance as a session without a client: what policies are told about it, and the maildrop
 * opened to the point where every message's outlook is known. Runs in a task's worker.
 */
#ifndef SESSION_TASK_SESSION_H
#define SESSION_TASK_SESSION_H

#include "policy/answer.h"
#include "session/task.h"

/* Zeroed: not begun. */
struct task_session {
    struct restante_session_facts facts;
    char *local; /* of the facts */
    struct policy_answer answer;
    bool is_remembered, is_listed, is_decided;
};

/* `peer` is who does it, for policies and journal: "expire" or "admin". */
void task_session_begin(struct task_session *session, const struct task *task, const char *peer);
/* The ledger and the list. As task_session_open, which goes on from there. */
enum restante_status task_session_list(struct task_session *session, struct task *task, struct restante_error *error);
/*
 * Ledger, list, decisions, as at a login but for LOGIN. RESTANTE_AGAIN, RESTANTE_WAIT: call again; RESTANTE_OK: open. A
 * policy that does not let anybody in is a failure with its reason.
 */
enum restante_status task_session_open(struct task_session *session, struct task *task, struct restante_error *error);
void task_session_end(struct task_session *session);

#endif
