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

struct journal_reader {
    int state_fd; /* the caller's */
    int64_t since_s;
    struct journal_files files;
    bool is_listed;
    size_t next_file;
    int fd; /* of the file before that; -1: it has been read */
    char *data;
    size_t at, held;  /* what was read and not looked at lies between them */
    bool is_too_long; /* what comes next belongs to a line that cannot be an entry */
    size_t broken;
};

struct journal_reader *journal_reader_open(int state_fd, int64_t since_s)
{
    struct journal_reader *reader = alloc_zeroed(sizeof(*reader));
    reader->state_fd = state_fd;
    reader->since_s = since_s;
    reader->fd = -1;
    reader->is_listed = state_fd < 0;
    reader->data = alloc_array(JOURNAL_READ_OCTETS, 1);
    return reader;
}

void journal_reader_close(struct journal_reader **reader)
{
    struct journal_reader *closed = *reader;
    *reader = NULL;
    if (!closed)
        return;
    fd_close(&closed->fd);
    journal_files_free(&closed->files);
    free(closed->data);
    free(closed);
}

size_t journal_reader_broken(const struct journal_reader *reader)
{
    return reader->broken;
}

/* The next whole line of what was read, without its line feed; NULL: there is none. */
static char *reader_line(struct journal_reader *reader, size_t *length)
{
    char *line = reader->data + reader->at;
    char *feed = memchr(line, '\n', reader->held - reader->at);
    if (!feed)
        return NULL;
    *length = (size_t)(feed - line);
    reader->at += *length + 1;
    return line;
}

static bool reader_parse(struct journal_reader *reader, char *line, size_t length, struct journal_entry *entry)
{
    bool is_entry = !reader->is_too_long && journal_line_parse(entry, line, length);
    reader->broken += !is_entry;
    reader->is_too_long = false;
    return is_entry && entry->when_s >= reader->since_s;
}

/* More of the file, behind the beginning of a line. At its end: an unfinished line is none. */
static enum restante_status reader_fill(struct journal_reader *reader, struct restante_error *error)
{
    size_t left = reader->held - reader->at;
    if (left >= JOURNAL_LINE_MAX) {
        reader->is_too_long = true;
        left = 0;
    }
    memmove(reader->data, reader->data + reader->held - left, left);
    reader->at = 0;
    reader->held = left;
    ssize_t got = fd_read_full(reader->fd, reader->data + left, JOURNAL_READ_OCTETS - left);
    if (got < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot read the journal");
    reader->held += (size_t)got;
    if (got == 0) {
        fd_close(&reader->fd);
        reader->held = 0;
        reader->is_too_long = false;
    }
    return RESTANTE_OK;
}

/* The next file; one that is gone meanwhile is passed over. RESTANTE_END: there is none. */
static enum restante_status reader_next_file(struct journal_reader *reader, struct restante_error *error)
{
    uint64_t length;
    enum restante_status status = RESTANTE_OK;
    if (!reader->is_listed)
        status = journal_files_list(reader->state_fd, &reader->files, error);
    reader->is_listed = true;
    if (status != RESTANTE_OK)
        return status;
    if (reader->next_file == reader->files.count)
        return RESTANTE_END;
    return journal_file_open(reader->state_fd, reader->files.files[reader->next_file++], true, &reader->fd, &length,
                             error);
}

enum restante_status journal_reader_next(struct journal_reader *reader, struct journal_entry *entry,
                                         struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    while (status == RESTANTE_OK) {
        size_t length;
        char *line = reader_line(reader, &length);
        if (line && reader_parse(reader, line, length, entry))
            return RESTANTE_OK;
        if (line)
            continue;
        status = reader->fd >= 0 ? reader_fill(reader, error) : reader_next_file(reader, error);
    }
    return status;
}

enum restante_status journal_read(int state_fd, int64_t since_s,
                                  bool (*each)(void *context, const struct journal_entry *entry), void *context,
                                  size_t *broken, struct restante_error *error)
{
    struct journal_reader *reader = journal_reader_open(state_fd, since_s);
    struct journal_entry entry;
    enum restante_status status = RESTANTE_OK;
    bool is_wanted = true;
    while (is_wanted && (status = journal_reader_next(reader, &entry, error)) == RESTANTE_OK)
        is_wanted = each(context, &entry);
    if (broken)
        *broken = reader->broken;
    journal_reader_close(&reader);
    return status == RESTANTE_END ? RESTANTE_OK : status;
}
