/*
 * ledger/ledger_table.h - entries by UIDL: a hash index over an array. Every step is constant time on average; the
 * hash is seeded, because the senders of mail may choose what UIDLs are made of.
 */
#ifndef LEDGER_LEDGER_TABLE_H
#define LEDGER_LEDGER_TABLE_H

#include "ledger/ledger.h"

/* Zeroed: an empty table. Strings belong to whoever fills the entries. */
struct ledger_table {
    struct ledger_entry *entries; /* those removed have no uidl */
    size_t used, capacity;        /* of entries, with those removed */
    size_t count;                 /* without */
    uint32_t *slots;              /* 1 + index of an entry, 0: never used */
    size_t slots_count;           /* a power of two, or 0 */
    uint64_t seed;
};

struct ledger_entry *ledger_table_find(const struct ledger_table *table, const char *uidl);
/* Room for so many more without a pause to grow. */
void ledger_table_reserve(struct ledger_table *table, size_t count);
/* The UIDL is new; the string must live as long as the table. Earlier pointers to entries become invalid. */
struct ledger_entry *ledger_table_add(struct ledger_table *table, char *uidl);
void ledger_table_remove(struct ledger_table *table, struct ledger_entry *entry);
const struct ledger_entry *ledger_table_next(const struct ledger_table *table, size_t *cursor);
void ledger_table_free(struct ledger_table *table);

#endif
