/*
 * auth/auth_mechanism.h - what a client sent to log in, to a user name and a secret.
 */
#ifndef AUTH_AUTH_MECHANISM_H
#define AUTH_AUTH_MECHANISM_H

#include <restante/auth.h>

#include <stdbool.h>
#include <stddef.h>

/* Wipe it after use. */
struct auth_credentials {
    char user[RESTANTE_USER_MAX + 1];
    char secret[RESTANTE_SECRET_MAX + 1];
};

/*
 * Take a response of `mechanism` ("USER", "LOGIN" or "PLAIN") apart. False when it can open nothing, with *why a constant text
 * for the log; `credentials` then holds no secret, and the user where one could be read. TRUST: client bytes.
 */
bool auth_mechanism_parse(const char *mechanism, const void *response, size_t length,
                          struct auth_credentials *credentials, const char **why);

#endif
