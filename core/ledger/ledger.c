/*
 * ledger/ledger.c - what is known about a maildrop, in memory: asked, and told by one line at a time. Runs in a worker,
 * as the mailbox owner, under the session lock, so that nobody else writes the file.
 *
 * Replayed lines stay in the block that the file was read into; entries point into it. What is put is applied in
 * memory at once (ledger_put.c) and collected as lines, which ledger_sync appends with one write.
 */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "ledger/ledger_state.h"
#include "util/fd.h"

void ledger_forget(struct restante_ledger *ledger)
{
    ledger_table_free(&ledger->table);
    ledger_marks_free(&ledger->marks);
    ledger_store_free(&ledger->store);
    ledger_strings_free(&ledger->strings);
    free(ledger->data);
    ledger->data = NULL;
    buf_clear(&ledger->pending);
    ledger->good_octets = 0;
    ledger->lines = ledger->live = 0;
    ledger->sum = 0;
    ledger->damaged_s = 0;
}

static size_t ledger_live_lines(const struct restante_ledger *ledger, const struct ledger_entry *entry)
{
    const struct ledger_marks *marks = ledger_marks(ledger, entry);
    return (size_t)(entry->first_seen_s != 0) + (entry->retrieved_count != 0) + (entry->note != NULL) +
           (marks->hidden_s != 0) + (marks->set_aside_s != 0);
}

static void ledger_apply_mark(struct restante_ledger *ledger, struct ledger_entry *entry,
                              const struct ledger_line *line)
{
    struct ledger_marks marks = *ledger_marks(ledger, entry);
    const char *rule = line->when_s ? line->text : NULL;
    if (line->record == LEDGER_RECORD_HIDDEN) {
        marks.hidden_s = line->when_s;
        marks.hidden_rule = rule;
    } else {
        marks.set_aside_s = line->when_s;
        marks.set_aside_until_s = line->when_s ? line->until_s : 0;
        marks.set_aside_rule = rule;
    }
    ledger_marks_set(&ledger->marks, entry, &marks);
}

static void ledger_apply_known(struct restante_ledger *ledger, struct ledger_entry *entry,
                               const struct ledger_line *line)
{
    if (line->record == LEDGER_RECORD_SEEN) {
        entry->first_seen_s = line->when_s;
    } else if (line->record == LEDGER_RECORD_RETRIEVED) {
        entry->first_retrieved_s = line->when_s;
        entry->retrieved_count = line->count;
    } else if (line->record == LEDGER_RECORD_NOTE) {
        entry->note = line->text[0] ? (char *)(uintptr_t)line->text : NULL;
    } else {
        ledger_apply_mark(ledger, entry, line);
    }
}

static void ledger_apply_entry(struct restante_ledger *ledger, const struct ledger_line *line)
{
    struct ledger_entry *entry = ledger_table_find(&ledger->table, line->uidl);
    if (entry)
        ledger->live -= ledger_live_lines(ledger, entry);
    if (line->record == LEDGER_RECORD_REMOVED) {
        if (entry) {
            ledger_marks_set(&ledger->marks, entry, &(struct ledger_marks){0});
            ledger_table_remove(&ledger->table, entry);
        }
        return;
    }
    if (!entry)
        entry = ledger_table_add(&ledger->table, (char *)(uintptr_t)line->uidl);
    ledger_apply_known(ledger, entry, line);
    ledger->live += ledger_live_lines(ledger, entry);
}

bool ledger_apply(struct restante_ledger *ledger, const struct ledger_line *line)
{
    switch (line->record) {
    case LEDGER_RECORD_HEADER:
        return true;
    case LEDGER_RECORD_DAMAGED:
        ledger->damaged_s = line->when_s ? line->when_s : 1;
        return true;
    case LEDGER_RECORD_STORED:
        return ledger_store_set(&ledger->store, line->policy, line->name, line->text, true);
    case LEDGER_RECORD_SEEN:
    case LEDGER_RECORD_RETRIEVED:
    case LEDGER_RECORD_NOTE:
    case LEDGER_RECORD_REMOVED:
    case LEDGER_RECORD_HIDDEN:
    case LEDGER_RECORD_SET_ASIDE:
        ledger_apply_entry(ledger, line);
        return true;
    }
    return false;
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

const struct ledger_marks *ledger_marks(const struct restante_ledger *ledger, const struct ledger_entry *entry)
{
    static const struct ledger_marks none;
    return ledger ? ledger_marks_find(&ledger->marks, entry) : &none;
}

size_t ledger_marked(const struct restante_ledger *ledger)
{
    return ledger ? ledger->marks.used - ledger->marks.free_count : 0;
}

const char *ledger_store_get(const struct restante_ledger *ledger, const char *policy, const char *name)
{
    return ledger ? ledger_store_find(&ledger->store, policy, name) : NULL;
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
