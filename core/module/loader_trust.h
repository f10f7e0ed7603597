/*
 * module/loader_trust.h - may this file's code run here? Only when nobody but root and the starting uid could have
 * written it.
 */
#ifndef MODULE_LOADER_TRUST_H
#define MODULE_LOADER_TRUST_H

#include <restante/module.h>

/* `path` is absolute and without links (realpath). Checks the file and every folder above it. */
enum restante_status trust_check(const char *path, unsigned trusted_uid, struct restante_error *error);

#endif
