/*
 * ledger/ledger_strings.c - strings that live as long as the ledger. Runs in a worker. Cannot fail.
 */
#include "ledger/ledger_strings.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define LEDGER_STRINGS_OCTETS 4096 /* of the first block; more than any string is long */

struct ledger_strings_block {
    struct ledger_strings_block *next;
    size_t used, capacity;
    char text[];
};

char *ledger_strings_keep(struct ledger_strings *strings, const char *text)
{
    size_t length = strlen(text) + 1;
    struct ledger_strings_block *block = strings->blocks;
    if (!block || block->capacity - block->used < length) {
        /* Each block twice as large as the one before, within limits: few to free, little wasted. */
        size_t capacity = block ? block->capacity * 2 : LEDGER_STRINGS_OCTETS;
        if (capacity > 64 * LEDGER_STRINGS_OCTETS)
            capacity = 64 * LEDGER_STRINGS_OCTETS;
        block = alloc_resize(NULL, sizeof(*block) + capacity, 1);
        *block = (struct ledger_strings_block){.next = strings->blocks, .capacity = capacity};
        strings->blocks = block;
    }
    char *kept = block->text + block->used;
    memcpy(kept, text, length);
    block->used += length;
    return kept;
}

const char *ledger_strings_keep_again(struct ledger_strings *strings, const char *text)
{
    if (!strings->last || strcmp(strings->last, text) != 0)
        strings->last = ledger_strings_keep(strings, text);
    return strings->last;
}

void ledger_strings_free(struct ledger_strings *strings)
{
    while (strings->blocks) {
        struct ledger_strings_block *block = strings->blocks;
        strings->blocks = block->next;
        free(block);
    }
    strings->last = NULL;
}
