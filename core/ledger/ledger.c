/*
 * ledger/ledger.c - what must be remembered about a maildrop. Runs in a worker, as the mailbox owner, under the
 * session lock, so that nobody else writes the file.
 *
 * Replayed lines stay in the block that the file was read into; entries point into it. What is put is applied in
 * memory at once and collected as lines, which ledger_sync appends with one write.
 *
 * Failing: an unfinished last line is dropped; any other fault in the file is damage: it is kept aside and the new
 * ledger carries a mark for ever. A ledger of another version is refused, never touched.
 */
#include "ledger/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_file.h"
#include "ledger/ledger_line.h"
#include "ledger/ledger_table.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"

#define LEDGER_COMPACT_MIN 256 /* lines: a shorter file is never worth it */
#define LEDGER_LINES_PER_STEP 4096
#define LEDGER_OCTETS_PER_STEP ((size_t)1 << 20)
#define LEDGER_OCTETS_PER_LINE 40 /* about; decides how much room is made at once */
#define LEDGER_STRINGS_OCTETS 4096

/* Strings that were put in this session. */
struct ledger_strings {
    struct ledger_strings *next;
    size_t used, capacity;
    char text[];
};

/* How far opening has come. */
struct ledger_opening {
    bool is_begun, is_read;
    size_t length, read; /* of the file, octets */
    size_t at;           /* replayed so far */
    size_t line_number;
};

/* The file being made anew. */
struct ledger_rewriting {
    bool is_begun;
    struct buf out;
    uint32_t sum;
    size_t lines, cursor;
};

struct restante_ledger {
    int state_fd; /* the caller's */
    int fd;       /* -1: no file yet */
    bool is_read_only;
    int64_t damaged_s; /* 0: never damaged */
    struct ledger_table table;
    char *data; /* what the file held */
    struct ledger_strings *strings;
    uint64_t good_octets; /* up to the end of the last good line */
    size_t lines;         /* in the file and pending, without header */
    size_t live;          /* lines that a file made anew would have */
    uint32_t sum;         /* of the last line, pending ones included */
    struct buf pending;
    struct ledger_opening opening;
    struct ledger_rewriting rewriting;
};

static char *ledger_keep(struct restante_ledger *ledger, const char *text)
{
    size_t length = strlen(text) + 1;
    struct ledger_strings *strings = ledger->strings;
    if (!strings || strings->capacity - strings->used < length) {
        /* Each block twice as large as the one before, within limits: few to free, little wasted. */
        size_t capacity = strings ? strings->capacity * 2 : LEDGER_STRINGS_OCTETS;
        if (capacity > 64 * LEDGER_STRINGS_OCTETS)
            capacity = 64 * LEDGER_STRINGS_OCTETS;
        strings = alloc_resize(NULL, sizeof(*strings) + capacity, 1);
        *strings = (struct ledger_strings){.next = ledger->strings, .capacity = capacity};
        ledger->strings = strings;
    }
    char *kept = strings->text + strings->used;
    memcpy(kept, text, length);
    strings->used += length;
    return kept;
}

static void ledger_forget(struct restante_ledger *ledger)
{
    while (ledger->strings) {
        struct ledger_strings *strings = ledger->strings;
        ledger->strings = strings->next;
        free(strings);
    }
    ledger_table_free(&ledger->table);
    free(ledger->data);
    ledger->data = NULL;
    buf_clear(&ledger->pending);
    ledger->good_octets = 0;
    ledger->lines = ledger->live = 0;
    ledger->sum = 0;
    ledger->damaged_s = 0;
}

static size_t ledger_live_lines(const struct ledger_entry *entry)
{
    return (size_t)(entry->first_seen_s != 0) + (entry->retrieved_count != 0) + (entry->note != NULL);
}

/* Strings of `line` must live as long as the ledger. */
static void ledger_apply(struct restante_ledger *ledger, const struct ledger_line *line)
{
    if (line->record == LEDGER_RECORD_HEADER)
        return;
    if (line->record == LEDGER_RECORD_DAMAGED) {
        ledger->damaged_s = line->when_s ? line->when_s : 1;
        return;
    }
    struct ledger_entry *entry = ledger_table_find(&ledger->table, line->uidl);
    if (line->record == LEDGER_RECORD_REMOVED) {
        if (entry) {
            ledger->live -= ledger_live_lines(entry);
            ledger_table_remove(&ledger->table, entry);
        }
        return;
    }
    if (entry)
        ledger->live -= ledger_live_lines(entry);
    else
        entry = ledger_table_add(&ledger->table, (char *)(uintptr_t)line->uidl);
    if (line->record == LEDGER_RECORD_SEEN) {
        entry->first_seen_s = line->when_s;
    } else if (line->record == LEDGER_RECORD_RETRIEVED) {
        entry->first_retrieved_s = line->when_s;
        entry->retrieved_count = line->count;
    } else {
        entry->note = line->note[0] ? (char *)(uintptr_t)line->note : NULL;
    }
    ledger->live += ledger_live_lines(entry);
}

