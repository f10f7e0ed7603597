/*
 * A PAM module that does what its arguments say, for the tests of the PAM driver. One word each:
 *
 *   password=X    ask for a hidden text and compare           rhost=X, tty=X   fail unless the item is so
 *   ask=N         ask N times more                            become=X         change the user's name
 *   told=X        tell the user X                             auth=N, account=N   what the step returns at the end
 *   binary        ask for something that no client has        no-sleep         fail if PAM would sleep after a failure
 *   crash=X, hang=X, fork=X, leak=X   misbehave when X is who logs in, see below
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_modules.h>

#define EXPORT __attribute__((visibility("default")))

static const char *argument(int count, const char **list, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < count; i++)
        if (strncmp(list[i], name, length) == 0 && (list[i][length] == '=' || list[i][length] == '\0'))
            return list[i][length] ? list[i] + length + 1 : list[i] + length;
    return NULL;
}

static int converse(pam_handle_t *pam, int style, const char *text, char **answer)
{
    const void *item = NULL;
    if (pam_get_item(pam, PAM_CONV, &item) != PAM_SUCCESS || !item)
        return PAM_CONV_ERR;
    const struct pam_conv *conversation = item;
    const struct pam_message message = {.msg_style = style, .msg = text};
    const struct pam_message *messages[] = {&message};
    struct pam_response *responses = NULL;
    int result = conversation->conv(1, messages, &responses, conversation->appdata_ptr);
    if (result != PAM_SUCCESS)
        return result;
    *answer = responses[0].resp;
    free(responses);
    return PAM_SUCCESS;
}

static int item_is(pam_handle_t *pam, int kind, const char *wanted)
{
    const void *item = NULL;
    return pam_get_item(pam, kind, &item) == PAM_SUCCESS && item && strcmp(item, wanted) == 0;
}

static int check_password(pam_handle_t *pam, const char *wanted)
{
    char *answer = NULL;
    int result = converse(pam, PAM_PROMPT_ECHO_OFF, "Password: ", &answer);
    if (result == PAM_SUCCESS)
        result = answer && strcmp(answer, wanted) == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
    free(answer);
    return result;
}

static int is_user(pam_handle_t *pam, int count, const char **list, const char *name)
{
    const char *user = argument(count, list, name);
    return user && item_is(pam, PAM_USER, user);
}

static void misbehave(pam_handle_t *pam, int count, const char **list)
{
    if (is_user(pam, count, list, "crash"))
        abort();
    if (is_user(pam, count, list, "hang"))
        for (;;)
            pause();
    /* The child goes on as if it were the worker. */
    if (is_user(pam, count, list, "fork"))
        (void)!fork();
    if (is_user(pam, count, list, "leak")) {
        char *memory = malloc(1 << 20);
        if (memory)
            memset(memory, 1, 1 << 20);
        (void)!open("/dev/null", O_RDONLY);
    }
}

EXPORT int pam_sm_authenticate(pam_handle_t *pam, int flags, int count, const char **list)
{
    const char *text;
    char *answer;
    (void)flags;
    misbehave(pam, count, list);
    if ((text = argument(count, list, "rhost")) && !item_is(pam, PAM_RHOST, text))
        return PAM_SYSTEM_ERR;
    if ((text = argument(count, list, "tty")) && !item_is(pam, PAM_TTY, text))
        return PAM_SYSTEM_ERR;
    /* Without an application's own function PAM would sleep after a failure. */
    const void *delay = NULL;
    if (argument(count, list, "no-sleep") && (pam_get_item(pam, PAM_FAIL_DELAY, &delay) != PAM_SUCCESS || !delay))
        return PAM_SYSTEM_ERR;
    if ((text = argument(count, list, "told")))
        converse(pam, PAM_ERROR_MSG, text, &answer);
    if (argument(count, list, "binary") && converse(pam, PAM_BINARY_PROMPT, "", &answer) != PAM_SUCCESS)
        return PAM_CONV_ERR;
    int asks = (text = argument(count, list, "ask")) ? (int)strtol(text, NULL, 10) : 0;
    for (int i = 0; i < asks; i++) {
        if (converse(pam, i % 2 ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, "Again: ", &answer) != PAM_SUCCESS)
            return PAM_CONV_ERR;
        if (i % 2 && !item_is(pam, PAM_USER, answer))
            return PAM_SYSTEM_ERR;
        free(answer);
    }
    if ((text = argument(count, list, "password"))) {
        int result = check_password(pam, text);
        if (result != PAM_SUCCESS)
            return result;
    }
    if ((text = argument(count, list, "become")))
        pam_set_item(pam, PAM_USER, text);
    return (text = argument(count, list, "auth")) ? (int)strtol(text, NULL, 10) : PAM_SUCCESS;
}

EXPORT int pam_sm_setcred(pam_handle_t *pam, int flags, int count, const char **list)
{
    (void)pam;
    (void)flags;
    (void)count;
    (void)list;
    return PAM_SUCCESS;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int count, const char **list)
{
    const char *text;
    (void)pam;
    (void)flags;
    return (text = argument(count, list, "account")) ? (int)strtol(text, NULL, 10) : PAM_SUCCESS;
}
