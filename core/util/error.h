/*
 * util/error.h - filling struct restante_error (restante/module.h).
 */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include <restante/module.h>

/*
 * Fill `error` (may be NULL) and return `status`. `client` may be NULL: the client then gets a general sentence.
 * `log_format` names the file, user or setting at fault; the text of `errno_value` is appended when it is not 0.
 */
enum restante_status error_set(struct restante_error *error, enum restante_status status, int errno_value,
                               const char *client, const char *log_format, ...)
    __attribute__((format(printf, 5, 6)));

/* The RFC 2449/3206 response code for a status ("SYS/TEMP"), or "" where there is none. */
const char *error_response_code(enum restante_status status);

#endif
