/*
 * master/tls_files.h - certificate and key as octets, read while the master may; the frontends parse them.
 */
#ifndef MASTER_TLS_FILES_H
#define MASTER_TLS_FILES_H

#include "master/master.h"

/* Read tls.certificate and tls.key where they are set, and make ticket keys. */
void tls_files_open(struct master *master);
void tls_files_close(struct master *master);

#endif
