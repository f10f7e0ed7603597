/*
 * ledger/journal.h - what was done to messages: who, when, what and by which rule, for people who ask where their mail
 * went. One for each maildrop, in its state directory; JSON lines.
 *
 * Files are called removals-<number>-<time>.jsonl after the order they were begun in and the time of their first
 * entry. The one with the highest number is appended to; a large or old one is followed by another, and those whose
 * entries are all too old are removed. Nothing is ever renamed or written over, so that a crash at any point costs at
 * most what was not synced.
 */
#ifndef LEDGER_JOURNAL_H
#define LEDGER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

struct journal;

enum journal_act {
    JOURNAL_REMOVED = 0,
    JOURNAL_SET_ASIDE,
    JOURNAL_HIDDEN,
    JOURNAL_RESTORED,
    JOURNAL_NOT_REMOVED, /* an entry said that it would be */
    JOURNAL_ACTS,
};

/* Strings are octets without NUL; NULL and "" are the same. What is longer than here is cut. */
#define JOURNAL_USER_MAX 255
#define JOURNAL_PEER_MAX 63
#define JOURNAL_SESSION_MAX 63
#define JOURNAL_UIDL_MAX 70
#define JOURNAL_MESSAGE_ID_MAX 998
#define JOURNAL_POLICY_MAX 63
#define JOURNAL_RULE_MAX 63
#define JOURNAL_REASON_MAX 127

struct journal_entry {
    int64_t when_s;
    enum journal_act act;
    const char *user;
    const char *peer;    /* address, "expire" or "admin" */
    const char *session; /* its id */
    const char *uidl;
    uint64_t octets;
    const char *message_id;
    const char *policy; /* "": the client's DELE */
    const char *rule, *reason;
    int64_t until_s; /* of what was set aside; else 0. Times after the year 9999 are written as its end. */
};

/* Touches nothing yet. `keep_s`: how long entries are kept; INT64_MAX: for ever, as when the clock cannot be trusted. */
struct journal *journal_open(int state_fd, int64_t keep_s);

/* Copied. Much is written at once, so that memory does not grow; nothing of it counts before journal_sync. */
void journal_put(struct journal *journal, const struct journal_entry *entry);

/*
 * Make everything put since the last time durable: one write and one fdatasync as a rule. Otherwise nothing of it is
 * left in the file, as far as the disk permits: what was not done must not be told. Drops what is too old.
 */
enum restante_status journal_sync(struct journal *journal, struct restante_error *error);

/*
 * Drop what is older than `keep_s` although nothing new is written; 0: everything. Under the session lock. Entries stay up
 * to a twelfth of that time longer, with younger ones of the same file.
 */
enum restante_status journal_drop_old(int state_fd, int64_t keep_s, int64_t now_s, struct restante_error *error);

/* What was not synced is forgotten. */
void journal_close(struct journal **journal);

/*
 * The entries from `since_s` on, one by one, in the order they were written. -1 as `state_fd` is a journal without
 * entries. It may be read while another process appends.
 */
struct journal_reader;
struct journal_reader *journal_reader_open(int state_fd, int64_t since_s);
/* Strings are valid until the next call; none is NULL. RESTANTE_END: there are no more. */
enum restante_status journal_reader_next(struct journal_reader *reader, struct journal_entry *entry,
                                         struct restante_error *error);
/* Lines so far that are no entries, but for an unfinished last one. */
size_t journal_reader_broken(const struct journal_reader *reader);
void journal_reader_close(struct journal_reader **reader);

/* The same, up to and including the first for which `each` is false. `broken` may be NULL. */
enum restante_status journal_read(int state_fd, int64_t since_s,
                                  bool (*each)(void *context, const struct journal_entry *entry), void *context,
                                  size_t *broken, struct restante_error *error);

/* "removed", "set aside", …: as in the file. */
const char *journal_act_name(enum journal_act act);

#endif
