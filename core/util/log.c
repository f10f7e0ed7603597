#include "util/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/fd.h"
#include "util/log_format.h"

/* WHY together: a forked worker copies each page that it writes, and a counter of its own would be one more. */
static struct {
    int fd; /* -1: format for stderr here */
    enum restante_level lowest;
    unsigned lost;
} log_state = {.fd = -1, .lowest = RESTANTE_INFO};

void log_to_pipe(int fd)
{
    log_state.fd = fd;
}

void log_to_stderr(void)
{
    log_state.fd = -1;
}

void log_set_level(enum restante_level level)
{
    log_state.lowest = level;
}

void log_begin(struct log_line *line, enum restante_level level, const char *event)
{
    line->level = level;
    line->length = 0;
    log_add(line, "event", event);
}

void log_add(struct log_line *line, const char *key, const char *value)
{
    log_add_n(line, key, value ? value : "", value ? strlen(value) : 0);
}

void log_add_n(struct log_line *line, const char *key, const char *value, size_t length)
{
    size_t key_length = strlen(key) + 1;
    size_t left = sizeof(line->record) - line->length;
    if (left < key_length + 8)
        return;
    char *to = line->record + line->length;
    memcpy(to, key, key_length);
    to += key_length;
    left -= key_length + 1;
    if (length > left)
        length = left;
    /* A NUL ends a value in the record: show it as the byte it cannot be otherwise. */
    for (size_t i = 0; i < length; i++)
        *to++ = value[i] ? value[i] : '\x01';
    *to++ = '\0';
    line->length = (uint16_t)(to - line->record);
}

void log_add_number(struct log_line *line, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, number);
    log_add(line, key, text);
}

/* A full pipe loses lines, never time; the loss itself is reported with the next line that fits. */
static void log_send(const struct log_line *line)
{
    struct log_record_head head = {.length = line->length, .level = (uint8_t)line->level, .lost = 0};
    head.lost = (uint8_t)(log_state.lost > 255 ? 255 : log_state.lost);
    struct iovec parts[2] = {
        {.iov_base = &head, .iov_len = sizeof(head)},
        {.iov_base = (void *)(uintptr_t)line->record, .iov_len = line->length},
    };
    ssize_t written;
    do
        written = writev(log_state.fd, parts, 2);
    while (written < 0 && errno == EINTR);
    log_state.lost = written < 0 ? log_state.lost + 1 : 0;
}

/* WHY a function of its own: its text is large, and whoever has it on the stack pays for the pages, used or not. */
__attribute__((noinline)) static void log_write(const struct log_line *line)
{
    struct log_origin origin = {.time_ms = clock_now_ms()};
    char text[LOG_TEXT_MAX];
    size_t length = log_format_text(text, sizeof(text), &origin, line->level, line->record, line->length);
    fd_write_all(STDERR_FILENO, text, length);
}

void log_end(struct log_line *line)
{
    if (line->level < log_state.lowest)
        return;
    int saved = errno;
    if (log_state.fd >= 0)
        log_send(line);
    else
        log_write(line);
    errno = saved;
}

static void log_sentence(enum restante_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void log_sentence(enum restante_level level, const char *format, va_list arguments)
{
    char text[1024];
    struct log_line line;
    if (level < log_state.lowest)
        return;
    vsnprintf(text, sizeof(text), format, arguments);
    log_begin(&line, level, "note");
    log_add(&line, "text", text);
    log_end(&line);
}

#define LOG_SENTENCE(name, level)                                                                                     \
    void name(const char *format, ...)                                                                                \
    {                                                                                                                 \
        va_list arguments;                                                                                            \
        va_start(arguments, format);                                                                                  \
        log_sentence(level, format, arguments);                                                                       \
        va_end(arguments);                                                                                            \
    }

LOG_SENTENCE(log_debug, RESTANTE_DEBUG)
LOG_SENTENCE(log_info, RESTANTE_INFO)
LOG_SENTENCE(log_warn, RESTANTE_WARN)
LOG_SENTENCE(log_error, RESTANTE_ERROR)
