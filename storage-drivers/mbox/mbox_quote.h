/*
 * mbox/mbox_quote.h - lines of a message that look like the beginning of another: how they are stored, and back.
 * Works on pieces of any length and in constant memory; knows nothing of files.
 */
#ifndef MBOX_MBOX_QUOTE_H
#define MBOX_MBOX_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

enum mbox_quoting {
    MBOX_QUOTING_RD = 0, /* one ">" more before "From " and before ">From " of any depth; taken away again */
    MBOX_QUOTING_O,      /* ">" before "From " alone; taken away again */
    MBOX_QUOTING_PLAIN,  /* as MBOX_QUOTING_O when stored, but given as it is stored */
};

/* What a conversion may write beside what the piece itself allows. */
#define MBOX_QUOTE_EXTRA 8

/* A line being looked at. Zeroed but for `quoting`: at the start of a message. */
struct mbox_quote {
    enum mbox_quoting quoting;
    bool is_inside;  /* of a line that has been decided */
    bool has_mark;   /* a ">" is held back (when taking away) or has been written (when adding) */
    size_t matched;  /* octets of "From " held back */
};

/* From stored to given; `to` has room for `length` + MBOX_QUOTE_EXTRA. Returns how many octets were written. */
size_t mbox_quote_take(struct mbox_quote *quote, const char *stored, size_t length, char *to);
/* From given to stored; `to` has room for 2 * `length` + MBOX_QUOTE_EXTRA. */
size_t mbox_quote_add(struct mbox_quote *quote, const char *given, size_t length, char *to);
/* At the end of the message, for both: what was held back. */
size_t mbox_quote_end(struct mbox_quote *quote, char *to);

#endif
