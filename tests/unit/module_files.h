/*
 * tests/unit/module_files.h - a module path of one's own below /tmp, filled with built test modules.
 */
#ifndef TESTS_MODULE_FILES_H
#define TESTS_MODULE_FILES_H

#include <stddef.h>

/* Make <root>/policy, <root>/storage, <root>/auth; the same folder until module_files_end. */
const char *module_files_begin(void);
void module_files_end(void);
/* Copy the built module `built` to <root>/<as>; the first `octets` of it, 0: all. Returns its path, to be freed. */
char *module_files_copy(const char *built, const char *as, size_t octets);
/* Write a text file there. */
char *module_files_write(const char *as, const char *text);

#endif
