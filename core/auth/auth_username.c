#include "auth/auth_username.h"

#include <stddef.h>
#include <string.h>

/* ASCII only: a name's other bytes mean what the driver says they mean. */
static void username_lower(char *user)
{
    for (; *user; user++) {
        if (*user >= 'A' && *user <= 'Z')
            *user = (char)(*user - 'A' + 'a');
    }
}

static bool username_add_domain(char user[RESTANTE_USER_MAX + 1], const char *domain)
{
    size_t used = strlen(user), length = strlen(domain);
    if (used + 1 + length > RESTANTE_USER_MAX)
        return false;
    user[used] = '@';
    memcpy(user + used + 1, domain, length + 1);
    return true;
}

bool auth_username_is_clean(const char *user)
{
    if (!user[0])
        return false;
    for (; *user; user++) {
        unsigned char c = (unsigned char)*user;
        if (c < ' ' || c == 0x7f || c == '/')
            return false;
    }
    return true;
}

bool auth_username_apply(const struct auth_username_rules *rules, char user[RESTANTE_USER_MAX + 1], const char **why)
{
    *why = NULL;
    if (!auth_username_is_clean(user))
        *why = "the user name holds \"/\" or a control byte";
    else if (rules->default_domain && rules->default_domain[0] && !strchr(user, '@') &&
             !username_add_domain(user, rules->default_domain))
        *why = "the user name with the default domain is too long";
    else if (rules->lowercase)
        username_lower(user);
    return !*why;
}
