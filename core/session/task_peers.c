#include "session/task_peers.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"

static int peer_compare(const struct peer *peer, const struct journal_entry *entry)
{
    int order = strcmp(peer->user, entry->user);
    return order != 0 ? order : strcmp(peer->name, entry->peer);
}

/* Where it is, or where it would have to be put. */
static size_t peers_place(const struct peers *peers, const struct journal_entry *entry, bool *is_there)
{
    size_t low = 0, high = peers->count;
    *is_there = false;
    while (low < high && !*is_there) {
        size_t middle = low + (high - low) / 2;
        int order = peer_compare(&peers->peers[middle], entry);
        if (order == 0) {
            *is_there = true;
            low = middle;
        } else if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct peer *peers_find(struct peers *peers, const struct journal_entry *entry)
{
    bool is_there;
    size_t place = peers_place(peers, entry, &is_there);
    if (is_there)
        return &peers->peers[place];
    if (peers->count == PEERS_MAX)
        return &peers->others;
    if (peers->count == peers->capacity) {
        peers->capacity = peers->capacity ? 2 * peers->capacity : 16;
        peers->peers = alloc_resize(peers->peers, peers->capacity, sizeof(*peers->peers));
    }
    memmove(&peers->peers[place + 1], &peers->peers[place], (peers->count - place) * sizeof(*peers->peers));
    peers->count++;
    peers->peers[place] = (struct peer){.first_s = entry->when_s};
    str_copy(peers->peers[place].user, sizeof(peers->peers[place].user), entry->user);
    str_copy(peers->peers[place].name, sizeof(peers->peers[place].name), entry->peer);
    return &peers->peers[place];
}

void peers_add(struct peers *peers, const struct journal_entry *entry)
{
    struct peer *peer = peers_find(peers, entry);
    switch (entry->act) {
    case JOURNAL_REMOVED:
        peer->removed++;
        peer->octets += entry->octets;
        break;
    case JOURNAL_NOT_REMOVED: /* an entry before it said so */
        peer->removed -= peer->removed > 0;
        peer->octets -= entry->octets < peer->octets ? entry->octets : peer->octets;
        break;
    case JOURNAL_SET_ASIDE:
        peer->set_aside++;
        break;
    case JOURNAL_HIDDEN:
        peer->hidden++;
        break;
    default:
        peer->restored++;
        break;
    }
    if (peer->first_s == 0)
        peer->first_s = entry->when_s;
    peer->last_s = entry->when_s;
}

static int peer_order(const void *one, const void *other)
{
    const struct peer *a = one, *b = other;
    if (a->removed != b->removed)
        return a->removed > b->removed ? -1 : 1;
    int order = strcmp(a->user, b->user);
    return order != 0 ? order : strcmp(a->name, b->name);
}

void peers_sort(struct peers *peers)
{
    if (peers->count > 0)
        qsort(peers->peers, peers->count, sizeof(*peers->peers), peer_order);
    if (peers->others.first_s == 0)
        return;
    str_copy(peers->others.name, sizeof(peers->others.name), "others");
    peers->peers = alloc_resize(peers->peers, peers->count + 1, sizeof(*peers->peers));
    peers->peers[peers->count++] = peers->others;
}

void peers_free(struct peers *peers)
{
    free(peers->peers);
    *peers = (struct peers){0};
}
