/*
 * master/tls_files.h - certificate and key as octets, read while the master may; the frontends parse them.
 */
#ifndef MASTER_TLS_FILES_H
#define MASTER_TLS_FILES_H

#include "master/generation.h"

/* Read tls.certificate and tls.key where they are set. */
void tls_files_open(struct generation *generation);
void tls_files_close(struct generation *generation);

#endif
