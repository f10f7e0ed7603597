/*
 * plugins/access/access.c - who may log in from where, and with or without TLS: a policy in C. Rules are asked in their
 * order, and the first that fits decides; files of networks are read when the server starts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <restante/policy.h>

#include "access_rule.h"

enum { SETTING_RULES, SETTING_OTHERWISE, SETTING_TEXT, SETTING_TLS_TEXT, SETTINGS };

static const char *const otherwise_choices[] = {"deny", "allow", NULL};

static const struct restante_setting access_settings[SETTINGS] = {
    [SETTING_RULES] = {.name = "rules", .type = RESTANTE_SETTING_STRINGS, .is_required = true,
                       .help = "allow|deny USERS [from NETWORKS] [with tls|without tls]; the first that fits decides"},
    [SETTING_OTHERWISE] = {.name = "otherwise", .type = RESTANTE_SETTING_CHOICE, .default_text = "deny",
                           .choices = otherwise_choices, .help = "what happens to logins that no rule fits"},
    [SETTING_TEXT] = {.name = "text", .type = RESTANTE_SETTING_STRING,
                      .default_text = "this account cannot be used from your network",
                      .help = "what a client is told that is denied"},
    [SETTING_TLS_TEXT] = {.name = "tls_text", .type = RESTANTE_SETTING_STRING,
                          .default_text = "this account needs an encrypted connection (TLS)",
                          .help = "what it is told instead when TLS is all that it lacks"},
};

struct access {
    struct access_rule *rules;
    size_t count;
    bool allows_otherwise;
    const struct restante_value *values;
};

static void access_stop(void **policy)
{
    struct access *access = *policy;
    *policy = NULL;
    for (size_t i = 0; access && i < access->count; i++)
        access_rule_free(&access->rules[i]);
    if (access)
        free(access->rules);
    free(access);
}

static enum restante_status access_start(const struct restante_host *host, const struct restante_policy_item *item,
                                         void **policy, struct restante_policy_terms *terms,
                                         struct restante_error *error)
{
    const char *const *list = item->values[SETTING_RULES].list;
    char fault[ACCESS_FAULT_MAX];
    size_t count = 0;
    while (list[count])
        count++;
    struct access *access = calloc(1, sizeof(*access));
    void *owned = access;
    *policy = NULL;
    if (access)
        access->rules = calloc(count + 1, sizeof(*access->rules));
    if (!access || !access->rules) {
        access_stop(&owned);
        return host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s: out of memory", item->path);
    }
    access->values = item->values;
    access->allows_otherwise = strcmp(item->values[SETTING_OTHERWISE].text, "allow") == 0;
    for (; access->count < count; access->count++) {
        if (access_rule_parse(&access->rules[access->count], list[access->count], fault))
            continue;
        host->fail(error, RESTANTE_INVALID, 0, NULL, "%s.rules.%zu: %s", item->path, access->count + 1, fault);
        access_stop(&owned);
        return RESTANTE_INVALID;
    }
    terms->wanted = RESTANTE_EVENT(LOGIN);
    terms->on_error = RESTANTE_ON_ERROR_REFUSE;
    *policy = access;
    return RESTANTE_OK;
}

/* Which rule decides, from 1; 0: none does. */
static size_t access_find(const struct access *access, const struct access_login *login, bool *is_allowed)
{
    for (size_t i = 0; i < access->count; i++) {
        if (!access_rule_matches(&access->rules[i], login))
            continue;
        *is_allowed = access->rules[i].allows;
        return i + 1;
    }
    *is_allowed = access->allows_otherwise;
    return 0;
}

static void access_refuse(const struct access *access, const struct restante_session_facts *session, size_t number,
                          bool needs_tls, struct restante_verdict *verdict)
{
    verdict->decision = RESTANTE_REFUSE;
    snprintf(verdict->code, sizeof(verdict->code), "SYS/PERM");
    snprintf(verdict->text, sizeof(verdict->text), "%s",
             access->values[needs_tls ? SETTING_TLS_TEXT : SETTING_TEXT].text);
    if (number > 0)
        snprintf(verdict->rule, sizeof(verdict->rule), "login, rule %zu", number);
    else
        snprintf(verdict->rule, sizeof(verdict->rule), "login, otherwise");
    snprintf(verdict->reason, sizeof(verdict->reason), "from %.45s %s: %s", session->peer,
             session->is_tls ? "with TLS" : "without TLS",
             number > 0 ? access->values[SETTING_RULES].list[number - 1] : "no rule fits");
}

static enum restante_status access_judge(void *policy, const struct restante_facts *facts,
                                         struct restante_verdict *verdict, struct restante_error *error)
{
    const struct access *access = policy;
    const struct restante_session_facts *session = facts->session;
    struct access_login login = {.user = session->user, .is_tls = session->is_tls};
    bool is_allowed, would_be_allowed;
    (void)error;
    if (facts->event != RESTANTE_EVENT_LOGIN || facts->is_after)
        return RESTANTE_OK;
    login.has_address = access_address_parse(&login.address, session->peer);
    size_t number = access_find(access, &login, &is_allowed);
    if (is_allowed)
        return RESTANTE_OK;
    login.is_tls = true;
    access_find(access, &login, &would_be_allowed);
    access_refuse(access, session, number, would_be_allowed, verdict);
    return RESTANTE_OK;
}

static const struct restante_policy access_policy = {
    .start = access_start, .judge = access_judge, .stop = access_stop};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_policy),
    .kind = RESTANTE_KIND_POLICY,
    .name = "access",
    .summary = "who may log in from which networks, with or without TLS",
    .settings = access_settings,
    .settings_count = SETTINGS,
    .operations = &access_policy,
};
