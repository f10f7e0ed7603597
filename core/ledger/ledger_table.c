/*
 * ledger/ledger_table.c - entries by UIDL: open addressing over an array. Runs in a worker.
 *
 * A removed entry keeps its slot until the index is made anew, so that probing goes on past it.
 */
#include "ledger/ledger_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "util/alloc.h"

static size_t ledger_table_slot(const struct ledger_table *table, const char *uidl)
{
    return (size_t)XXH3_64bits_withSeed(uidl, strlen(uidl), table->seed) & (table->slots_count - 1);
}

static void ledger_table_index(struct ledger_table *table, size_t position)
{
    size_t slot = ledger_table_slot(table, table->entries[position].uidl);
    while (table->slots[slot])
        slot = (slot + 1) & (table->slots_count - 1);
    table->slots[slot] = (uint32_t)position + 1;
}

/* Room for `count` more entries: drop the removed ones, keep the index at most half full. */
void ledger_table_reserve(struct ledger_table *table, size_t count)
{
    size_t kept = 0, capacity = table->capacity ? table->capacity : 64;
    if (table->capacity - table->used >= count)
        return;
    for (size_t i = 0; i < table->used; i++)
        if (table->entries[i].uidl)
            table->entries[kept++] = table->entries[i];
    table->used = kept;
    /* Half of it free, or else it would soon have to grow again. */
    while (capacity < 2 * kept || capacity - kept < count)
        capacity *= 2;
    if (capacity > table->capacity)
        table->entries = alloc_resize(table->entries, capacity, sizeof(*table->entries));
    table->capacity = capacity;
    if (table->slots_count == 0 && getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK) < 0)
        table->seed = (uintptr_t)table;
    table->slots_count = table->capacity * 2;
    free(table->slots);
    table->slots = alloc_array(table->slots_count, sizeof(*table->slots));
    for (size_t i = 0; i < table->used; i++)
        ledger_table_index(table, i);
}

struct ledger_entry *ledger_table_find(const struct ledger_table *table, const char *uidl)
{
    if (table->slots_count == 0)
        return NULL;
    for (size_t slot = ledger_table_slot(table, uidl); table->slots[slot];
         slot = (slot + 1) & (table->slots_count - 1)) {
        struct ledger_entry *entry = &table->entries[table->slots[slot] - 1];
        if (entry->uidl && strcmp(entry->uidl, uidl) == 0)
            return entry;
    }
    return NULL;
}

struct ledger_entry *ledger_table_add(struct ledger_table *table, char *uidl)
{
    ledger_table_reserve(table, 1);
    struct ledger_entry *entry = &table->entries[table->used];
    *entry = (struct ledger_entry){.uidl = uidl};
    ledger_table_index(table, table->used);
    table->used++;
    table->count++;
    return entry;
}

void ledger_table_remove(struct ledger_table *table, struct ledger_entry *entry)
{
    *entry = (struct ledger_entry){0};
    table->count--;
}

const struct ledger_entry *ledger_table_next(const struct ledger_table *table, size_t *cursor)
{
    while (*cursor < table->used) {
        const struct ledger_entry *entry = &table->entries[(*cursor)++];
        if (entry->uidl)
            return entry;
    }
    return NULL;
}

void ledger_table_free(struct ledger_table *table)
{
    free(table->entries);
    free(table->slots);
    *table = (struct ledger_table){0};
}
