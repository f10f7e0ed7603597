/*
 * session/maildrop_mark.c - messages that are hidden or set aside: those that the ledger knows, and those that the
 * client has deleted in this session. Runs in a worker. A mark never removes anything by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"

/* --- of earlier sessions --------------------------------------------------------------------------------------- */

static const struct ledger_marks *maildrop_mark_known(const struct maildrop *maildrop, size_t index)
{
    return ledger_marks(maildrop->ledger, ledger_find(maildrop->ledger, maildrop_uidl(maildrop, index)));
}

uint8_t maildrop_mark_standing(const struct maildrop *maildrop, size_t index, int64_t now_s)
{
    const struct ledger_marks *marks = maildrop_mark_known(maildrop, index);
    uint8_t standing = 0;
    if (marks->hidden_s)
        standing |= MAILDROP_IS_HIDDEN;
    if (marks->set_aside_s)
        standing |= MAILDROP_IS_SET_ASIDE;
    if (marks->set_aside_s && marks->set_aside_until_s <= now_s)
        standing |= MAILDROP_IS_OVER;
    return standing;
}

const char *maildrop_mark_rule(const struct maildrop *maildrop, size_t index)
{
    const char *rule = maildrop_mark_known(maildrop, index)->set_aside_rule;
    return rule ? rule : "";
}

/* --- of this session ------------------------------------------------------------------------------------------- */

void maildrop_unmark_all(struct maildrop *maildrop)
{
    struct maildrop_marks *marks = &maildrop->marks;
    for (size_t i = 0; i < marks->count; i++) {
        if (!marks->list[i].is_owner)
            continue;
        free(marks->list[i].rule);
        free(marks->list[i].reason);
    }
    marks->count = 0;
}

/* Most messages of a session are marked for the same reason: it is kept once as long as it does not change. */
static void maildrop_mark_why(struct maildrop_mark *mark, const struct maildrop_mark *before,
                              const struct restante_verdict *verdict)
{
    if (before && strcmp(before->rule, verdict->rule) == 0 && strcmp(before->reason, verdict->reason) == 0) {
        mark->rule = before->rule;
        mark->reason = before->reason;
        return;
    }
    mark->rule = alloc_string(verdict->rule);
    mark->reason = alloc_string(verdict->reason);
    mark->is_owner = true;
}

void maildrop_mark(struct maildrop *maildrop, size_t visible, const struct policy_answer *answer)
{
    struct maildrop_marks *marks = &maildrop->marks;
    const struct restante_verdict *verdict = &answer->verdict;
    if (verdict->decision != RESTANTE_HIDE && verdict->decision != RESTANTE_SET_ASIDE)
        return;
    if (marks->count == marks->capacity) {
        marks->capacity = marks->capacity ? 2 * marks->capacity : 8;
        marks->list = alloc_resize(marks->list, marks->capacity, sizeof(*marks->list));
    }
    struct maildrop_mark *mark = &marks->list[marks->count];
    *mark = (struct maildrop_mark){
        .index = maildrop_index(maildrop, visible),
        /* A time that nobody gave never ends. */
        .is_set_aside = verdict->decision == RESTANTE_SET_ASIDE && verdict->until_s > 0,
        .until_s = verdict->until_s,
        .policy = answer->by ? answer->by->terms.name : "",
    };
    maildrop_mark_why(mark, marks->count > 0 ? mark - 1 : NULL, verdict);
    marks->count++;
}

static int maildrop_mark_compare(const void *left, const void *right)
{
    size_t a = ((const struct maildrop_mark *)left)->index, b = ((const struct maildrop_mark *)right)->index;
    return a < b ? -1 : a > b;
}

void maildrop_mark_sort(struct maildrop *maildrop)
{
    if (maildrop->marks.count > 1)
        qsort(maildrop->marks.list, maildrop->marks.count, sizeof(*maildrop->marks.list), maildrop_mark_compare);
}

const struct maildrop_mark *maildrop_mark_find(const struct maildrop *maildrop, size_t index)
{
    struct maildrop_mark key = {.index = index};
    if (maildrop->marks.count == 0)
        return NULL;
    return bsearch(&key, maildrop->marks.list, maildrop->marks.count, sizeof(key), maildrop_mark_compare);
}
