/*
 * pam/pam_conversation.h - what PAM's modules ask, and what POP3 lets us answer: a name and one secret.
 */
#ifndef PAM_PAM_CONVERSATION_H
#define PAM_PAM_CONVERSATION_H

#include <security/pam_appl.h>

#include <restante/auth.h>

struct conversation {
    const struct restante_host *host;
    const char *user, *secret;
    unsigned prompts;
    char told[256]; /* the last text that a module wanted the user to see, for the log */
};

/* The structure to hand to pam_start; `conversation` must outlive it. */
struct pam_conv conversation_begin(struct conversation *conversation);

#endif
