/*
 * util/log_format.h - log records to text or JSON lines. The one place where outside strings are escaped.
 *
 * Text:  2026-11-23T21:40:05.123Z info frontend[812] event=login user=alice peer=192.0.2.7
 * JSON:  {"time":"...","level":"info","room":"frontend","pid":812,"event":"login",...}
 * Bytes outside printable ASCII are written \xHH in text; values with blanks, quotes or "=" are quoted.
 */
#ifndef UTIL_LOG_FORMAT_H
#define UTIL_LOG_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <restante/module.h>

#define LOG_TEXT_MAX 32768 /* a full record with every byte escaped, and its head */

/* What precedes each record in a room's pipe. */
struct log_record_head {
    uint16_t length;
    uint8_t level;
    uint8_t lost; /* lines lost just before this one; 255: that many or more */
};

struct log_origin {
    int64_t time_ms;
    const char *room; /* NULL: left out, as the pid */
    pid_t pid;
};

/* Format one record with a final newline. Returns its length, always below `capacity`. */
size_t log_format_text(char *to, size_t capacity, const struct log_origin *origin, enum restante_level level,
                       const char *record, size_t length);
size_t log_format_json(char *to, size_t capacity, const struct log_origin *origin, enum restante_level level,
                       const char *record, size_t length);
const char *log_level_name(enum restante_level level);

#endif
