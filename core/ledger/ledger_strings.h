/*
 * ledger/ledger_strings.h - strings that live as long as the ledger, in a few large blocks.
 */
#ifndef LEDGER_LEDGER_STRINGS_H
#define LEDGER_LEDGER_STRINGS_H

#include <stddef.h>

struct ledger_strings_block;

/* Zeroed: none. */
struct ledger_strings {
    struct ledger_strings_block *blocks; /* the newest first */
    char *last;                          /* that ledger_strings_keep_again returned, or NULL */
};

/* A copy. */
char *ledger_strings_keep(struct ledger_strings *strings, const char *text);
/* For texts that repeat, such as the rule by which a thousand messages are marked: the same once more is kept once. */
const char *ledger_strings_keep_again(struct ledger_strings *strings, const char *text);
void ledger_strings_free(struct ledger_strings *strings);

#endif
