/*
 * plugins/access/access_rule.h - one rule: "allow|deny USERS [from NETWORKS] [with tls|without tls]".
 */
#ifndef ACCESS_RULE_H
#define ACCESS_RULE_H

#include "access_file.h"

enum access_tls { ACCESS_EITHER = 0, ACCESS_WITH_TLS, ACCESS_WITHOUT_TLS };

/* Who asks. */
struct access_login {
    const char *user;
    struct access_address address;
    bool has_address; /* false: it is not known, which no rule is to be kinder for */
    bool is_tls;
};

struct access_rule {
    char *text; /* as it was written, cut into `users` */
    bool allows;
    const char **users; /* patterns; NULL ends them */
    bool has_networks;  /* else from everywhere */
    struct access_networks networks;
    enum access_tls tls;
};

/* False with what is wrong, to follow the rule's path in a sentence. */
bool access_rule_parse(struct access_rule *rule, const char *text, char fault[ACCESS_FAULT_MAX]);
bool access_rule_matches(const struct access_rule *rule, const struct access_login *login);
void access_rule_free(struct access_rule *rule);

/* '*' is any text, '?' any character. */
bool access_glob(const char *pattern, const char *text);

#endif
