/*
 * session/session_policy.h - what the policies are asked and told by one session. Runs in a worker, as the mailbox owner.
 *
 * parse -> policy -> storage -> reply -> after-hook. Refusals, ends and delays are logged here, failures by the stack.
 */
#ifndef SESSION_SESSION_POLICY_H
#define SESSION_SESSION_POLICY_H

#include "policy/stack.h"
#include "session/maildrop.h"

struct session;

/* What a session keeps for its policies. */
struct session_policy {
    char *localpart;
    const char *domain; /* in the user's name, or "" */
    int64_t login_s;
    int64_t decided_s;           /* the time that OPEN is decided for */
    struct policy_answer answer; /* to the last question */
    unsigned lines;              /* of the log */
    size_t refused;              /* commands */
    bool is_announced;
    struct capa_announcements announcements;
};

void session_policy_open(struct session *session);
void session_policy_close(struct session *session);

/* Facts of now; valid as long as the session. */
void session_policy_facts(const struct session *session, struct restante_session_facts *facts);

/* Once the ledger is open. session->policy.answer says what it came to, and has been logged. */
void session_policy_ask_login(struct session *session);
/* A step of maildrop_decide; with RESTANTE_OK as above. */
enum restante_status session_policy_ask_open(struct session *session, struct restante_error *error);
/* Is the login refused by the last answer? */
bool session_policy_is_refused(const struct session *session);

/* For the engine; all zero where there are no policies. */
void session_policy_prepare(struct session *session, struct transaction_policy *policy);

/* Tell about LOGIN, OPEN, QUIT or CLOSE, as long as the maildrop is open. */
void session_policy_tell(struct session *session, enum restante_event event);

#endif
