/*
 * maildir/maildir_sort.c - a list into its order, in steps: short runs by insertion, then merged into ever longer ones.
 * Between two looks at the clock a bounded number of messages moves, however many there are.
 */
#include "maildir/maildir.h"

#include <stdlib.h>

#define RUN_MESSAGES 16
#define MOVES_BETWEEN_CLOCKS 1024

/* Order one run in its place. */
static void maildir_sort_run(struct maildir_list *list, size_t begin, size_t end)
{
    struct maildir_message *messages = list->messages;
    for (size_t i = begin + 1; i < end; i++) {
        struct maildir_message moved = messages[i];
        size_t at = i;
        for (; at > begin && maildir_list_compare(list, &moved, &messages[at - 1]) < 0; at--)
            messages[at] = messages[at - 1];
        messages[at] = moved;
    }
}

static size_t maildir_sort_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void maildir_sort_pair(struct maildir_sort *sort, size_t begin, size_t count)
{
    sort->begin = begin;
    sort->middle = maildir_sort_least(begin + sort->width, count);
    sort->end = maildir_sort_least(begin + 2 * sort->width, count);
    sort->left = begin;
    sort->right = sort->middle;
    sort->out = begin;
}

/* The next message of the two runs that are being merged. */
static void maildir_sort_move(const struct maildir_list *list, struct maildir_sort *sort)
{
    const struct maildir_message *from = list->messages;
    bool is_left = sort->right == sort->end ||
                   (sort->left < sort->middle &&
                    maildir_list_compare(list, &from[sort->left], &from[sort->right]) <= 0);
    sort->spare[sort->out++] = from[is_left ? sort->left++ : sort->right++];
}

static enum restante_status maildir_sort_runs(struct maildir *maildir, struct maildir_list *list,
                                              struct maildir_sort *sort)
{
    while (sort->begin < list->count) {
        size_t end = maildir_sort_least(sort->begin + RUN_MESSAGES, list->count);
        maildir_sort_run(list, sort->begin, end);
        sort->begin = end;
        if (end % MOVES_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    sort->width = RUN_MESSAGES;
    maildir_sort_pair(sort, 0, list->count);
    return RESTANTE_OK;
}

/* All pairs of runs once; then the merged ones are the list. */
static enum restante_status maildir_sort_merge(struct maildir *maildir, struct maildir_list *list,
                                               struct maildir_sort *sort)
{
    while (sort->out < list->count || sort->out < sort->end) {
        if (sort->out == sort->end)
            maildir_sort_pair(sort, sort->end, list->count);
        maildir_sort_move(list, sort);
        if (sort->out % MOVES_BETWEEN_CLOCKS == 0 && maildir_step_is_over(maildir))
            return RESTANTE_AGAIN;
    }
    struct maildir_message *merged = sort->spare;
    sort->spare = list->messages;
    list->messages = merged;
    sort->width *= 2;
    maildir_sort_pair(sort, 0, list->count);
    return RESTANTE_OK;
}

enum restante_status maildir_sort_step(struct maildir *maildir, struct maildir_list *list, struct maildir_sort *sort,
                                       struct restante_error *error)
{
    enum restante_status status = RESTANTE_OK;
    if (!sort->spare && list->count > 1) {
        *sort = (struct maildir_sort){.spare = malloc(list->capacity * sizeof(*sort->spare))};
        if (!sort->spare)
            return maildir_out_of_memory(maildir, error);
    }
    if (sort->width == 0)
        status = maildir_sort_runs(maildir, list, sort);
    while (status == RESTANTE_OK && sort->width < list->count)
        status = maildir_sort_merge(maildir, list, sort);
    if (status == RESTANTE_OK)
        maildir_sort_end(sort);
    return status;
}

void maildir_sort_end(struct maildir_sort *sort)
{
    free(sort->spare);
    *sort = (struct maildir_sort){0};
}
