/*
 * util/log.h - one event, one line.
 *
 * A line is a level, an event name and fields. In a room the fields travel as they are through a non-blocking pipe
 * (log_to_pipe) and the master adds room and pid, formats and escapes; the offline commands format for themselves
 * (log_to_stderr). Values may be anything a client sent: escaping happens once, in log_format.c. Secrets are never
 * given to any of these.
 *
 *     struct log_line line;
 *     log_begin(&line, RESTANTE_INFO, "login");
 *     log_add(&line, "user", user);
 *     log_end(&line);
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

/* One record stays below PIPE_BUF, so that writers sharing a pipe never mix: longer values are cut. */
#define LOG_RECORD_MAX 4000

struct log_line {
    enum restante_level level;
    uint16_t length;
    char record[LOG_RECORD_MAX]; /* key NUL value NUL ... */
};

/* Where this process's lines go. */
void log_to_pipe(int fd);
void log_to_stderr(void);
/* Lines below this level are dropped at their source; RESTANTE_INFO at the start. */
void log_set_level(enum restante_level level);

void log_begin(struct log_line *line, enum restante_level level, const char *event);
void log_add(struct log_line *line, const char *key, const char *value);
void log_add_n(struct log_line *line, const char *key, const char *value, size_t length); /* NULs are kept visible */
void log_add_number(struct log_line *line, const char *key, int64_t number);
void log_end(struct log_line *line);

/* A plain sentence: event "note", key "text". */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
