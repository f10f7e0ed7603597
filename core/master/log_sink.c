#include "master/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/log_format.h"

struct log_source {
    struct log_source *next;
    struct event *readable;
    int fd;
    const char *room;
    pid_t pid;
    size_t length;
    char data[2 * (LOG_RECORD_MAX + sizeof(struct log_record_head))];
};

static struct {
    struct log_source *sources;
    struct log_target target;
} sink = {.target = {.fd = -1}};

static const int syslog_levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};

static void sink_write(const struct log_source *source, enum restante_level level, const char *record, size_t length)
{
    static char text[LOG_TEXT_MAX];
    struct log_origin origin = {.time_ms = clock_now_ms(), .room = source->room, .pid = source->pid};
    size_t text_length = sink.target.is_json ? log_format_json(text, sizeof(text), &origin, level, record, length)
                                             : log_format_text(text, sizeof(text), &origin, level, record, length);
    if (sink.target.is_syslog)
        syslog(syslog_levels[(unsigned)level < 4 ? level : 3], "%.*s", (int)(text_length - 1), text);
    else
        fd_write_all(sink.target.fd >= 0 ? sink.target.fd : STDERR_FILENO, text, text_length);
}

static void sink_write_lost(const struct log_source *source, uint8_t lost)
{
    char record[64];
    int length = snprintf(record, sizeof(record), "event%clost%clines%c%u", 0, 0, 0, lost);
    sink_write(source, RESTANTE_WARN, record, (size_t)length + 1);
}

/* Whole records at the start of the data; false when the room wrote something else. TRUST: from a room. */
static bool source_take(struct log_source *source)
{
    size_t used = 0;
    while (source->length - used >= sizeof(struct log_record_head)) {
        struct log_record_head head;
        memcpy(&head, source->data + used, sizeof(head));
        if (head.length > LOG_RECORD_MAX)
            return false;
        if (source->length - used < sizeof(head) + head.length)
            break;
        if (head.lost)
            sink_write_lost(source, head.lost);
        sink_write(source, (enum restante_level)head.level, source->data + used + sizeof(head), head.length);
        used += sizeof(head) + head.length;
    }
    memmove(source->data, source->data + used, source->length - used);
    source->length -= used;
    return true;
}

static void source_close(struct log_source *source)
{
    for (struct log_source **at = &sink.sources; *at; at = &(*at)->next) {
        if (*at == source) {
            *at = source->next;
            break;
        }
    }
    event_free(source->readable);
    fd_close(&source->fd);
    free(source);
}

/* One read; false when there is nothing now or the source is closed. */
static bool source_read(struct log_source *source)
{
    ssize_t got = read(source->fd, source->data + source->length, sizeof(source->data) - source->length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got > 0) {
        source->length += (size_t)got;
        if (source_take(source))
            return true;
        log_warn("%s[%ld] wrote something that is no log record", source->room, (long)source->pid);
    }
    source_close(source);
    return false;
}

static void source_on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    source_read(context);
}

void log_sink_add(struct event_base *base, int fd, const char *room, pid_t pid)
{
    struct log_source *source = alloc_zeroed(sizeof(*source));
    fd_set_nonblocking(fd, true);
    source->fd = fd;
    source->room = room;
    source->pid = pid;
    source->readable = event_new(base, fd, EV_READ | EV_PERSIST, source_on_readable, source);
    event_add(source->readable, NULL);
    source->next = sink.sources;
    sink.sources = source;
}

void log_sink_drain(void)
{
    for (struct log_source *source = sink.sources, *next; source; source = next) {
        next = source->next;
        while (source_read(source))
            ;
    }
}

static int sink_open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

void log_sink_open(const struct conf *conf, struct log_target *target, struct faults *faults)
{
    const char *destination = conf_string(conf, "log.destination");
    *target = (struct log_target){.fd = -1, .is_json = strcmp(conf_string(conf, "log.format"), "json") == 0};
    target->is_syslog = strcmp(destination, "syslog") == 0;
    if (target->is_syslog || strcmp(destination, "stderr") == 0)
        return;
    target->fd = sink_open_file(destination);
    if (target->fd < 0)
        faults_add(faults, "log.destination: cannot open %s: %s", destination, strerror(errno));
    else
        target->path = alloc_string(destination);
}

void log_sink_forget(struct log_target *target)
{
    fd_close(&target->fd);
    free(target->path);
    target->path = NULL;
}

void log_sink_use(struct log_target *target)
{
    if (target->is_syslog && !sink.target.is_syslog)
        openlog("restante", LOG_PID, LOG_MAIL);
    log_sink_forget(&sink.target);
    sink.target = *target;
    *target = (struct log_target){.fd = -1};
}

void log_sink_reopen(void)
{
    if (!sink.target.path)
        return;
    int fd = sink_open_file(sink.target.path);
    if (fd < 0) {
        log_error("cannot open %s again, writing on to the old file: %s", sink.target.path, strerror(errno));
        return;
    }
    fd_close(&sink.target.fd);
    sink.target.fd = fd;
}