/* --- replay ---------------------------------------------------------------------------------------------------- */

/* Some lines; *is_done when they were the last. */
static enum ledger_verdict ledger_replay(struct restante_ledger *ledger, bool *is_done)
{
    struct ledger_opening *opening = &ledger->opening;
    for (unsigned i = 0; opening->at < opening->length; i++) {
        char *text = ledger->data + opening->at;
        if (i == LEDGER_LINES_PER_STEP)
            return LEDGER_LINE_GOOD;
        char *end = memchr(text, '\n', opening->length - opening->at);
        if (!end) {
            bool is_torn = opening->at > 0 || ledger_line_is_torn_header(text, opening->length);
            *is_done = true;
            return is_torn ? LEDGER_LINE_GOOD : LEDGER_LINE_BROKEN;
        }
        opening->line_number++;
        struct ledger_line line;
        enum ledger_verdict verdict = ledger_line_parse(&line, text, (size_t)(end - text), &ledger->sum);
        if (verdict != LEDGER_LINE_GOOD)
            return verdict;
        if ((line.record == LEDGER_RECORD_HEADER) != (opening->at == 0))
            return LEDGER_LINE_BROKEN;
        ledger_apply(ledger, &line);
        ledger->lines += opening->at > 0;
        opening->at = (size_t)(end - ledger->data) + 1;
        ledger->good_octets = opening->at;
    }
    *is_done = true;
    return LEDGER_LINE_GOOD;
}

/* --- the file made anew ---------------------------------------------------------------------------------------- */

static void ledger_write_line(struct buf *out, const struct ledger_line *line, uint32_t *sum, size_t *lines)
{
    ledger_line_format(out, line, sum);
    ++*lines;
}

static void ledger_write_entry(struct buf *out, const struct ledger_entry *entry, uint32_t *sum, size_t *lines)
{
    struct ledger_line line = {.uidl = entry->uidl};
    if (entry->first_seen_s) {
        line.record = LEDGER_RECORD_SEEN;
        line.when_s = entry->first_seen_s;
        ledger_write_line(out, &line, sum, lines);
    }
    if (entry->retrieved_count) {
        line.record = LEDGER_RECORD_RETRIEVED;
        line.when_s = entry->first_retrieved_s;
        line.count = entry->retrieved_count;
        ledger_write_line(out, &line, sum, lines);
    }
    if (entry->note) {
        line.record = LEDGER_RECORD_NOTE;
        line.note = entry->note;
        ledger_write_line(out, &line, sum, lines);
    }
}

static void ledger_rewrite_begin(struct restante_ledger *ledger)
{
    struct ledger_rewriting *anew = &ledger->rewriting;
    buf_free(&anew->out);
    *anew = (struct ledger_rewriting){.is_begun = true};
    ledger_line_format(&anew->out, &(struct ledger_line){.record = LEDGER_RECORD_HEADER}, &anew->sum);
    if (ledger->damaged_s) {
        struct ledger_line damaged = {.record = LEDGER_RECORD_DAMAGED, .when_s = ledger->damaged_s};
        ledger_write_line(&anew->out, &damaged, &anew->sum, &anew->lines);
    }
}

/* Everything that is known, pending lines included, as a new file in the old one's place. In steps. */
static enum restante_status ledger_rewrite(struct restante_ledger *ledger, struct restante_error *error)
{
    struct ledger_rewriting *anew = &ledger->rewriting;
    if (!anew->is_begun)
        ledger_rewrite_begin(ledger);
    for (unsigned i = 0; i < LEDGER_LINES_PER_STEP; i++) {
        const struct ledger_entry *entry = ledger_table_next(&ledger->table, &anew->cursor);
        if (!entry)
            break;
        ledger_write_entry(&anew->out, entry, &anew->sum, &anew->lines);
        if (i == LEDGER_LINES_PER_STEP - 1)
            return RESTANTE_AGAIN;
    }
    int before = ledger->fd;
    enum restante_status status =
        ledger_file_replace(ledger->state_fd, &ledger->fd, buf_head(&anew->out), buf_length(&anew->out), error);
    /* The new file may be in place although its name is not yet durable: later lines follow what it holds. */
    if (status == RESTANTE_OK || ledger->fd != before) {
        ledger->good_octets = buf_length(&anew->out);
        ledger->lines = anew->lines;
        ledger->sum = anew->sum;
        buf_clear(&ledger->pending);
    }
    buf_free(&anew->out);
    *anew = (struct ledger_rewriting){0};
    return status;
}

