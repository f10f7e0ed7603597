/*
 * auth/auth_username.h - the `username` settings: what a client wrote to the name that drivers are asked for.
 */
#ifndef AUTH_AUTH_USERNAME_H
#define AUTH_AUTH_USERNAME_H

#include <restante/auth.h>

#include <stdbool.h>

struct auth_username_rules {
    bool lowercase;
    const char *default_domain; /* added to a name without "@"; NULL: none */
};

/* Apply the rules in place. False, with a constant text for the log, when the result is not a name we could use. */
bool auth_username_apply(const struct auth_username_rules *rules, char user[RESTANTE_USER_MAX + 1], const char **why);
/* Is it a name that may decide a path: not empty, no "/", no control byte? */
bool auth_username_is_clean(const char *user);

#endif
