/*
 * tests/unit/unit_log.c - see unit_log.h.
 */
#include "unit_log.h"

#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/log_format.h"

static int log_ends[2] = {-1, -1};
static struct buf log_lines;

void unit_log_begin(void)
{
    buf_clear(&log_lines);
    assert_int_equal(pipe(log_ends), 0);
    log_to_pipe(log_ends[1]);
}

/* One record; false at the end. */
static bool log_take(void)
{
    struct log_record_head head;
    char record[LOG_RECORD_MAX];
    if (read(log_ends[0], &head, sizeof(head)) != (ssize_t)sizeof(head))
        return false;
    assert_int_equal(read(log_ends[0], record, head.length), head.length);
    for (size_t at = 0, field = 0; at < head.length; at += strlen(record + at) + 1, field++)
        buf_append_format(&log_lines, "%s%s", record + at, field % 2 == 0 ? "=" : " ");
    buf_append_string(&log_lines, "\n");
    return true;
}

size_t unit_log_end(void)
{
    size_t count = 0;
    fd_close(&log_ends[1]);
    log_to_stderr();
    while (log_take())
        count++;
    fd_close(&log_ends[0]);
    return count;
}

bool unit_log_has(const char *text)
{
    buf_append(&log_lines, "", 1);
    bool has = strstr(buf_head(&log_lines), text) != NULL;
    log_lines.tail--;
    return has;
}