static void ledger_report_damage(size_t line_number, const char *kept_as)
{
    struct log_line line;
    log_begin(&line, RESTANTE_ERROR, "ledger_damaged");
    log_add_number(&line, "line", (int64_t)line_number);
    log_add(&line, "kept_as", kept_as);
    log_add(&line, "text", "the ledger of this maildrop is damaged: rules will remove nothing here from now on");
    log_end(&line);
}

static enum restante_status ledger_begin_anew(struct restante_ledger *ledger, size_t line_number,
                                              struct restante_error *error)
{
    char name[64] = "";
    int64_t now_s = clock_now_s();
    ledger_forget(ledger);
    ledger->damaged_s = now_s;
    if (!ledger->is_read_only) {
        enum restante_status status = ledger_file_keep_aside(ledger->state_fd, now_s, name, error);
        if (status == RESTANTE_OK)
            status = ledger_rewrite(ledger, error);
        if (status != RESTANTE_OK)
            return status;
    }
    ledger_report_damage(line_number, name);
    return RESTANTE_OK;
}

static enum restante_status ledger_open_file(struct restante_ledger *ledger, struct restante_error *error)
{
    struct ledger_opening *opening = &ledger->opening;
    enum restante_status status =
        ledger_file_open(ledger->state_fd, ledger->is_read_only, &ledger->fd, &opening->length, error);
    opening->is_begun = true;
    if (status == RESTANTE_OK && ledger->fd >= 0) {
        ledger->data = alloc_resize(NULL, opening->length + 1, 1);
        ledger_table_reserve(&ledger->table, opening->length / LEDGER_OCTETS_PER_LINE);
    }
    return status;
}

static enum restante_status ledger_open_read(struct restante_ledger *ledger, struct restante_error *error)
{
    struct ledger_opening *opening = &ledger->opening;
    size_t part = opening->length - opening->read, got;
    if (part > LEDGER_OCTETS_PER_STEP)
        part = LEDGER_OCTETS_PER_STEP;
    enum restante_status status = ledger_file_read(ledger->fd, ledger->data + opening->read, part, &got, error);
    opening->read += got;
    if (got < part) /* it has become shorter */
        opening->length = opening->read;
    opening->is_read = opening->read == opening->length;
    return status;
}

static enum restante_status ledger_open_replay(struct restante_ledger *ledger, struct restante_error *error)
{
    bool is_done = false;
    switch (ledger_replay(ledger, &is_done)) {
    case LEDGER_LINE_GOOD:
        return is_done ? RESTANTE_OK : RESTANTE_AGAIN;
    case LEDGER_LINE_BROKEN:
        return ledger_begin_anew(ledger, ledger->opening.line_number, error);
    case LEDGER_LINE_FOREIGN:
        break;
    }
    return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                     "line %zu of the ledger was written by another version of Restante: use that one",
                     ledger->opening.line_number);
}

enum restante_status ledger_open(int state_fd, bool read_only, struct restante_ledger **ledger,
                                 struct restante_error *error)
{
    struct restante_ledger *opened = *ledger;
    enum restante_status status = RESTANTE_OK;
    if (!opened) {
        *ledger = opened = alloc_zeroed(sizeof(*opened));
        opened->state_fd = state_fd;
        opened->is_read_only = read_only;
        opened->fd = -1;
    }
    if (!opened->opening.is_begun)
        status = ledger_open_file(opened, error);
    if (status == RESTANTE_OK && opened->data && !opened->opening.is_read) {
        status = ledger_open_read(opened, error);
        if (status == RESTANTE_OK && (!opened->opening.is_read || opened->opening.length > LEDGER_OCTETS_PER_STEP))
            return RESTANTE_AGAIN;
    }
    if (status == RESTANTE_OK && opened->data)
        status = ledger_open_replay(opened, error);
    if (status != RESTANTE_OK && status != RESTANTE_AGAIN)
        ledger_close(ledger);
    return status;
}

bool ledger_is_damaged(const struct restante_ledger *ledger)
{
    return ledger && ledger->damaged_s != 0;
}

const struct ledger_entry *ledger_find(const struct restante_ledger *ledger, const char *uidl)
{
    return ledger ? ledger_table_find(&ledger->table, uidl) : NULL;
}

