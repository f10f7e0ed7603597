/*
 * util/faults.h - a list of sentences about what is wrong, for checks that must report everything at once.
 */
#ifndef UTIL_FAULTS_H
#define UTIL_FAULTS_H

#include <stddef.h>

/* A zeroed struct faults is an empty list. */
struct faults {
    char **sentences;
    size_t count;
};

void faults_add(struct faults *faults, const char *format, ...) __attribute__((format(printf, 2, 3)));
void faults_free(struct faults *faults);

#endif
