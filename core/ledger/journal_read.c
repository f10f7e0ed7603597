/*
 * ledger/journal_read.c - the entries of a journal, oldest first. Runs in a worker, as the mailbox owner; needs no lock.
 *
 * TRUST: the files are the mailbox owner's. Memory is that of one line, however they look.
 */
#include "ledger/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/journal_files.h"
#include "ledger/journal_line.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"

#define JOURNAL_READ_OCTETS 65536
_Static_assert(JOURNAL_READ_OCTETS > JOURNAL_LINE_MAX + 1, "a line fits");

struct journal_reading {
    int64_t since_s;
    bool (*each)(void *context, const struct journal_entry *entry);
    void *context;
    size_t broken;
    bool is_ended;    /* `each` has had enough */
    bool is_too_long; /* what is read belongs to a line that cannot be an entry */
    char *data;
};

static void journal_read_line(struct journal_reading *reading, char *text, size_t length)
{
    struct journal_entry entry;
    if (reading->is_too_long || !journal_line_parse(&entry, text, length))
        reading->broken++;
    else if (entry.when_s >= reading->since_s)
        reading->is_ended = !reading->each(reading->context, &entry);
    reading->is_too_long = false;
}

/* The whole lines of `held` octets; how many are left of the next. */
static size_t journal_read_lines(struct journal_reading *reading, size_t held)
{
    char *at = reading->data, *end = at + held;
    for (char *feed; !reading->is_ended && (feed = memchr(at, '\n', (size_t)(end - at)));) {
        journal_read_line(reading, at, (size_t)(feed - at));
        at = feed + 1;
    }
    size_t left = (size_t)(end - at);
    if (left >= JOURNAL_LINE_MAX) {
        reading->is_too_long = true;
        left = 0;
    }
    memmove(reading->data, at, left);
    return left;
}

static enum restante_status journal_read_file(struct journal_reading *reading, int fd, struct restante_error *error)
{
    size_t held = 0;
    reading->is_too_long = false;
    while (!reading->is_ended) {
        ssize_t got = fd_read_full(fd, reading->data + held, JOURNAL_READ_OCTETS - held);
        if (got < 0)
            return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot read the journal");
        if (got == 0)
            return RESTANTE_OK;
        held = journal_read_lines(reading, held + (size_t)got);
    }
    return RESTANTE_OK;
}

enum restante_status journal_read(int state_fd, int64_t since_s,
                                  bool (*each)(void *context, const struct journal_entry *entry), void *context,
                                  size_t *broken, struct restante_error *error)
{
    struct journal_reading reading = {.since_s = since_s, .each = each, .context = context};
    struct journal_files files = {0};
    uint64_t length;
    if (broken)
        *broken = 0;
    if (state_fd < 0)
        return RESTANTE_OK;
    enum restante_status status = journal_files_list(state_fd, &files, error);
    reading.data = alloc_array(JOURNAL_READ_OCTETS, 1);
    for (size_t i = 0; i < files.count && status == RESTANTE_OK && !reading.is_ended; i++) {
        int fd;
        status = journal_file_open(state_fd, files.files[i], true, &fd, &length, error);
        if (status == RESTANTE_OK && fd >= 0)
            status = journal_read_file(&reading, fd, error);
        fd_close(&fd);
    }
    free(reading.data);
    journal_files_free(&files);
    if (broken)
        *broken = reading.broken;
    return status;
}
