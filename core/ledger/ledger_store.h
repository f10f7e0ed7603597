/*
 * ledger/ledger_store.h - what policies keep about a maildrop: a few small texts by policy and name.
 *
 * Values change in memory and are written once, when the ledger is synced: a policy that counts something for each
 * command costs one line a session.
 */
#ifndef LEDGER_LEDGER_STORE_H
#define LEDGER_LEDGER_STORE_H

#include <stdbool.h>
#include <stddef.h>

#define LEDGER_STORE_POLICIES_MAX 64
#define LEDGER_STORE_NAMES_MAX 64 /* of a policy */

struct ledger_store_item {
    char *name;
    char *value;     /* NULL: forgotten, which the file does not know yet */
    bool is_changed; /* since it was written */
    bool is_written; /* the file has a value, this or another */
};

struct ledger_store_shelf {
    char *policy;
    struct ledger_store_item *items;
    size_t count, live; /* live: with a value */
};

/* Zeroed: empty. Lists: they are short. */
struct ledger_store {
    struct ledger_store_shelf *shelves;
    size_t count;
    size_t live, changed; /* items with a value; items to be written */
};

/* May they be written? */
bool ledger_store_is_policy(const char *policy);
bool ledger_store_is_name(const char *name);
bool ledger_store_is_value(const char *value);

/* NULL: none. */
const char *ledger_store_find(const struct ledger_store *store, const char *policy, const char *name);
/* "": forget it. False: there are too many. `is_written`: it is the file that says so. */
bool ledger_store_set(struct ledger_store *store, const char *policy, const char *name, const char *value,
                      bool is_written);
/* The file now knows everything. */
void ledger_store_written(struct ledger_store *store);
void ledger_store_free(struct ledger_store *store);

#endif
