/*
 * session/maildrop_foresee.h - what policies would decide about a maildrop at another time. For `restante policy
 * explain`: the maildrop has been decided on (maildrop.h); nothing of it, and of what policies keep, is changed.
 */
#ifndef SESSION_MAILDROP_FORESEE_H
#define SESSION_MAILDROP_FORESEE_H

#include "policy/decisions.h"
#include "session/maildrop.h"

/* One question; zeroed but for what is asked. */
struct maildrop_foresight {
    enum restante_event event; /* RESTANTE_EVENT_OPEN: every message; QUIT: those that the client is shown */
    int64_t fetched_s; /* OPEN: as if a session had fetched at that time what none has fetched; 0: as it is. QUIT: all is
                          fetched in this session */
    /* Zeroed before the first step. */
    size_t asked;
    bool *retrieved;
    struct policy_decisions *decisions; /* what came of it; closed by maildrop_foresee_end */
    bool has_failed; /* a policy has, or it lets nobody in: what is decided is not known */
};

/* One policy; RESTANTE_AGAIN: call again with the same. The time is the session's now_s. */
enum restante_status maildrop_foresee(struct maildrop *maildrop, const struct restante_session_facts *session,
                                      struct maildrop_foresight *foresight);
void maildrop_foresee_end(struct maildrop_foresight *foresight);

/* For a message of the driver's numbering: where the client sees it, from 0; SIZE_MAX: nowhere. */
size_t maildrop_foresee_visible(const struct maildrop *maildrop, size_t index);
/* When it was delivered; 0: not known. */
int64_t maildrop_foresee_delivered_s(struct maildrop *maildrop, size_t index);
/* The name of the policy that has decided about message `number` of these decisions. */
const char *maildrop_foresee_policy(const struct maildrop *maildrop, const struct policy_decisions *decisions,
                                    size_t number);

#endif
