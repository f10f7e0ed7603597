/*
 * tests/unit/auth_fake_host.h - a host table for auth drivers under test, which remembers what was logged.
 */
#ifndef TESTS_UNIT_AUTH_FAKE_HOST_H
#define TESTS_UNIT_AUTH_FAKE_HOST_H

#include <restante/auth.h>

#define FAKE_LINES_MAX 128

extern char fake_lines[FAKE_LINES_MAX][512];
extern size_t fake_lines_count;

const struct restante_host *fake_host(void);
void fake_forget_lines(void);
/* Was a line logged that holds both texts? */
bool fake_has_logged(const char *a, const char *b);

#endif
