/*
 * ledger/ledger_marks.c - marks of those entries that have any. Runs in a worker. Cannot fail.
 */
#include "ledger/ledger_marks.h"

#include <stdlib.h>

#include "util/alloc.h"

/* As large as before marks were thought of. */
_Static_assert(sizeof(struct ledger_entry) <= 40, "a hundred thousand entries");

static const struct ledger_marks ledger_no_marks;

const struct ledger_marks *ledger_marks_find(const struct ledger_marks_table *table, const struct ledger_entry *entry)
{
    return entry && entry->marks ? &table->marks[entry->marks - 1] : &ledger_no_marks;
}

static uint32_t ledger_marks_take(struct ledger_marks_table *table)
{
    if (table->free_count > 0)
        return table->free[--table->free_count];
    if (table->used == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 16;
        table->marks = alloc_resize(table->marks, table->capacity, sizeof(*table->marks));
        table->free = alloc_resize(table->free, table->capacity, sizeof(*table->free));
    }
    return (uint32_t)table->used++;
}

void ledger_marks_set(struct ledger_marks_table *table, struct ledger_entry *entry, const struct ledger_marks *marks)
{
    bool has_any = marks->hidden_s || marks->set_aside_s;
    if (has_any && !entry->marks)
        entry->marks = ledger_marks_take(table) + 1;
    if (has_any) {
        table->marks[entry->marks - 1] = *marks;
    } else if (entry->marks) {
        table->free[table->free_count++] = entry->marks - 1;
        entry->marks = 0;
    }
}

void ledger_marks_free(struct ledger_marks_table *table)
{
    free(table->marks);
    free(table->free);
    *table = (struct ledger_marks_table){0};
}
