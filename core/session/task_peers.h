/*
 * session/task_peers.h - a journal by the devices that did it: which one empties the mailbox?
 */
#ifndef SESSION_TASK_PEERS_H
#define SESSION_TASK_PEERS_H

#include "ledger/journal.h"

#define PEERS_MAX 4096 /* kept apart; what more there are is one line */

struct peer {
    char user[JOURNAL_USER_MAX + 1], name[JOURNAL_PEER_MAX + 1];
    uint64_t removed, octets, set_aside, hidden, restored;
    int64_t first_s, last_s;
};

/* Zeroed: none. */
struct peers {
    struct peer *peers; /* by user and name */
    size_t count, capacity;
    struct peer others;
};

void peers_add(struct peers *peers, const struct journal_entry *entry);
/* Those that removed most come first; "others" is the last, where there are any. Nothing may be added behind that. */
void peers_sort(struct peers *peers);
void peers_free(struct peers *peers);

#endif
