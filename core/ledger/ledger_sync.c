/*
 * ledger/ledger_sync.c - the ledger made durable: lines appended with one write, or the file made anew by rename when
 * most of it is outdated. Runs in a worker, as the mailbox owner.
 *
 * Failing: what could not be written stays pending, and the next ledger_sync tries again.
 */
#include "ledger/ledger.h"

#include "ledger/ledger_file.h"
#include "ledger/ledger_state.h"

#define LEDGER_COMPACT_MIN 256 /* lines: a shorter file is never worth it */

void ledger_pend(struct restante_ledger *ledger, const struct ledger_line *line)
{
    if (ledger->is_read_only)
        return;
    if (ledger->good_octets == 0 && buf_length(&ledger->pending) == 0)
        ledger_line_format(&ledger->pending, &(struct ledger_line){.record = LEDGER_RECORD_HEADER}, &ledger->sum);
    ledger_line_format(&ledger->pending, line, &ledger->sum);
    ledger->lines++;
}

/* What is forgotten first: the file keeps the limits at each of its lines. */
static void ledger_pend_store(struct restante_ledger *ledger)
{
    const struct ledger_store *store = &ledger->store;
    if (store->changed == 0)
        return;
    for (int has_value = 0; has_value <= 1; has_value++)
        for (size_t i = 0; i < store->count; i++)
            for (size_t j = 0; j < store->shelves[i].count; j++) {
                const struct ledger_store_item *item = &store->shelves[i].items[j];
                if (!item->is_changed || (item->value != NULL) != has_value)
                    continue;
                ledger_pend(ledger, &(struct ledger_line){.record = LEDGER_RECORD_STORED,
                                                          .policy = store->shelves[i].policy,
                                                          .name = item->name,
                                                          .text = item->value});
            }
    ledger_store_written(&ledger->store);
}

/* --- the file made anew ----------------------------------------------------------------------------------------- */

static void ledger_write_line(struct buf *out, const struct ledger_line *line, uint32_t *sum, size_t *lines)
{
    ledger_line_format(out, line, sum);
    ++*lines;
}

static void ledger_write_marks(struct buf *out, const char *uidl, const struct ledger_marks *marks, uint32_t *sum,
                               size_t *lines)
{
    struct ledger_line line = {.uidl = uidl};
    if (marks->hidden_s) {
        line.record = LEDGER_RECORD_HIDDEN;
        line.when_s = marks->hidden_s;
        line.text = marks->hidden_rule;
        ledger_write_line(out, &line, sum, lines);
    }
    if (marks->set_aside_s) {
        line.record = LEDGER_RECORD_SET_ASIDE;
        line.when_s = marks->set_aside_s;
        line.until_s = marks->set_aside_until_s;
        line.text = marks->set_aside_rule;
        ledger_write_line(out, &line, sum, lines);
    }
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
        line.text = entry->note;
        ledger_write_line(out, &line, sum, lines);
    }
}

static void ledger_write_store(struct buf *out, const struct ledger_store *store, uint32_t *sum, size_t *lines)
{
    for (size_t i = 0; i < store->count; i++)
        for (size_t j = 0; j < store->shelves[i].count; j++) {
            struct ledger_line line = {.record = LEDGER_RECORD_STORED,
                                       .policy = store->shelves[i].policy,
                                       .name = store->shelves[i].items[j].name,
                                       .text = store->shelves[i].items[j].value};
            if (line.text)
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
    ledger_write_store(&anew->out, &ledger->store, &anew->sum, &anew->lines);
}

enum restante_status ledger_rewrite(struct restante_ledger *ledger, struct restante_error *error)
{
    struct ledger_rewriting *anew = &ledger->rewriting;
    if (!anew->is_begun)
        ledger_rewrite_begin(ledger);
    for (unsigned i = 0; i < LEDGER_LINES_PER_STEP; i++) {
        const struct ledger_entry *entry = ledger_table_next(&ledger->table, &anew->cursor);
        if (!entry)
            break;
        ledger_write_entry(&anew->out, entry, &anew->sum, &anew->lines);
        ledger_write_marks(&anew->out, entry->uidl, ledger_marks(ledger, entry), &anew->sum, &anew->lines);
        if (i == LEDGER_LINES_PER_STEP - 1)
            return RESTANTE_AGAIN;
    }
    int before = ledger->fd;
    enum restante_status status =
        ledger_file_replace(ledger->state_fd, &ledger->fd, buf_head(&anew->out), buf_length(&anew->out), error);
    /* The new file may be in place although its name is not yet durable: later lines follow what it holds. */
    if (status == RESTANTE_OK || ledger->fd != before) {
        ledger->is_name_unsure = status != RESTANTE_OK;
        ledger->good_octets = buf_length(&anew->out);
        ledger->lines = anew->lines;
        ledger->sum = anew->sum;
        buf_clear(&ledger->pending);
    }
    buf_free(&anew->out);
    *anew = (struct ledger_rewriting){0};
    return status;
}

/* --- durability ------------------------------------------------------------------------------------------------- */

/* Is more than half of the file outdated? */
static bool ledger_is_worth_compacting(const struct restante_ledger *ledger)
{
    return ledger->lines >= LEDGER_COMPACT_MIN && ledger->lines / 2 > ledger->live + ledger->store.live;
}

bool ledger_is_changed(const struct restante_ledger *ledger)
{
    return ledger && !ledger->is_read_only &&
           (buf_length(&ledger->pending) > 0 || ledger->store.changed > 0 || ledger->is_name_unsure);
}

static enum restante_status ledger_append(struct restante_ledger *ledger, struct restante_error *error)
{
    size_t length = buf_length(&ledger->pending);
    bool is_new = ledger->fd < 0, is_written;
    enum restante_status status;
    if (length == 0)
        return RESTANTE_OK;
    if (is_new) {
        status = ledger_file_replace(ledger->state_fd, &ledger->fd, buf_head(&ledger->pending), length, error);
        is_written = ledger->fd >= 0;
        ledger->is_name_unsure = is_written && status != RESTANTE_OK;
    } else {
        status = ledger_file_append(ledger->fd, ledger->good_octets, buf_head(&ledger->pending), length, error);
        is_written = status == RESTANTE_OK;
    }
    if (is_written) {
        ledger->good_octets += length;
        buf_clear(&ledger->pending);
    }
    return status;
}

enum restante_status ledger_sync(struct restante_ledger *ledger, struct restante_error *error)
{
    if (!ledger_is_changed(ledger))
        return RESTANTE_OK;
    ledger_pend_store(ledger);
    if (ledger->rewriting.is_begun || ledger_is_worth_compacting(ledger)) {
        enum restante_status status = ledger_rewrite(ledger, error);
        if (status == RESTANTE_OK || status == RESTANTE_AGAIN || ledger->is_name_unsure)
            return status;
    }
    if (ledger->is_name_unsure) {
        enum restante_status status = ledger_file_sync_name(ledger->state_fd, error);
        if (status != RESTANTE_OK)
            return status;
        ledger->is_name_unsure = false;
    }
    return ledger_append(ledger, error);
}
