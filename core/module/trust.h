/*
 * module/trust.h - may this file be loaded? Only where nobody but root and the starting uid could have put it.
 */
#ifndef MODULE_TRUST_H
#define MODULE_TRUST_H

#include <restante/module.h>

/*
 * Check a file and every folder above it: owner root or `uid`, not writable by group or others. A sticky folder of
 * root's (such as /tmp) may be writable: nobody can replace another's entry there. `path` has no links (realpath).
 */
enum restante_status trust_check(const char *path, unsigned uid, struct restante_error *error);

#endif
