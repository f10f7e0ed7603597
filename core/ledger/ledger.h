/*
 * ledger/ledger.h - what must be remembered about a maildrop: an append-only file in its state directory.
 *
 * Keyed by UIDL. Records are collected in memory and appended with one write and one fdatasync by ledger_sync; the
 * file is compacted by rename when most of it is outdated. A damaged file is kept aside under another name and
 * reported, and the ledger then says so for ever (ledger_is_damaged: keep everything).
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

struct restante_ledger;

/* What is known about one UIDL; zero and NULL mean "not known". */
struct ledger_entry {
    char *uidl;
    int64_t first_seen_s;
    int64_t first_retrieved_s;
    uint32_t retrieved_count;
    uint32_t marks; /* the ledger's own: see ledger_marks */
    char *note;     /* the storage driver's own text */
};

#define LEDGER_RULE_MAX 320 /* printable ASCII: "policy, hook and line: reason" */

/* How a message is marked; 0 and NULL: not at all. */
struct ledger_marks {
    int64_t hidden_s; /* since when */
    const char *hidden_rule;
    int64_t set_aside_s; /* since when, and until when it is kept */
    int64_t set_aside_until_s;
    const char *set_aside_rule;
};

/*
 * Opening and syncing go in steps: while they return RESTANTE_AGAIN they are called again with the same arguments. A
 * step is some milliseconds of work, beside waiting for the disk.
 *
 * Read the ledger below `state_fd` (file "ledger"; none yet is an empty one, and so is that of a state directory that is
 * not there: -1, to be read only). The caller holds the session lock. An unfinished last line, left by a crash, is
 * dropped. Damage is no failure: see ledger_is_damaged. With `read_only` nothing is written or renamed.
 */
enum restante_status ledger_open(int state_fd, bool read_only, struct restante_ledger **ledger,
                                 struct restante_error *error);
bool ledger_is_damaged(const struct restante_ledger *ledger);

/* NULL: nothing known about it. Valid until the next change. */
const struct ledger_entry *ledger_find(const struct restante_ledger *ledger, const char *uidl);
const struct ledger_entry *ledger_next(const struct restante_ledger *ledger, size_t *cursor);
/* Of an entry, or of NULL; never NULL itself. Valid until the next change. */
const struct ledger_marks *ledger_marks(const struct restante_ledger *ledger, const struct ledger_entry *entry);

/* How many entries have any. */
size_t ledger_marked(const struct restante_ledger *ledger);

/* So many records will be put now: none of them has to make room for all. */
void ledger_expect(struct restante_ledger *ledger, size_t records);
void ledger_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s);
void ledger_put_note(struct restante_ledger *ledger, const char *uidl, const char *note);
/* One more download, counted when its session ends with QUIT; the first one sets first_retrieved_s. */
void ledger_put_retrieved(struct restante_ledger *ledger, const char *uidl, int64_t when_s);
/*
 * Since when the message is hidden or set aside, and by which rule; `since_s` 0 takes the mark away. A rule is made
 * printable and cut: what is wrong with its text must not leave a message unmarked.
 */
void ledger_put_hidden(struct restante_ledger *ledger, const char *uidl, int64_t since_s, const char *rule);
void ledger_put_set_aside(struct restante_ledger *ledger, const char *uidl, int64_t since_s, int64_t until_s,
                          const char *rule);
/* The message is gone: forget what was known. */
void ledger_put_removed(struct restante_ledger *ledger, const char *uidl);

/*
 * The policies' small store (restante/policy.h), apart for each policy's name; NULL: nothing there. Putting costs
 * nothing on disk until ledger_sync. False: refused, because of its texts or because there are too many.
 */
const char *ledger_store_get(const struct restante_ledger *ledger, const char *policy, const char *name);
bool ledger_store_put(struct restante_ledger *ledger, const char *policy, const char *name, const char *value);

/* Has ledger_sync something to write? */
bool ledger_is_changed(const struct restante_ledger *ledger);
/* Make everything put so far durable; compacts when worth it. Nothing put: does nothing. Nothing may be put between
 * two steps. */
enum restante_status ledger_sync(struct restante_ledger *ledger, struct restante_error *error);
void ledger_close(struct restante_ledger **ledger);

#endif
