/*
 * util/alloc.h - memory that is there or the process is not.
 *
 * Rooms are disposable: when memory runs out the process logs one line and exits, and the master replaces it.
 * None of these returns NULL.
 */
#ifndef UTIL_ALLOC_H
#define UTIL_ALLOC_H

#include <stddef.h>

void *alloc_zeroed(size_t size);
void *alloc_array(size_t count, size_t size); /* zeroed; refuses a product that overflows */
void *alloc_resize(void *old, size_t count, size_t size);
char *alloc_string(const char *text);
char *alloc_string_n(const char *text, size_t length);
char *alloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