const struct ledger_entry *ledger_next(const struct restante_ledger *ledger, size_t *cursor)
{
    return ledger ? ledger_table_next(&ledger->table, cursor) : NULL;
}

/* --- changes --------------------------------------------------------------------------------------------------- */

/* Apply and remember to write it. Strings of `line` are the caller's. */
static void ledger_put(struct restante_ledger *ledger, struct ledger_line line)
{
    const struct ledger_entry *entry = ledger_table_find(&ledger->table, line.uidl);
    line.uidl = entry ? entry->uidl : ledger_keep(ledger, line.uidl);
    if (line.note)
        line.note = ledger_keep(ledger, line.note);
    if (!ledger->is_read_only) {
        if (ledger->good_octets == 0 && buf_length(&ledger->pending) == 0)
            ledger_line_format(&ledger->pending, &(struct ledger_line){.record = LEDGER_RECORD_HEADER}, &ledger->sum);
        ledger_line_format(&ledger->pending, &line, &ledger->sum);
        ledger->lines++;
    }
    ledger_apply(ledger, &line);
}

static bool ledger_may_put(const struct restante_ledger *ledger, const char *uidl)
{
    if (!ledger)
        return false;
    if (ledger_line_is_uidl(uidl))
        return true;
    log_warn("the ledger refuses a unique-id that is not 1 to 70 characters of 0x21 to 0x7E: %s", uidl);
    return false;
}

void ledger_expect(struct restante_ledger *ledger, size_t records)
{
    if (ledger)
        ledger_table_reserve(&ledger->table, records);
}

void ledger_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    if (!ledger_may_put(ledger, uidl) || when_s <= 0)
        return;
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    if (!entry || entry->first_seen_s != when_s)
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_SEEN, .when_s = when_s, .uidl = uidl});
}

void ledger_put_note(struct restante_ledger *ledger, const char *uidl, const char *note)
{
    if (!ledger_may_put(ledger, uidl))
        return;
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    const char *old = entry && entry->note ? entry->note : "";
    if (!note)
        note = "";
    if (!ledger_line_is_note(note))
        log_warn("the ledger refuses a note that is not up to %d printable characters", LEDGER_NOTE_MAX);
    else if (strcmp(old, note) != 0)
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_NOTE, .uidl = uidl, .note = note});
}

void ledger_put_retrieved(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    if (!ledger_may_put(ledger, uidl))
        return;
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    struct ledger_line line = {.record = LEDGER_RECORD_RETRIEVED, .when_s = when_s < 0 ? 0 : when_s, .count = 1,
                               .uidl = uidl};
    if (entry && entry->retrieved_count) {
        line.when_s = entry->first_retrieved_s;
        line.count = entry->retrieved_count == UINT32_MAX ? UINT32_MAX : entry->retrieved_count + 1;
    }
    ledger_put(ledger, line);
}

void ledger_put_removed(struct restante_ledger *ledger, const char *uidl)
{
    if (ledger_may_put(ledger, uidl) && ledger_find(ledger, uidl))
        ledger_put(ledger, (struct ledger_line){.record = LEDGER_RECORD_REMOVED, .uidl = uidl});
}

/* --- durability ------------------------------------------------------------------------------------------------ */

/* Is more than half of the file outdated? */
static bool ledger_is_worth_compacting(const struct restante_ledger *ledger)
{
    return ledger->lines >= LEDGER_COMPACT_MIN && ledger->lines / 2 > ledger->live;
}

enum restante_status ledger_sync(struct restante_ledger *ledger, struct restante_error *error)
{
    if (!ledger || ledger->is_read_only || buf_length(&ledger->pending) == 0)
        return RESTANTE_OK;
    enum restante_status status;
    if (ledger->rewriting.is_begun || ledger_is_worth_compacting(ledger)) {
        status = ledger_rewrite(ledger, error);
        if (status == RESTANTE_OK || status == RESTANTE_AGAIN || buf_length(&ledger->pending) == 0)
            return status;
    }
    size_t length = buf_length(&ledger->pending);
    status = ledger_file_append(ledger->state_fd, &ledger->fd, ledger->good_octets, buf_head(&ledger->pending),
                                length, error);
    if (status == RESTANTE_OK) {
        ledger->good_octets += length;
        buf_clear(&ledger->pending);
    }
    return status;
}

void ledger_close(struct restante_ledger **ledger)
{
    struct restante_ledger *closed = *ledger;
    *ledger = NULL;
    if (!closed)
        return;
    ledger_forget(closed);
    buf_free(&closed->pending);
    buf_free(&closed->rewriting.out);
    fd_close(&closed->fd);
    free(closed);
}
