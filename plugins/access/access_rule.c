/*
 * plugins/access/access_rule.c - see access_rule.h. Parsed in the nursery while it starts, matched in workers.
 */
#include "access_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE_FORM "\"allow|deny USERS [from NETWORKS] [with tls|without tls]\""

bool access_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            again = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++again;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

/* --- parsing ----------------------------------------------------------------------------------------------------- */

/* Words, cut out of a copy of the rule. */
struct rule_words {
    char *at;
    char *word;      /* "" at the end */
    bool is_listed; /* a comma follows: the next word belongs to the same list */
};

static void rule_next(struct rule_words *words)
{
    char *at = words->at + strspn(words->at, " \t");
    words->word = at;
    at += strcspn(at, " \t,");
    char *end = at;
    at += strspn(at, " \t");
    words->is_listed = *at == ',';
    if (words->is_listed)
        at++;
    words->at = at;
    /* The word's end may be where the next one begins only at the end of the text. */
    *end = '\0';
}

static bool rule_refuse(char fault[ACCESS_FAULT_MAX], const char *word, const char *expected)
{
    if (*word)
        snprintf(fault, ACCESS_FAULT_MAX, "has \"%.60s\" where %s is expected; a rule is " RULE_FORM, word, expected);
    else
        snprintf(fault, ACCESS_FAULT_MAX, "ends where %s is expected; a rule is " RULE_FORM, expected);
    return false;
}

/* The words of one list, the present one the first; `take` refuses one with false. */
static bool rule_take_list(struct access_rule *rule, struct rule_words *words, const char *expected,
                           bool (*take)(struct access_rule *rule, const char *word, char *fault),
                           char fault[ACCESS_FAULT_MAX])
{
    bool goes_on = true;
    while (goes_on) {
        if (!*words->word)
            return rule_refuse(fault, "", expected);
        if (!take(rule, words->word, fault))
            return false;
        goes_on = words->is_listed;
        rule_next(words);
    }
    return true;
}

static bool rule_take_user(struct access_rule *rule, const char *word, char *fault)
{
    size_t count = 0;
    while (rule->users && rule->users[count])
        count++;
    const char **users = realloc(rule->users, (count + 2) * sizeof(*users));
    if (!users) {
        snprintf(fault, ACCESS_FAULT_MAX, "does not fit into memory");
        return false;
    }
    users[count] = word;
    users[count + 1] = NULL;
    rule->users = users;
    return true;
}

static bool rule_take_network(struct access_rule *rule, const char *word, char *fault)
{
    rule->has_networks = true;
    if (word[0] == '@' && word[1] == '/')
        return access_file_read(word + 1, &rule->networks, fault);
    const char *wrong = access_networks_add(&rule->networks, word);
    if (wrong)
        snprintf(fault, ACCESS_FAULT_MAX, "has \"%.60s\", which %s", word, wrong);
    return wrong == NULL;
}

static bool rule_take_tls(struct access_rule *rule, struct rule_words *words, char fault[ACCESS_FAULT_MAX])
{
    rule->tls = strcmp(words->word, "with") == 0 ? ACCESS_WITH_TLS : ACCESS_WITHOUT_TLS;
    rule_next(words);
    if (strcmp(words->word, "tls") != 0)
        return rule_refuse(fault, words->word, "\"tls\"");
    rule_next(words);
    return true;
}

static bool rule_parse_words(struct access_rule *rule, struct rule_words *words, char fault[ACCESS_FAULT_MAX])
{
    rule_next(words);
    rule->allows = strcmp(words->word, "allow") == 0;
    if (!rule->allows && strcmp(words->word, "deny") != 0)
        return rule_refuse(fault, words->word, "\"allow\" or \"deny\"");
    rule_next(words);
    if (!rule_take_list(rule, words, "a user or a pattern such as \"*@example.org\"", rule_take_user, fault))
        return false;
    if (strcmp(words->word, "from") == 0) {
        rule_next(words);
        if (!rule_take_list(rule, words, "a network such as \"10.0.0.0/8\" or a file such as \"@/etc/office\"",
                            rule_take_network, fault))
            return false;
        access_networks_finish(&rule->networks);
    }
    bool has_tls = strcmp(words->word, "with") == 0 || strcmp(words->word, "without") == 0;
    if (has_tls && !rule_take_tls(rule, words, fault))
        return false;
    if (*words->word)
        return rule_refuse(fault, words->word, has_tls              ? "its end"
                                               : rule->has_networks ? "\"with tls\", \"without tls\" or its end"
                                                                    : "\"from\", \"with tls\", \"without tls\" or its end");
    return true;
}

bool access_rule_parse(struct access_rule *rule, const char *text, char fault[ACCESS_FAULT_MAX])
{
    *rule = (struct access_rule){.text = strdup(text)};
    struct rule_words words = {.at = rule->text};
    if (!rule->text)
        snprintf(fault, ACCESS_FAULT_MAX, "does not fit into memory");
    else if (rule_parse_words(rule, &words, fault))
        return true;
    access_rule_free(rule);
    return false;
}

void access_rule_free(struct access_rule *rule)
{
    access_networks_free(&rule->networks);
    free(rule->users);
    free(rule->text);
    *rule = (struct access_rule){0};
}

/* --- matching ---------------------------------------------------------------------------------------------------- */

bool access_rule_matches(const struct access_rule *rule, const struct access_login *login)
{
    bool is_user = false;
    for (size_t i = 0; !is_user && rule->users[i]; i++)
        is_user = access_glob(rule->users[i], login->user);
    if (!is_user || (rule->tls != ACCESS_EITHER && login->is_tls != (rule->tls == ACCESS_WITH_TLS)))
        return false;
    if (!rule->has_networks)
        return true;
    return login->has_address ? access_networks_has(&rule->networks, &login->address) : !rule->allows;
}
