/*
 * ledger/ledger_marks.h - what rules and DELEs have marked messages with, beside the table of entries: few entries have
 * any, and those that have none cost nothing.
 */
#ifndef LEDGER_LEDGER_MARKS_H
#define LEDGER_LEDGER_MARKS_H

#include "ledger/ledger.h"

/* Zeroed: none. Strings belong to whoever sets them. */
struct ledger_marks_table {
    struct ledger_marks *marks;
    size_t used, capacity;
    uint32_t *free; /* places of `marks` that are not in use; room for `capacity` */
    size_t free_count;
};

/* Of an entry; all zero when it has none. Valid until the next change. */
const struct ledger_marks *ledger_marks_find(const struct ledger_marks_table *table, const struct ledger_entry *entry);
/* Zeroed marks are none any more. */
void ledger_marks_set(struct ledger_marks_table *table, struct ledger_entry *entry, const struct ledger_marks *marks);
void ledger_marks_free(struct ledger_marks_table *table);

#endif
