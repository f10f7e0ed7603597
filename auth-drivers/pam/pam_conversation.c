/*
 * The conversation function. TRUST: it is called by modules of the administrator's choice, which may ask anything in
 * any number. A hidden prompt gets the secret, a visible one the name; nobody is there to read what is told, so the
 * last text is kept for the log. The answers belong to PAM, which wipes and frees them.
 */
#include "pam/pam_conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A module that asks again and again (for a new password, say) will not be satisfied by more of the same. */
enum { CONVERSATION_PROMPTS_MAX = 8 };

static void conversation_free(struct pam_response *responses, int count)
{
    for (int i = 0; i < count; i++) {
        if (responses[i].resp)
            explicit_bzero(responses[i].resp, strlen(responses[i].resp));
        free(responses[i].resp);
    }
    free(responses);
}

static int conversation_answer(struct conversation *conversation, const struct pam_message *message, char **answer)
{
    const char *text;
    switch (message->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
        text = conversation->secret;
        break;
    case PAM_PROMPT_ECHO_ON:
        text = conversation->user;
        break;
    case PAM_TEXT_INFO:
    case PAM_ERROR_MSG:
        snprintf(conversation->told, sizeof(conversation->told), "%s", message->msg ? message->msg : "");
        return PAM_SUCCESS;
    default: /* binary prompts and the like */
        return PAM_CONV_ERR;
    }
    if (++conversation->prompts > CONVERSATION_PROMPTS_MAX)
        return PAM_CONV_ERR;
    *answer = strdup(text);
    return *answer ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int conversation_converse(int count, const struct pam_message **messages, struct pam_response **responses,
                                 void *context)
{
    if (count <= 0 || count > PAM_MAX_NUM_MSG || !context)
        return PAM_CONV_ERR;
    struct pam_response *made = calloc((size_t)count, sizeof(*made));
    if (!made)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        int result = conversation_answer(context, messages[i], &made[i].resp);
        if (result != PAM_SUCCESS) {
            conversation_free(made, count);
            return result;
        }
    }
    *responses = made;
    return PAM_SUCCESS;
}

struct pam_conv conversation_begin(struct conversation *conversation)
{
    return (struct pam_conv){.conv = conversation_converse, .appdata_ptr = conversation};
}
