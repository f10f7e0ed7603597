/*
 * ledger/ledger_open.c - the ledger's file read and replayed, in steps. Runs in a worker, as the mailbox owner.
 *
 * TRUST: the file belongs to the mailbox owner, and a crash or a bad disk may have left it as they liked.
 *
 * Failing: an unfinished end is dropped: a last line without its line feed, or, after a loss of power, lines in whose
 * place some file systems leave zeros. Any other fault in the file is damage: it is kept aside and the new ledger
 * carries a mark for ever. A ledger of another version is refused, never touched.
 */
#include "ledger/ledger.h"

#include <string.h>

#include "ledger/ledger_file.h"
#include "ledger/ledger_state.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"

#define LEDGER_OCTETS_PER_STEP ((size_t)1 << 20)
#define LEDGER_OCTETS_PER_LINE 40 /* about; decides how much room is made at once */

/* Two zeros in a row: never written, and more than one changed bit. */
static bool ledger_has_zeros(const char *text, size_t length)
{
    static const char zeros[2];
    return memmem(text, length, zeros, sizeof(zeros)) != NULL;
}

static void ledger_report_unfinished(const struct restante_ledger *ledger)
{
    struct log_line line;
    log_begin(&line, RESTANTE_WARN, "ledger_unfinished");
    log_add_number(&line, "line", (int64_t)ledger->opening.line_number);
    log_add_number(&line, "octets", (int64_t)(ledger->opening.length - ledger->opening.at));
    log_add(&line, "text", "the end of the ledger of this maildrop was never written: it is dropped");
    log_end(&line);
}

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
        uint32_t sum = ledger->sum;
        bool has_zeros = ledger_has_zeros(text, (size_t)(end - text)); /* before it is taken apart */
        enum ledger_verdict verdict = ledger_line_parse(&line, text, (size_t)(end - text), &ledger->sum);
        if (verdict == LEDGER_LINE_BROKEN && opening->at > 0 &&
            (has_zeros || ledger_has_zeros(end, opening->length - (size_t)(end - ledger->data)))) {
            ledger->sum = sum;
            ledger_report_unfinished(ledger);
            *is_done = true;
            return LEDGER_LINE_GOOD;
        }
        if (verdict != LEDGER_LINE_GOOD)
            return verdict;
        if ((line.record == LEDGER_RECORD_HEADER) != (opening->at == 0))
            return LEDGER_LINE_BROKEN;
        if (!ledger_apply(ledger, &line))
            return LEDGER_LINE_BROKEN;
        ledger->lines += opening->at > 0;
        opening->at = (size_t)(end - ledger->data) + 1;
        ledger->good_octets = opening->at;
    }
    *is_done = true;
    return LEDGER_LINE_GOOD;
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
