/*
 * session/task_held_list.c - `restante held list`: what a client is not shown, since when and why. Changes nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/task_held.h"
#include "session/task_session.h"
#include "util/alloc.h"
#include "util/when.h"

struct held_listing {
    struct task_session session;
    struct held_list held;
    size_t next; /* to be told of */
};

static void held_row(struct task *task, const struct held *one)
{
    char octets[24], since[32], until[32];
    const char *rule = one->set_aside_s ? one->set_aside_rule : one->hidden_rule;
    snprintf(octets, sizeof(octets), "%" PRIu64, maildrop_listed_octets(task->maildrop, one->index));
    when_format(since, sizeof(since), one->set_aside_s ? one->set_aside_s : one->hidden_s);
    when_format(until, sizeof(until), one->set_aside_s ? one->set_aside_until_s : 0);
    task_row(task, maildrop_listed_uidl(task->maildrop, one->index), octets, held_state(one), since, until,
             rule[0] ? rule : "-", NULL);
    task->counts.done++;
}

static enum restante_status held_list_step(struct task *task, struct restante_error *error)
{
    struct held_listing *listing = task->state;
    if (!listing)
        task->state = listing = alloc_zeroed(sizeof(*listing));
    enum restante_status status = task_session_list(&listing->session, task, error);
    if (status == RESTANTE_OK)
        status = held_find(&listing->held, task);
    if (status != RESTANTE_OK)
        return status;
    for (; listing->next < listing->held.count && !task_is_full(task); listing->next++)
        held_row(task, &listing->held.list[listing->next]);
    return listing->next < listing->held.count ? RESTANTE_AGAIN : RESTANTE_OK;
}

static void held_list_end(struct task *task)
{
    struct held_listing *listing = task->state;
    if (listing)
        held_free(&listing->held);
    free(listing);
}

const struct task_operation task_held_list = {.is_read_only = true, .step = held_list_step, .end = held_list_end};
