/*
 * ledger/journal_line.h - one line of a journal: to JSON and back.
 *
 *     {"time":"2026-11-24T18:40:12Z","act":"removed","user":"alice","peer":"192.0.2.7","session":"…","uidl":"…",
 *      "octets":1234,"message_id":"<…>","policy":"retention","rule":"open, line 12","reason":"…","until":"…"}
 *
 * on one line; what is empty is left out. Octets outside printable ASCII are \u00HH, as in the log, so that it is valid
 * JSON whatever a sender or client wrote.
 */
#ifndef LEDGER_JOURNAL_LINE_H
#define LEDGER_JOURNAL_LINE_H

#include "ledger/journal.h"
#include "util/buf.h"

/* Octets with the line feed; every line is shorter: each octet of a string is at most six. */
#define JOURNAL_LINE_MAX                                                                                              \
    (6 * (JOURNAL_USER_MAX + JOURNAL_PEER_MAX + JOURNAL_SESSION_MAX + JOURNAL_UIDL_MAX + JOURNAL_MESSAGE_ID_MAX +     \
          JOURNAL_POLICY_MAX + JOURNAL_RULE_MAX + JOURNAL_REASON_MAX) +                                               \
     512)

/* With its line feed. */
void journal_line_format(struct buf *out, const struct journal_entry *entry);

/* ,"name":"text" as in such a line; nothing for "" and NULL. */
void journal_line_put_string(struct buf *out, const char *name, const char *text, size_t max);

/*
 * Parse the line of `length` octets at `text`, without its line feed; the octet behind it is writable. Strings of
 * `entry` are made within `text`; none is NULL. Members that are not known are passed over; false: no entry.
 */
bool journal_line_parse(struct journal_entry *entry, char *text, size_t length);

#endif
