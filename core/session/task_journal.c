/*
 * session/task_journal.c - `restante journal`: what was done to the messages of a maildrop, by whom and why. Reads the
 * state directory alone, and beside a session that writes there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/journal_line.h"
#include "session/task.h"
#include "session/task_peers.h"
#include "util/alloc.h"
#include "util/when.h"

enum { JOURNAL_ENTRIES_PER_STEP = 2000 };

struct journal_task {
    struct journal_reader *reader; /* NULL: it has been read */
    bool is_json, is_by_peer;
    struct peers peers;
    size_t next_peer; /* to be told of */
};

static void journal_row_json(struct task *task, const struct journal_entry *entry)
{
    struct buf line = {0};
    journal_line_format(&line, entry);
    buf_head(&line)[buf_length(&line) - 1] = '\0'; /* the line feed */
    task_row(task, buf_head(&line), NULL);
    buf_free(&line);
}

/* "set aside until …" */
static void journal_describe_act(char *to, size_t capacity, const struct journal_entry *entry)
{
    char until[32];
    when_format(until, sizeof(until), entry->until_s);
    if (entry->until_s > 0)
        snprintf(to, capacity, "%s until %s", journal_act_name(entry->act), until);
    else
        snprintf(to, capacity, "%s", journal_act_name(entry->act));
}

/* "policy, rule: reason"; what is not there is left out with its separator. */
static void journal_describe_why(char *to, size_t capacity, const struct journal_entry *entry)
{
    if (!entry->policy[0] && !entry->rule[0] && !entry->reason[0])
        snprintf(to, capacity, "-");
    else
        snprintf(to, capacity, "%s%s%s%s%s", entry->policy, entry->policy[0] && entry->rule[0] ? ", " : "", entry->rule,
                 (entry->policy[0] || entry->rule[0]) && entry->reason[0] ? ": " : "", entry->reason);
}

static void journal_row_text(struct task *task, const struct journal_entry *entry)
{
    char when[32], act[64], octets[24], why[512];
    when_format(when, sizeof(when), entry->when_s);
    journal_describe_act(act, sizeof(act), entry);
    journal_describe_why(why, sizeof(why), entry);
    snprintf(octets, sizeof(octets), "%" PRIu64, entry->octets);
    task_row(task, when, entry->user, act, entry->peer, entry->uidl, octets,
             entry->message_id[0] ? entry->message_id : "-", why, NULL);
}

static enum restante_status journal_step_read(struct task *task, struct journal_task *journal,
                                              struct restante_error *error)
{
    struct journal_entry entry;
    for (unsigned i = 0; i < JOURNAL_ENTRIES_PER_STEP && !task_is_full(task); i++) {
        enum restante_status status = journal_reader_next(journal->reader, &entry, error);
        if (status == RESTANTE_END) {
            if (journal_reader_broken(journal->reader) > 0)
                task_note(task, "%zu lines of the journal cannot be read", journal_reader_broken(journal->reader));
            journal_reader_close(&journal->reader);
            peers_sort(&journal->peers);
            return RESTANTE_AGAIN;
        }
        if (status != RESTANTE_OK)
            return status;
        task->counts.done++;
        if (journal->is_by_peer)
            peers_add(&journal->peers, &entry);
        else if (journal->is_json)
            journal_row_json(task, &entry);
        else
            journal_row_text(task, &entry);
    }
    return RESTANTE_AGAIN;
}

static void journal_peer_row_json(struct task *task, const struct peer *peer)
{
    struct buf line = {0};
    buf_append_format(&line, "{\"removed\":%" PRIu64 ",\"octets\":%" PRIu64 ",\"set_aside\":%" PRIu64
                             ",\"hidden\":%" PRIu64 ",\"restored\":%" PRIu64 ",\"first\":%" PRId64 ",\"last\":%" PRId64,
                      peer->removed, peer->octets, peer->set_aside, peer->hidden, peer->restored, peer->first_s,
                      peer->last_s);
    journal_line_put_string(&line, "user", peer->user, JOURNAL_USER_MAX);
    journal_line_put_string(&line, "peer", peer->name, JOURNAL_PEER_MAX);
    buf_append(&line, "}", 2);
    task_row(task, buf_head(&line), NULL);
    buf_free(&line);
}

static void journal_peer_row_text(struct task *task, const struct peer *peer)
{
    char removed[24], octets[24], set_aside[24], hidden[24], first[32], last[32];
    snprintf(removed, sizeof(removed), "%" PRIu64, peer->removed);
    snprintf(octets, sizeof(octets), "%" PRIu64, peer->octets);
    snprintf(set_aside, sizeof(set_aside), "%" PRIu64, peer->set_aside);
    snprintf(hidden, sizeof(hidden), "%" PRIu64, peer->hidden);
    when_format(first, sizeof(first), peer->first_s);
    when_format(last, sizeof(last), peer->last_s);
    task_row(task, peer->user[0] ? peer->user : "-", peer->name[0] ? peer->name : "-", removed, octets, set_aside,
             hidden, first, last, NULL);
}

static enum restante_status journal_step_peers(struct task *task, struct journal_task *journal)
{
    for (; journal->next_peer < journal->peers.count && !task_is_full(task); journal->next_peer++) {
        const struct peer *peer = &journal->peers.peers[journal->next_peer];
        if (journal->is_json)
            journal_peer_row_json(task, peer);
        else
            journal_peer_row_text(task, peer);
    }
    return journal->next_peer < journal->peers.count ? RESTANTE_AGAIN : RESTANTE_OK;
}

static enum restante_status journal_step(struct task *task, struct restante_error *error)
{
    struct journal_task *journal = task->state;
    if (!journal) {
        task->state = journal = alloc_zeroed(sizeof(*journal));
        journal->is_json = task_has_argument(task, "json");
        journal->is_by_peer = task_has_argument(task, "by-peer");
        journal->reader = journal_reader_open(task->state_fd, task->order.since_s);
    }
    return journal->reader ? journal_step_read(task, journal, error) : journal_step_peers(task, journal);
}

static void journal_end(struct task *task)
{
    struct journal_task *journal = task->state;
    if (!journal)
        return;
    journal_reader_close(&journal->reader);
    peers_free(&journal->peers);
    free(journal);
}

const struct task_operation task_journal = {
    .is_read_only = true, .is_lockless = true, .step = journal_step, .end = journal_end};
