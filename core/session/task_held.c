#include "session/task_held.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "util/alloc.h"

enum { HELD_LOOKED_AT_PER_STEP = 8192 };

static int held_compare(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void held_begin(struct held_list *held, const struct task *task)
{
    const char *uidl = NULL;
    size_t capacity = 0;
    held->is_begun = true;
    while ((uidl = task_argument(task, uidl)))
        capacity++;
    held->wanted = alloc_array(capacity + 1, sizeof(*held->wanted));
    while ((uidl = task_argument(task, uidl)))
        held->wanted[held->wanted_count++] = uidl;
    qsort(held->wanted, held->wanted_count, sizeof(*held->wanted), held_compare);
    held->is_found = alloc_array(capacity + 1, sizeof(*held->is_found));
}

/* One that is named twice is one message. */
static bool held_wants(struct held_list *held, const char *uidl)
{
    if (held->wanted_count == 0)
        return true;
    const char **found = bsearch(&uidl, held->wanted, held->wanted_count, sizeof(*held->wanted), held_compare);
    if (!found)
        return false;
    size_t at = (size_t)(found - held->wanted);
    while (at > 0 && strcmp(held->wanted[at - 1], uidl) == 0)
        at--;
    for (; at < held->wanted_count && strcmp(held->wanted[at], uidl) == 0; at++)
        held->is_found[at] = true;
    return true;
}

static void held_add(struct held_list *held, size_t index, const struct ledger_marks *marks)
{
    if (held->count == held->capacity) {
        held->capacity = held->capacity ? 2 * held->capacity : 16;
        held->list = alloc_resize(held->list, held->capacity, sizeof(*held->list));
    }
    held->list[held->count++] = (struct held){
        .index = index,
        .hidden_s = marks->hidden_s,
        .set_aside_s = marks->set_aside_s,
        .set_aside_until_s = marks->set_aside_until_s,
        .hidden_rule = marks->hidden_s ? alloc_string(marks->hidden_rule ? marks->hidden_rule : "") : NULL,
        .set_aside_rule = marks->set_aside_s ? alloc_string(marks->set_aside_rule ? marks->set_aside_rule : "") : NULL,
    };
}

enum restante_status held_find(struct held_list *held, const struct task *task)
{
    const struct restante_ledger *ledger = maildrop_ledger(task->maildrop);
    size_t count = maildrop_listed(task->maildrop), end;
    if (!held->is_begun)
        held_begin(held, task);
    if (ledger_marked(ledger) == 0)
        held->looked_at = count;
    end = count - held->looked_at > HELD_LOOKED_AT_PER_STEP ? held->looked_at + HELD_LOOKED_AT_PER_STEP : count;
    for (; held->looked_at < end; held->looked_at++) {
        const char *uidl = maildrop_listed_uidl(task->maildrop, held->looked_at);
        const struct ledger_marks *marks = ledger_marks(ledger, ledger_find(ledger, uidl));
        if ((marks->hidden_s || marks->set_aside_s) && held_wants(held, uidl))
            held_add(held, held->looked_at, marks);
    }
    return held->looked_at < count ? RESTANTE_AGAIN : RESTANTE_OK;
}

void held_tell_missing(const struct held_list *held, struct task *task)
{
    for (size_t i = 0; i < held->wanted_count; i++) {
        if (held->is_found[i] || (i > 0 && strcmp(held->wanted[i], held->wanted[i - 1]) == 0))
            continue;
        task->counts.failed++;
        task_note(task, "no message %s is set aside or hidden", held->wanted[i]);
    }
}

const char *held_state(const struct held *one)
{
    return one->set_aside_s ? "set aside" : "hidden";
}

void held_mark(const struct held *one, const struct task *task)
{
    struct restante_ledger *ledger = maildrop_ledger(task->maildrop);
    const char *uidl = maildrop_listed_uidl(task->maildrop, one->index);
    if (one->hidden_s)
        ledger_put_hidden(ledger, uidl, one->hidden_s, one->hidden_rule);
    if (one->set_aside_s)
        ledger_put_set_aside(ledger, uidl, one->set_aside_s, one->set_aside_until_s, one->set_aside_rule);
}

void held_unmark(const struct held *one, const struct task *task)
{
    struct restante_ledger *ledger = maildrop_ledger(task->maildrop);
    const char *uidl = maildrop_listed_uidl(task->maildrop, one->index);
    if (one->hidden_s)
        ledger_put_hidden(ledger, uidl, 0, NULL);
    if (one->set_aside_s)
        ledger_put_set_aside(ledger, uidl, 0, 0, NULL);
}

void held_free(struct held_list *held)
{
    for (size_t i = 0; i < held->count; i++) {
        free(held->list[i].hidden_rule);
        free(held->list[i].set_aside_rule);
    }
    free(held->list);
    free(held->wanted);
    free(held->is_found);
    *held = (struct held_list){0};
}
