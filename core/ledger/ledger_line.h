/*
 * ledger/ledger_line.h - one line of a ledger: to bytes and back.
 *
 *     <8 hexadecimal digits> <record> LF
 *
 * The digits are XXH32 of the record, seeded with the digits of the line before, so that a line that was changed,
 * lost, doubled or moved shows. The first line of a file is the header. Parsing never believes a line whose sum is
 * wrong; it tells a broken line from one that a newer version wrote. A program that does not know a kind of record
 * refuses the whole file, so that a new kind needs no new version in the header: that is for records whose meaning
 * changes.
 */
#ifndef LEDGER_LEDGER_LINE_H
#define LEDGER_LEDGER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define LEDGER_NOTE_MAX 255
#define LEDGER_POLICY_MAX 63
#define LEDGER_LINE_MAX 512 /* octets with the line feed; every record is shorter */

enum ledger_record {
    LEDGER_RECORD_HEADER,    /* "restante-ledger <version>" */
    LEDGER_RECORD_DAMAGED,   /* "damaged <when>": an earlier ledger was */
    LEDGER_RECORD_SEEN,      /* "seen <when> <uidl>" */
    LEDGER_RECORD_RETRIEVED, /* "retrieved <first> <count> <uidl>" */
    LEDGER_RECORD_NOTE,      /* "note <uidl> <text>"; no text: no note any more */
    LEDGER_RECORD_REMOVED,   /* "removed <uidl>" */
    LEDGER_RECORD_HIDDEN,    /* "hidden <since> <uidl> <rule>"; since 0: not any more */
    LEDGER_RECORD_SET_ASIDE, /* "aside <since> <until> <uidl> <rule>"; since 0: not any more */
    LEDGER_RECORD_STORED,    /* "stored <name> <policy> TAB <value>"; no value: forgotten. A policy may be called after
                                a file with blanks in its name. */
};

/* One record; unused fields are zero. */
struct ledger_line {
    enum ledger_record record;
    int64_t when_s, until_s;
    uint32_t count;
    const char *uidl;
    const char *policy, *name;
    const char *text; /* note, rule or value */
};

enum ledger_verdict {
    LEDGER_LINE_GOOD,
    LEDGER_LINE_BROKEN,  /* damage */
    LEDGER_LINE_FOREIGN, /* whole, but of a version or kind that this program does not know */
};

/* Printable ASCII, blanks too, of `min` to `max` octets? */
bool ledger_line_is_text(const char *text, size_t min, size_t max);
/* RFC 1939 section 7. */
bool ledger_line_is_uidl(const char *uidl);
bool ledger_line_is_note(const char *note);

/* Append a line; *sum is that of the line before (0: none) and becomes this one's. */
void ledger_line_format(struct buf *out, const struct ledger_line *line, uint32_t *sum);

/*
 * Parse the line of `length` octets at `text`, without its line feed. The octet behind it is writable: strings of
 * `line` are made within `text`. *sum as above.
 */
enum ledger_verdict ledger_line_parse(struct ledger_line *line, char *text, size_t length, uint32_t *sum);

/* Could these octets, which hold no line feed, be the beginning of a file whose first write was interrupted? */
bool ledger_line_is_torn_header(const char *text, size_t length);

#endif
