#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/str.h"

enum restante_status error_set(struct restante_error *error, enum restante_status status, int errno_value,
                               const char *client, const char *log_format, ...)
{
    if (!error)
        return status;
    error->status = status;
    error->errno_value = errno_value;
    str_copy(error->client, sizeof(error->client), client ? client : "");
    error->log[0] = '\0';
    if (log_format) {
        va_list arguments;
        va_start(arguments, log_format);
        vsnprintf(error->log, sizeof(error->log), log_format, arguments);
        va_end(arguments);
    }
    if (errno_value != 0) {
        size_t used = strlen(error->log);
        snprintf(error->log + used, sizeof(error->log) - used, "%s%s", used ? ": " : "", strerror(errno_value));
    }
    return status;
}

const char *error_response_code(enum restante_status status)
{
    switch (status) {
    case RESTANTE_DENIED:
        return "AUTH";
    case RESTANTE_IN_USE:
        return "IN-USE";
    case RESTANTE_TEMPORARY:
        return "SYS/TEMP";
    case RESTANTE_PERMANENT:
    case RESTANTE_INVALID:
        return "SYS/PERM";
    case RESTANTE_OK:
    case RESTANTE_AGAIN:
    case RESTANTE_END:
    case RESTANTE_WAIT:
        break;
    }
    return "";
}
