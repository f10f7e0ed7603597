/*
 * mbox/mbox_split.h - where one message ends and the next begins, in octets that come in pieces.
 *
 * A message begins with a line "From " at the start of the file or behind a blank line (LF or CRLF). Nothing else is
 * believed, no Content-Length. Works in constant memory, for lines of any length.
 */
#ifndef MBOX_MBOX_SPLIT_H
#define MBOX_MBOX_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

/* Octets that it must be shown again together with what follows them. */
#define MBOX_SPLIT_AHEAD 8

enum mbox_split_kind {
    MBOX_SPLIT_MORE = 0,  /* nothing can be said of the octets that are left: show them again with more */
    MBOX_SPLIT_BEGIN,     /* no octets: a message begins here; what was before has ended */
    MBOX_SPLIT_FROM_LINE, /* octets of its "From " line */
    MBOX_SPLIT_TEXT,      /* octets of the message itself */
    MBOX_SPLIT_BLANK,     /* the blank line behind a message, which belongs to the format */
    MBOX_SPLIT_NO_MBOX,   /* the first octets are no "From " */
};

/* Zeroed: at the start of a file, or of a message within it. */
struct mbox_split {
    bool has_begun, is_in_from_line;
    char before[2]; /* the octets before those shown next, as far as they are of the same message's text */
    bool was_blank;
};

/*
 * Look at `length` octets, the last of the file when `is_last`. *used tells to how many of them the answer applies;
 * the next call shows what comes behind them.
 */
enum mbox_split_kind mbox_split_next(struct mbox_split *split, const char *octets, size_t length, bool is_last,
                                     size_t *used);

#endif
