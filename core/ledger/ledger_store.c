/*
 * ledger/ledger_store.c - what policies keep about a maildrop. Runs in a worker.
 *
 * Bounded: the limits count what has a value; what was forgotten stays only until the file knows, and not at all when
 * the file never had it.
 */
#include "ledger/ledger_store.h"

#include <stdlib.h>
#include <string.h>

#include <restante/policy.h>

#include "ledger/ledger_line.h"
#include "util/alloc.h"

bool ledger_store_is_policy(const char *policy)
{
    return ledger_line_is_text(policy, 1, LEDGER_POLICY_MAX);
}

bool ledger_store_is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && length <= RESTANTE_STORE_NAME_MAX && !name[length];
}

bool ledger_store_is_value(const char *value)
{
    return ledger_line_is_text(value, 0, RESTANTE_STORE_VALUE_MAX);
}

static struct ledger_store_shelf *ledger_store_shelf(const struct ledger_store *store, const char *policy)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->shelves[i].policy, policy) == 0)
            return &store->shelves[i];
    return NULL;
}

static struct ledger_store_item *ledger_store_item(const struct ledger_store_shelf *shelf, const char *name)
{
    for (size_t i = 0; shelf && i < shelf->count; i++)
        if (strcmp(shelf->items[i].name, name) == 0)
            return &shelf->items[i];
    return NULL;
}

const char *ledger_store_find(const struct ledger_store *store, const char *policy, const char *name)
{
    const struct ledger_store_item *item = ledger_store_item(ledger_store_shelf(store, policy), name);
    return item ? item->value : NULL;
}

static bool ledger_store_has_room(const struct ledger_store *store, const struct ledger_store_shelf *shelf)
{
    size_t policies = 0;
    if (shelf && shelf->live > 0)
        return shelf->live < LEDGER_STORE_NAMES_MAX;
    for (size_t i = 0; i < store->count; i++)
        policies += store->shelves[i].live > 0;
    return policies < LEDGER_STORE_POLICIES_MAX;
}

static struct ledger_store_shelf *ledger_store_add_shelf(struct ledger_store *store, const char *policy)
{
    store->shelves = alloc_resize(store->shelves, store->count + 1, sizeof(*store->shelves));
    struct ledger_store_shelf *shelf = &store->shelves[store->count++];
    *shelf = (struct ledger_store_shelf){.policy = alloc_string(policy)};
    return shelf;
}

static struct ledger_store_item *ledger_store_add_item(struct ledger_store_shelf *shelf, const char *name)
{
    shelf->items = alloc_resize(shelf->items, shelf->count + 1, sizeof(*shelf->items));
    struct ledger_store_item *item = &shelf->items[shelf->count++];
    *item = (struct ledger_store_item){.name = alloc_string(name)};
    return item;
}

static void ledger_store_give(struct ledger_store *store, struct ledger_store_shelf *shelf,
                              struct ledger_store_item *item, const char *value, bool is_written)
{
    size_t had = item->value != NULL, has = value[0] != '\0', was_changed = item->is_changed;
    free(item->value);
    item->value = has ? alloc_string(value) : NULL;
    item->is_changed = !is_written;
    item->is_written = item->is_written || is_written;
    shelf->live += has - had;
    store->live += has - had;
    store->changed += (size_t)item->is_changed - was_changed;
}

/* The item has no value and need not be written. */
static void ledger_store_drop(struct ledger_store *store, struct ledger_store_shelf *shelf,
                              struct ledger_store_item *item)
{
    free(item->name);
    *item = shelf->items[--shelf->count];
    if (shelf->count > 0)
        return;
    free(shelf->policy);
    free(shelf->items);
    *shelf = store->shelves[--store->count];
}

bool ledger_store_set(struct ledger_store *store, const char *policy, const char *name, const char *value,
                      bool is_written)
{
    struct ledger_store_shelf *shelf = ledger_store_shelf(store, policy);
    struct ledger_store_item *item = ledger_store_item(shelf, name);
    if (!value[0] && !item)
        return true;
    if (value[0] && !(item && item->value) && !ledger_store_has_room(store, shelf))
        return false;
    if (!shelf)
        shelf = ledger_store_add_shelf(store, policy);
    if (!item)
        item = ledger_store_add_item(shelf, name);
    /* The file need not be told of what it never had. */
    bool is_forgotten = !value[0] && (is_written || !item->is_written);
    ledger_store_give(store, shelf, item, value, is_written || is_forgotten);
    if (is_forgotten)
        ledger_store_drop(store, shelf, item);
    return true;
}

void ledger_store_written(struct ledger_store *store)
{
    for (size_t i = store->count; i-- > 0;) {
        struct ledger_store_shelf *shelf = &store->shelves[i];
        for (size_t j = shelf->count; j-- > 0;) {
            struct ledger_store_item *item = &shelf->items[j];
            item->is_changed = false;
            item->is_written = true;
            if (!item->value)
                ledger_store_drop(store, shelf, item);
        }
    }
    store->changed = 0;
}

void ledger_store_free(struct ledger_store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        struct ledger_store_shelf *shelf = &store->shelves[i];
        for (size_t j = 0; j < shelf->count; j++) {
            free(shelf->items[j].name);
            free(shelf->items[j].value);
        }
        free(shelf->policy);
        free(shelf->items);
    }
    free(store->shelves);
    *store = (struct ledger_store){0};
}
