/*
 * tests/fuzz/fuzz_folder.h - a folder of this process's own, in memory where there is one, for targets whose code
 * reads files. Made once, emptied between inputs, removed at the end.
 */
#ifndef TESTS_FUZZ_FOLDER_H
#define TESTS_FUZZ_FOLDER_H

#include <stddef.h>

/* Its path; NUL-terminated, without a final slash. */
const char *fuzz_folder(void);
/* Removes every file in `name` below it ("": itself), not folders. */
void fuzz_folder_empty(const char *name);
/* Writes a file of these octets below it. */
void fuzz_folder_write(const char *name, const void *data, size_t length);
/* An open descriptor of folder `name` below it, made when it is not there. */
int fuzz_folder_open(const char *name);

#endif
