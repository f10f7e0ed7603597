/*
 * mbox/mbox_split.c - see mbox_split.h. Runs in a worker, as the mailbox owner.
 *
 * The one pattern that is looked for is LF "From "; whether the LF ends a blank line is seen from the octets before
 * it, of which the last two are remembered from one call to the next.
 */
#include "mbox/mbox_split.h"

#include <string.h>

static const char begin[] = "\nFrom ";
#define BEGIN_LENGTH (sizeof(begin) - 1)

/* The octet `back` places before octets[at]; what was before the text began counts as a line feed. */
static char split_before(const struct mbox_split *split, const char *octets, size_t at, size_t back)
{
    return at >= back ? octets[at - back] : split->before[2 - (back - at)];
}

/* The length of the blank line whose line feed is octets[at], as far as it lies in these octets; 0: it is none. */
static size_t split_blank_length(const struct mbox_split *split, const char *octets, size_t at)
{
    char last = split_before(split, octets, at, 1);
    if (last == '\n')
        return 1;
    return last == '\r' && at >= 1 && split_before(split, octets, at, 2) == '\n' ? 2 : 0;
}

static void split_remember(struct mbox_split *split, const char *octets, size_t used)
{
    if (used >= 2)
        split->before[0] = octets[used - 2];
    else if (used == 1)
        split->before[0] = split->before[1];
    if (used >= 1)
        split->before[1] = octets[used - 1];
}

static enum mbox_split_kind split_from_line(struct mbox_split *split, const char *octets, size_t length, size_t *used)
{
    const char *end = memchr(octets, '\n', length);
    *used = end ? (size_t)(end - octets) + 1 : length;
    if (end) {
        split->is_in_from_line = false;
        split->before[0] = split->before[1] = '\n';
    }
    return MBOX_SPLIT_FROM_LINE;
}

static enum mbox_split_kind split_begin(struct mbox_split *split, size_t *used)
{
    split->has_begun = split->is_in_from_line = true;
    split->was_blank = false;
    *used = 0;
    return MBOX_SPLIT_BEGIN;
}

static enum mbox_split_kind split_text(struct mbox_split *split, const char *octets, size_t length, size_t *used)
{
    split_remember(split, octets, length);
    *used = length;
    return length > 0 ? MBOX_SPLIT_TEXT : MBOX_SPLIT_MORE;
}

static enum mbox_split_kind split_blank(struct mbox_split *split, size_t length, size_t *used)
{
    split->was_blank = true;
    *used = length;
    return MBOX_SPLIT_BLANK;
}

/* The file ends with these octets: a blank line at their end is the format's. */
static enum mbox_split_kind split_last(struct mbox_split *split, const char *octets, size_t length, size_t *used)
{
    size_t blank = length > 0 && octets[length - 1] == '\n' ? split_blank_length(split, octets, length - 1) : 0;
    if (blank > 0 && blank == length)
        return split_blank(split, blank, used);
    return split_text(split, octets, length - blank, used);
}

enum mbox_split_kind mbox_split_next(struct mbox_split *split, const char *octets, size_t length, bool is_last,
                                     size_t *used)
{
    *used = 0;
    if (length == 0 || (!is_last && length <= MBOX_SPLIT_AHEAD))
        return MBOX_SPLIT_MORE;
    if (split->is_in_from_line)
        return split_from_line(split, octets, length, used);
    if (!split->has_begun || split->was_blank) {
        if (length >= BEGIN_LENGTH - 1 && memcmp(octets, begin + 1, BEGIN_LENGTH - 1) == 0)
            return split_begin(split, used);
        if (!split->has_begun)
            return MBOX_SPLIT_NO_MBOX;
    }
    for (size_t at = 0;;) {
        const char *found = memmem(octets + at, length - at, begin, BEGIN_LENGTH);
        if (!found)
            break;
        size_t blank = split_blank_length(split, octets, (size_t)(found - octets));
        size_t end = (size_t)(found - octets) + 1 - blank;
        if (blank > 0 && end == 0)
            return split_blank(split, blank, used);
        if (blank > 0)
            return split_text(split, octets, end, used);
        at = (size_t)(found - octets) + 1;
    }
    if (is_last)
        return split_last(split, octets, length, used);
    /* WHY 8: LF CR LF and a part of "From " at the end may be the beginning of the next message. */
    return split_text(split, octets, length - MBOX_SPLIT_AHEAD, used);
}
