/*
 * master/descriptors.h - the limit of open files, which rooms inherit, against the connections that are allowed.
 */
#ifndef MASTER_DESCRIPTORS_H
#define MASTER_DESCRIPTORS_H

#include "master/generation.h"

/* As high as this process may go. */
void descriptors_raise(void);
/* How many connections the frontends have files for together. */
uint64_t descriptors_fit(uint64_t open_files, uint64_t frontends);
/* Warn when limits.connections is more than that. */
void descriptors_check(const struct generation *generation);

#endif
