/*
 * util/when.h - points in time as people write them on a command line, in the system's time zone.
 *
 *     2026-12-24          the beginning of that day
 *     2026-12-24 18:30
 *     30d                 a duration from now: ahead or back, as the option means it
 */
#ifndef UTIL_WHEN_H
#define UTIL_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_FORMS "YYYY-MM-DD, \"YYYY-MM-DD HH:MM\" or a duration such as 30d"

enum when_direction { WHEN_AHEAD = 1, WHEN_AGO = -1 };

/* False: it is none of these, or no such day or time. */
bool when_parse(const char *text, int64_t now_s, enum when_direction direction, int64_t *when_s);
/* "2026-12-24 18:30", or "-" for 0. `to` of at least 32 octets. */
void when_format(char *to, size_t capacity, int64_t when_s);

#endif
