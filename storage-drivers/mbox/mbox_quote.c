/*
 * mbox/mbox_quote.c - see mbox_quote.h. Runs in a worker, as the mailbox owner.
 *
 * Only the start of a line is looked at, octet by octet; the rest goes through as it is. Of a run of marks all but
 * one are alike, so that one held back is enough however long the run.
 */
#include "mbox/mbox_quote.h"

#include <string.h>

static const char word[] = "From ";
#define WORD_LENGTH (sizeof(word) - 1)

/* What is held back turned out to be nothing special. */
static size_t quote_release(struct mbox_quote *quote, bool holds_mark, char *to)
{
    size_t used = 0;
    if (holds_mark && quote->has_mark)
        to[used++] = '>';
    memcpy(to + used, word, quote->matched);
    used += quote->matched;
    quote->has_mark = false;
    quote->matched = 0;
    return used;
}

/* The rest of a line whose start has been decided, with its line feed; how many octets of `from` that are. */
static size_t quote_copy_line(struct mbox_quote *quote, const char *from, size_t length, char *to)
{
    const char *end = memchr(from, '\n', length);
    size_t used = end ? (size_t)(end - from) + 1 : length;
    memcpy(to, from, used);
    quote->is_inside = end == NULL;
    return used;
}

size_t mbox_quote_take(struct mbox_quote *quote, const char *stored, size_t length, char *to)
{
    size_t used = 0;
    if (quote->quoting == MBOX_QUOTING_PLAIN) {
        memcpy(to, stored, length);
        return length;
    }
    for (size_t i = 0; i < length;) {
        if (quote->is_inside) {
            size_t line = quote_copy_line(quote, stored + i, length - i, to + used);
            i += line;
            used += line;
        } else if (stored[i] == '>' && quote->matched == 0 && (!quote->has_mark || quote->quoting == MBOX_QUOTING_RD)) {
            if (quote->has_mark)
                to[used++] = '>';
            quote->has_mark = true;
            i++;
        } else if (quote->has_mark && stored[i] == word[quote->matched]) {
            i++;
            if (++quote->matched < WORD_LENGTH)
                continue;
            quote->has_mark = false; /* the mark that was added */
            used += quote_release(quote, true, to + used);
            quote->is_inside = true;
        } else {
            used += quote_release(quote, true, to + used);
            quote->is_inside = true;
        }
    }
    return used;
}

size_t mbox_quote_add(struct mbox_quote *quote, const char *given, size_t length, char *to)
{
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        if (quote->is_inside) {
            size_t line = quote_copy_line(quote, given + i, length - i, to + used);
            i += line;
            used += line;
        } else if (given[i] == '>' && quote->matched == 0 && quote->quoting == MBOX_QUOTING_RD) {
            to[used++] = given[i++];
        } else if (given[i] == word[quote->matched]) {
            i++;
            if (++quote->matched < WORD_LENGTH)
                continue;
            to[used++] = '>';
            used += quote_release(quote, false, to + used);
            quote->is_inside = true;
        } else {
            used += quote_release(quote, false, to + used);
            quote->is_inside = true;
        }
    }
    return used;
}

size_t mbox_quote_end(struct mbox_quote *quote, char *to)
{
    size_t used = quote_release(quote, true, to);
    quote->is_inside = false;
    return used;
}
