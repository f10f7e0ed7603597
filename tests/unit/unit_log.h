/*
 * tests/unit/unit_log.h - what a piece of a test writes to the log.
 */
#ifndef TESTS_UNIT_LOG_H
#define TESTS_UNIT_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* From here on lines are kept; a pipe's worth at most. */
void unit_log_begin(void);
/* How many there were; further ones go to standard error. */
size_t unit_log_end(void);
/* Is this text in one of them? Fields are written as "key=value ", as they were given. */
bool unit_log_has(const char *text);

#endif
