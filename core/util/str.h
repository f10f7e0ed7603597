/*
 * util/str.h - bounded copies, strict numbers, durations and sizes, nearest spellings.
 */
#ifndef UTIL_STR_H
#define UTIL_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copy with a NUL, cutting at capacity - 1. Returns false when it had to cut. */
bool str_copy(char *to, size_t capacity, const char *from);
bool str_copy_n(char *to, size_t capacity, const char *from, size_t length);

/*
 * The domain of a user name, behind its last '@'; NULL: it has none. *local_length is the length of what stands before.
 */
const char *str_domain(const char *user, size_t *local_length);

/* Decimal digits only, whole text, no sign, no overflow. */
bool str_parse_u64(const char *text, size_t length, uint64_t *value);

/* "250ms", "30s", "10m", "12h", "7d", "2w"; a unit is required. Result in milliseconds. */
bool str_parse_duration_ms(const char *text, int64_t *value_ms);
/* "100", "64K", "10M", "2G" (powers of 1024). Result in octets. */
bool str_parse_size(const char *text, int64_t *octets);
/* The shortest exact writing of the above; `to` of at least 32 octets. */
void str_format_duration(char *to, size_t capacity, int64_t value_ms);
void str_format_size(char *to, size_t capacity, int64_t octets);

/* The candidate (NULL-terminated list) that `text` is most probably a misspelling of; NULL when none is near. */
const char *str_nearest(const char *text, const char *const *candidates);

/* Lower-case hexadecimal, NUL-terminated; `to` has room for 2 * length + 1. */
void str_hex(char *to, const void *data, size_t length);

/* Same content, in time that depends on the lengths only. */
bool str_equal_secret(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
